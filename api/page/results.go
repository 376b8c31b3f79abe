package page

import (
	"cmp"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/gin-gonic/gin"

	"rollcall/api/public"
	"rollcall/bulletin/entry"
)

// resultsPage is the result, or why there is none yet.
type resultsPage struct {
	*frame
	Phase    string
	State    string // "", or how the result came about
	Own      string // "", or what the server's own check has found
	OwnKind  string // good or bad
	LookedUp string // how many ballots were looked up
	Contests []contestTable
}

type contestTable struct {
	Title string
	Note  string // how many could be chosen, where it is more than one
	Total partTable
	Parts []partTable
}

// partTable is the votes of some units, together.
type partTable struct {
	Name    string
	Note    string // why they are together, or not shown
	Ballots uint64
	Blank   uint64 // votes left unused
	Several bool   // more than one option could be chosen
	Rows    []row
}

// row is the votes of one option. Width is its share in per cent, for drawing.
type row struct {
	Name, Share, Width string
	Votes              uint64
}

// showResults shows the result, or how far it is.
func (p *Pages) showResults(c *gin.Context) {
	v := p.start(c.Request, "results", c.Query("lang"))
	s, err := p.standing(c.Request.Context())
	if err != nil {
		p.failed(c, v, err)
		return
	}
	view := &resultsPage{frame: v, Phase: v.phase(s)}
	if s.result != nil {
		if view.Contests, err = v.tables(s.result); err != nil {
			p.failed(c, v, err)
			return
		}
		view.State = v.t("results_opened", "n", uint64(len(s.result.Trustees)), "of", uint64(len(v.manifest.Trustees)))
	}
	own, err := p.Election.OwnCheck(c.Request.Context())
	if err != nil {
		p.failed(c, v, err)
		return
	}
	switch {
	case s.result == nil || own == nil:
	case own.Passed:
		view.Own, view.OwnKind = v.t("own_passed", "time", v.moment(own.At), "n", uint64(own.Checks)), "good"
	default:
		view.Own, view.OwnKind = v.t("own_failed", "time", v.moment(own.At), "help", v.Help), "bad"
	}
	if cast := s.Ballots.Cast; cast > 0 {
		n := min(p.LookedUp(), cast)
		view.LookedUp = v.t("looked_up", "n", n, "of", cast, "share", fmt.Sprintf("%.1f", 100*float64(n)/float64(cast)))
	}
	p.show(c, "results", http.StatusOK, "no-cache", v, view)
}

func (v *frame) tables(r *public.Result) ([]contestTable, error) {
	contests, err := public.Tabulate(v.manifest, r)
	if err != nil {
		return nil, err
	}
	names := make(map[string]string, len(v.manifest.Units))
	for i := range v.manifest.Units {
		names[v.manifest.Units[i].ID] = v.pick(v.manifest.Units[i].Name)
	}
	tables := make([]contestTable, len(contests))
	for i := range contests {
		c := &contests[i]
		table := contestTable{Title: v.pick(c.Title), Total: v.partTable(c.Contest, &c.Total)}
		table.Total.Name = v.t("results_total")
		if c.Limit > 1 {
			table.Note = v.t("results_limit", "limit", c.Limit)
		}
		for j := range c.Parts {
			part := &c.Parts[j]
			t := v.partTable(c.Contest, part)
			units := make([]string, len(part.Units))
			for k, id := range part.Units {
				units[k] = names[id]
			}
			t.Name = strings.Join(units, " + ")
			switch {
			case part.Withheld && part.Ballots > 0:
				t.Note = v.t("results_withheld")
			case len(part.Units) > 1:
				t.Note = v.t("results_merged")
			}
			table.Parts = append(table.Parts, t)
		}
		tables[i] = table
	}
	return tables, nil
}

func (v *frame) partTable(c *entry.Contest, part *public.Part) partTable {
	t := partTable{Ballots: part.Ballots, Blank: part.Undervotes, Several: c.Limit > 1}
	if part.Withheld || part.Ballots == 0 {
		return t
	}
	var none *row
	for i, votes := range part.Votes {
		share := 100 * float64(votes) / float64(part.Ballots)
		r := row{Votes: votes, Share: fmt.Sprintf("%.1f%%", share), Width: fmt.Sprintf("%.2f", min(share, 100))}
		if i == len(c.Options) {
			r.Name, none = v.t("none"), &r
			continue
		}
		r.Name = v.pick(c.Options[i].Name)
		t.Rows = append(t.Rows, r)
	}
	slices.SortStableFunc(t.Rows, func(a, b row) int { return cmp.Compare(b.Votes, a.Votes) })
	if none != nil {
		t.Rows = append(t.Rows, *none)
	}
	return t
}
