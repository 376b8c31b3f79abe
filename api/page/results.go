package api

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"rollcall/api/gen"
	"rollcall/bulletin/entry"
)

// resultsPage is the result as the template shows it.
type resultsPage struct{ Contests []contestTable }

type contestTable struct {
	ID    string
	Title string
	Note  string // how many could be chosen, where it is more than one
	Total partTable
	Parts []partTable
}

// partTable is the votes of some units, together.
type partTable struct {
	*words
	Name    string
	Note    string // why they are together, or not shown
	Ballots string
	Blank   string // votes left unused; empty in a vote for one
	Rows    []row
}

// row is the votes of one option. Width is its share in per cent, for drawing.
type row struct{ Name, Votes, Share, Width string }

func (p *pages) results(v *page, r *Result) (*resultsPage, error) {
	m := p.election.Manifest()
	contests, err := contestResults(m, r, p.none)
	if err != nil {
		return nil, err
	}
	names := make(map[string]string, len(m.Units))
	for i := range m.Units {
		names[m.Units[i].ID] = pick(m, m.Units[i].Name, v.Lang)
	}
	view := &resultsPage{Contests: make([]contestTable, len(contests))}
	for i := range contests {
		c := &contests[i]
		table := contestTable{ID: c.ID, Title: pick(m, entry.Text(c.Title), v.Lang), Total: p.partTable(v, c, &c.Total)}
		table.Total.Name = v.ResultsTotal
		if c.Limit > 1 {
			table.Note = fill(v.ResultsLimit, "limit", strconv.FormatUint(c.Limit, 10))
		}
		for j := range c.Parts {
			part := &c.Parts[j]
			t := p.partTable(v, c, part)
			units := make([]string, len(part.Units))
			for k, id := range part.Units {
				units[k] = cmp.Or(names[id], id)
			}
			t.Name = strings.Join(units, " + ")
			switch {
			case part.Withheld:
				t.Note = v.ResultsWithheld
			case len(part.Units) > 1:
				t.Note = v.ResultsMerged
			}
			table.Parts = append(table.Parts, t)
		}
		view.Contests[i] = table
	}
	return view, nil
}

func (p *pages) partTable(v *page, c *gen.ContestResult, part *gen.PartResult) partTable {
	t := partTable{words: v.words, Ballots: fill(v.ResultsBallots, "count", count(part.Ballots))}
	if part.Withheld || part.Ballots == 0 {
		return t
	}
	if c.Limit > 1 {
		t.Blank = fill(v.ResultsBlank, "count", count(part.Undervotes))
	}
	options := slices.Clone(part.Options)
	slices.SortStableFunc(options, func(a, b gen.OptionResult) int {
		if none := a.ID == entry.NoneID; none != (b.ID == entry.NoneID) {
			return map[bool]int{true: 1, false: -1}[none]
		}
		return cmp.Compare(b.Votes, a.Votes)
	})
	m := p.election.Manifest()
	for _, o := range options {
		share := 100 * float64(o.Votes) / float64(part.Ballots)
		t.Rows = append(t.Rows, row{
			Name: pick(m, entry.Text(o.Name), v.Lang), Votes: count(o.Votes),
			Share: fmt.Sprintf("%.1f%%", share), Width: fmt.Sprintf("%.2f", min(share, 100)),
		})
	}
	return t
}

// count writes a number with commas between thousands.
func count(n uint64) string {
	s := strconv.FormatUint(n, 10)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}
