package export

import (
	"cmp"
	"slices"
	"strings"
	"unicode"

	"rollcall/bulletin/entry"
)

// table has the names of a table of OpenElections, in one language.
type table struct {
	m         *entry.Manifest
	lang      string
	above     []int    // position of the county of every unit
	counties  []string // by position of a unit that is the county of a leaf
	precincts []string // by position of a leaf
	offices   []string // by position of a contest
}

func newTable(m *entry.Manifest, lang string) *table {
	n := len(m.Units)
	t := &table{m: m, lang: lang, above: make([]int, n), counties: make([]string, n), precincts: make([]string, n)}
	top := make([]int, n) // the unit at or above a unit that is next to the root
	inner, county := make([]bool, n), make([]bool, n)
	for i := 1; i < n; i++ {
		p := int(m.Units[i].Parent)
		inner[p] = true
		if p == 0 {
			top[i] = i
		} else {
			top[i] = top[p]
			t.above[i] = top[p]
		}
	}
	var leaves, counties []label
	for i, u := range m.Units {
		if !inner[i] {
			leaves = append(leaves, label{t.above[i], u.Name[lang], u.ID})
			county[t.above[i]] = true
		}
	}
	for i, u := range m.Units {
		if county[i] {
			counties = append(counties, label{0, u.Name[lang], u.ID})
		}
	}
	for i, names := 0, distinct(leaves); i < n; i++ {
		if !inner[i] {
			t.precincts[i], names = names[0], names[1:]
		}
	}
	for i, names := 0, distinct(counties); i < n; i++ {
		if county[i] {
			t.counties[i], names = names[0], names[1:]
		}
	}
	offices := make([]label, len(m.Contests))
	for i := range m.Contests {
		offices[i] = label{0, m.Contests[i].Title[lang], m.Contests[i].ID}
	}
	t.offices = distinct(offices)
	return t
}

// candidates returns the names of a contest's options, and underVotes.
func (t *table) candidates(contest int) []string {
	var list []label
	for _, o := range t.m.Contests[contest].Options {
		list = append(list, label{0, o.Name[t.lang], o.ID})
	}
	names := distinct(append(list, label{0, underVotes, ""}))
	names[len(names)-1] = underVotes
	return names
}

func (t *table) county(units []int) string {
	var list []string
	for _, u := range units {
		if c := t.counties[t.above[u]]; !slices.Contains(list, c) {
			list = append(list, c)
		}
	}
	return strings.Join(list, " + ")
}

func (t *table) precinct(units []int) string {
	list := make([]string, len(units))
	for i, u := range units {
		list[i] = t.precincts[u]
	}
	return strings.Join(list, " + ")
}

// label is a name that has to tell something from others of its scope.
type label struct {
	scope    int
	name, id string
}

// distinct returns the names with single spaces only. A name without anything
// else is replaced by its id, and a name that stands twice in its scope gets it in
// brackets. An authority that chooses names which look alike even so has its way.
func distinct(list []label) []string {
	times := make(map[label]int, len(list))
	for i := range list {
		list[i].name, list[i].id = spaced(list[i].name), spaced(list[i].id)
		list[i].name = cmp.Or(list[i].name, list[i].id)
		times[label{scope: list[i].scope, name: list[i].name}]++
	}
	names := make([]string, len(list))
	for i, l := range list {
		names[i] = l.name
		if times[label{scope: l.scope, name: l.name}] > 1 {
			names[i] += " (" + l.id + ")"
		}
	}
	return names
}

// spaced has single spaces for white space and control characters.
func spaced(s string) string {
	return strings.Join(strings.FieldsFunc(s, func(c rune) bool { return unicode.IsSpace(c) || unicode.IsControl(c) }), " ")
}

// cell makes a text safe to open in a spreadsheet. Those take a cell for a
// formula that begins with = + - or @ (some with their full-width forms too), and
// a formula can call programs and addresses; the text is an authority's, but
// whoever opens the file trusts the file. An apostrophe in front makes it text
// (https://owasp.org/www-community/attacks/CSV_Injection); a space would do less
// and is against the convention. Tabs and line breaks are gone already. Where a
// comma is the decimal sign, spreadsheets cut at semicolons, and there the rest
// of a text can be a cell: so the same holds after a semicolon. Spaces, quotes and
// what can not be seen do not count as a beginning. No character is taken away.
func cell(s string) string {
	var b strings.Builder
	first := true
	for _, c := range s {
		switch {
		case strings.ContainsRune("=+-@＝＋－＠", c):
			if first {
				b.WriteByte('\'')
			}
			first = false
		case c == ';':
			first = true
		case c != ' ' && c != '"' && unicode.IsPrint(c):
			first = false
		}
		b.WriteRune(c)
	}
	return b.String()
}
