package main

import (
	"fmt"
	"strconv"
	"strings"
)

// table is a Markdown table; its first row is the head.
type table [][]string

func (t *table) row(cells ...string) { *t = append(*t, cells) }

// String writes the table. All columns but the first are set to the right.
func (t table) String() string {
	var b strings.Builder
	for i, cells := range t {
		fmt.Fprintf(&b, "| %s |\n", strings.Join(cells, " | "))
		if i == 0 {
			fmt.Fprintf(&b, "|---%s|\n", strings.Repeat("|---:", len(cells)-1))
		}
	}
	return b.String()
}

// notMeasured stands where a figure is missing.
const notMeasured = "–"

// times writes a ratio and its spread.
func times(s spread) string {
	return fmt.Sprintf("%s (%s to %s)", digits(s.median), digits(s.low), digits(s.high))
}

// thousands writes a number with commas between thousands.
func thousands(n int) string {
	s := strconv.Itoa(n)
	for at := len(s) - 3; at > 0 && s[at-1] != '-'; at -= 3 {
		s = s[:at] + "," + s[at:]
	}
	return s
}

// Sections of a document that a run writes stand between these lines.
const (
	sectionBegin = "<!-- bench: %s -->\n"
	sectionEnd   = "<!-- bench: end -->\n"
)

// replaceSection puts text between the lines of a section, and leaves all else
// as it is.
func replaceSection(document, name, text string) (string, error) {
	begin := fmt.Sprintf(sectionBegin, name)
	before, rest, ok := strings.Cut(document, begin)
	if !ok || strings.Contains(rest, begin) {
		return "", fmt.Errorf("the document must have the line %q once", strings.TrimSpace(begin))
	}
	old, after, ok := strings.Cut(rest, sectionEnd)
	if !ok || strings.Contains(old, "<!-- bench:") {
		return "", fmt.Errorf("section %q does not end with the line %q", name, strings.TrimSpace(sectionEnd))
	}
	return before + begin + "\n" + strings.TrimSpace(text) + "\n\n" + sectionEnd + after, nil
}
