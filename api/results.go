package api

import (
	"fmt"

	"rollcall/api/gen"
	"rollcall/bulletin/entry"
)

// contestResults puts the parts of a result under their contests, in the order
// of the manifest, and adds up those that are not withheld. none is what "none"
// is called: in a vote for one it is counted like an option.
func contestResults(m *entry.Manifest, r *Result, none entry.Text) ([]gen.ContestResult, error) {
	views := make([]gen.ContestResult, len(m.Contests))
	position := make(map[string]int, len(m.Contests))
	for i := range m.Contests {
		c := &m.Contests[i]
		position[c.ID] = i
		views[i] = gen.ContestResult{
			ID: c.ID, Title: gen.Text(c.Title), Limit: c.Limit, Parts: []gen.PartResult{},
			Total: gen.PartResult{Units: []string{}, Options: optionNames(c, none)},
		}
	}
	for i := range r.Parts {
		part := &r.Parts[i]
		at, ok := position[part.Contest]
		if !ok {
			return nil, fmt.Errorf("result: part %d: no contest %q", i, part.Contest)
		}
		view, err := partView(part, views[at].Total.Options)
		if err != nil {
			return nil, fmt.Errorf("result: part %d: %w", i, err)
		}
		views[at].Parts = append(views[at].Parts, view)
		if !view.Withheld {
			add(&views[at].Total, &view)
		}
	}
	return views, nil
}

// optionNames returns what is counted in a contest, with no votes.
func optionNames(c *entry.Contest, none entry.Text) []gen.OptionResult {
	list := make([]gen.OptionResult, c.Ciphertexts())
	for i := range c.Options {
		list[i] = gen.OptionResult{ID: c.Options[i].ID, Name: gen.Text(c.Options[i].Name)}
	}
	if c.Limit == 1 {
		list[len(c.Options)] = gen.OptionResult{ID: entry.NoneID, Name: gen.Text(none)}
	}
	return list
}

// partView shows one part; options are those of its contest, in order.
func partView(part *entry.ResultPart, options []gen.OptionResult) (gen.PartResult, error) {
	view := gen.PartResult{
		Units: part.Units, Ballots: part.Ballots, Undervotes: part.Undervotes, Options: []gen.OptionResult{},
	}
	if len(part.Options) == 0 {
		view.Withheld = true
		return view, nil
	}
	if len(part.Options) != len(options) {
		return view, fmt.Errorf("%d options, want %d", len(part.Options), len(options))
	}
	for i, o := range part.Options {
		if o.Option != options[i].ID {
			return view, fmt.Errorf("option %d is %q, want %q", i, o.Option, options[i].ID)
		}
		view.Options = append(view.Options, gen.OptionResult{ID: o.Option, Name: options[i].Name, Votes: o.Votes})
	}
	return view, nil
}

func add(total, part *gen.PartResult) {
	total.Units = append(total.Units, part.Units...)
	total.Ballots += part.Ballots
	total.Undervotes += part.Undervotes
	for i := range part.Options {
		total.Options[i].Votes += part.Options[i].Votes
	}
}
