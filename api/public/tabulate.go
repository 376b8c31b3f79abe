package public

import (
	"fmt"

	"rollcall/bulletin/entry"
)

// ContestResult is the result of one contest.
type ContestResult struct {
	*entry.Contest
	Total Part   // of all parts that are not withheld
	Parts []Part // in the order of the result
}

// Part is the votes of some units, counted together.
type Part struct {
	Units      []string // their ids
	Ballots    uint64   // cast
	Undervotes uint64   // votes that could have been given and were not
	Withheld   bool     // too few ballots were cast to be decrypted
	// Votes is by position of the option, in a vote for one with "none" as the
	// last; nil where they are withheld.
	Votes []uint64
}

// Tabulate puts the parts of a result under their contests, in the order of the
// manifest, and adds up those that are not withheld. It fails if the result does
// not fit the manifest.
func Tabulate(m *entry.Manifest, r *Result) ([]ContestResult, error) {
	contests := make([]ContestResult, len(m.Contests))
	position := make(map[string]int, len(m.Contests))
	for i := range m.Contests {
		c := &m.Contests[i]
		position[c.ID] = i
		contests[i] = ContestResult{Contest: c, Total: Part{Votes: make([]uint64, c.Ciphertexts())}}
	}
	for i := range r.Parts {
		at, ok := position[r.Parts[i].Contest]
		if !ok {
			return nil, fmt.Errorf("result: part %d: no contest %q", i, r.Parts[i].Contest)
		}
		part, err := tabulatePart(contests[at].Contest, &r.Parts[i])
		if err != nil {
			return nil, fmt.Errorf("result: part %d: %w", i, err)
		}
		contests[at].add(part)
	}
	return contests, nil
}

func tabulatePart(c *entry.Contest, p *entry.ResultPart) (Part, error) {
	part := Part{Units: p.Units, Ballots: p.Ballots, Undervotes: p.Undervotes}
	if len(p.Options) == 0 {
		part.Withheld = true
		return part, nil
	}
	if len(p.Options) != c.Ciphertexts() {
		return part, fmt.Errorf("%d options, want %d", len(p.Options), c.Ciphertexts())
	}
	for i, o := range p.Options {
		id, _, err := OptionAt(c, uint64(i))
		if err != nil {
			return part, err
		}
		if o.Option != id {
			return part, fmt.Errorf("option %d is %q, want %q", i, o.Option, id)
		}
		part.Votes = append(part.Votes, o.Votes)
	}
	return part, nil
}

func (c *ContestResult) add(part Part) {
	c.Parts = append(c.Parts, part)
	if part.Withheld {
		return
	}
	c.Total.Units = append(c.Total.Units, part.Units...)
	c.Total.Ballots += part.Ballots
	c.Total.Undervotes += part.Undervotes
	for i, votes := range part.Votes {
		c.Total.Votes[i] += votes
	}
}

// OptionAt returns the id and the name at a position of a contest; the name of
// "none" is nil.
func OptionAt(c *entry.Contest, position uint64) (string, entry.Text, error) {
	switch n := uint64(len(c.Options)); {
	case position < n:
		return c.Options[position].ID, c.Options[position].Name, nil
	case position == n && c.Limit == 1:
		return entry.NoneID, nil, nil
	}
	return "", nil, fmt.Errorf("contest %s: no option %d", c.ID, position)
}
