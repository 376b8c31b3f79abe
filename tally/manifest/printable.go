package manifest

import (
	"fmt"
	"strings"
	"unicode"

	"rollcall/bulletin/entry"
)

// checkPrintable refuses texts that a page, a terminal or a voice can not
// present faithfully: control characters and space at the ends. Names of
// trustees and witnesses come from others than who writes the manifest.
func checkPrintable(m *entry.Manifest) error {
	c := &printable{}
	c.text("title", m.Title)
	c.plain("phone", m.Phone)
	c.plain("help_line", m.HelpLine)
	for _, l := range m.Languages {
		c.plain("languages", l)
	}
	for i := range m.Units {
		u := &m.Units[i]
		c.plain(fmt.Sprintf("unit %q, id", u.ID), u.ID)
		c.text(fmt.Sprintf("unit %q", u.ID), u.Name)
	}
	for i := range m.Contests {
		contest := &m.Contests[i]
		where := fmt.Sprintf("contest %q", contest.ID)
		c.plain(where+", id", contest.ID)
		c.text(where, contest.Title)
		for j := range contest.Options {
			o := &contest.Options[j]
			c.plain(fmt.Sprintf("%s, option %q, id", where, o.ID), o.ID)
			c.text(fmt.Sprintf("%s, option %q", where, o.ID), o.Name)
		}
	}
	for i, t := range m.Trustees {
		c.plain(fmt.Sprintf("trustee %d, name", i+1), t.Name)
	}
	for i, w := range m.Witnesses {
		c.plain(fmt.Sprintf("witness %d, name", i), w.Name)
	}
	for i, s := range m.Software {
		c.plain(fmt.Sprintf("software %d, name", i+1), s.Name)
	}
	return c.err
}

// printable keeps the first fault.
type printable struct{ err error }

func (c *printable) text(where string, t entry.Text) {
	for l, s := range t {
		c.plain(fmt.Sprintf("%s, language %q", where, l), s)
	}
}

func (c *printable) plain(where, s string) {
	if c.err == nil && (s != strings.TrimSpace(s) || strings.ContainsFunc(s, func(r rune) bool { return !unicode.IsPrint(r) })) {
		c.err = fmt.Errorf("%s: the text has control characters or space at its ends", where)
	}
}
