// Package resulttable writes a result as a table that a person enjoys reading
// on a terminal.
package resulttable

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode/utf8"

	"rollcall/bulletin/entry"
)

// barWidth is the length of the longest bar in characters.
const barWidth = 24

// Write writes the result's parts in a language, or in the manifest's first one
// if it does not have that: for each contest the sum of all its parts, options
// by votes, then each part.
func Write(w io.Writer, m *entry.Manifest, lang string, parts []entry.ResultPart) {
	if !slices.Contains(m.Languages, lang) {
		lang = m.Languages[0]
	}
	for i := range m.Contests {
		c := &m.Contests[i]
		var mine []entry.ResultPart
		for _, p := range parts {
			if p.Contest == c.ID {
				mine = append(mine, p)
			}
		}
		writeContest(w, m, c, lang, mine)
	}
}

func writeContest(w io.Writer, m *entry.Manifest, c *entry.Contest, lang string, parts []entry.ResultPart) {
	votes, ballots, withheld := map[string]uint64{}, uint64(0), uint64(0)
	for _, p := range parts {
		ballots += p.Ballots
		if len(p.Options) == 0 {
			withheld += p.Ballots
		}
		for _, o := range p.Options {
			votes[o.Option] += o.Votes
		}
	}
	rule := "vote for one"
	if c.Limit > 1 {
		rule = fmt.Sprintf("vote for up to %d", c.Limit)
	}
	fmt.Fprintf(w, "\n  %s  (%s, %d ballots)\n\n", c.Title[lang], rule, ballots)
	if withheld > 0 {
		fmt.Fprintf(w, "  Too few ballots (%d) to decrypt without showing how people voted.\n", withheld)
		return
	}
	type row struct {
		name  string
		votes uint64
		none  bool
	}
	var rows []row
	width, most := 0, uint64(1)
	for _, o := range c.Options {
		rows = append(rows, row{o.Name[lang], votes[o.ID], false})
	}
	slices.SortStableFunc(rows, func(a, b row) int { return int(b.votes) - int(a.votes) })
	if c.Limit == 1 {
		rows = append(rows, row{"(none)", votes[entry.NoneID], true})
	}
	for _, r := range rows {
		width, most = max(width, utf8.RuneCountInString(r.name)), max(most, r.votes)
	}
	for _, r := range rows {
		bar := strings.Repeat("█", int(r.votes*barWidth/most))
		if r.none {
			bar = strings.Repeat("░", int(r.votes*barWidth/most))
		}
		share := 0.0
		if ballots > 0 {
			share = 100 * float64(r.votes) / float64(ballots)
		}
		fmt.Fprintf(w, "  %s %4d  %5.1f %%  %s\n", pad(r.name, width), r.votes, share, bar)
	}
	if c.Limit > 1 {
		under := uint64(0)
		for _, p := range parts {
			under += p.Undervotes
		}
		fmt.Fprintf(w, "  %d votes that could have been given were not.\n", under)
	}
	writeUnits(w, m, lang, parts)
}

// writeUnits says which units were counted together.
func writeUnits(w io.Writer, m *entry.Manifest, lang string, parts []entry.ResultPart) {
	names := map[string]string{}
	for i := range m.Units {
		names[m.Units[i].ID] = m.Units[i].Name[lang]
	}
	fmt.Fprint(w, "  By unit: ")
	for i, p := range parts {
		var list []string
		for _, u := range p.Units {
			list = append(list, names[u])
		}
		if i > 0 {
			fmt.Fprint(w, "; ")
		}
		fmt.Fprintf(w, "%s %d", strings.Join(list, " with "), p.Ballots)
	}
	fmt.Fprintln(w, " ballots.")
}

func pad(s string, width int) string {
	return s + strings.Repeat(" ", max(0, width-utf8.RuneCountInString(s)))
}
