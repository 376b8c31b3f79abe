package public

import (
	"encoding/binary"
	"errors"
	"fmt"
	"slices"

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

// maxBallots bounds the ballots of a part, so that every number of one is one that
// JSON readers hold exactly (RFC 8259, section 6), and no sum overflows.
const maxBallots = 1 << 44

// Tabulate puts the parts of a result under their contests, in the order of the
// manifest, and adds up those that are not withheld. A result without parts and
// without a place on the board is that of a zero report: contests without any.
//
// Who reads a table has nothing to check it with. So it fails if the result does not
// fit the manifest, which [entry.Manifest.Check] has taken, if it is not whole, or if
// it contradicts itself: the parts of a contest are all of its units, each once, the
// votes of each add up as SPEC.md, section 14, has it, and the same units have the
// same ballots in every contest.
func Tabulate(m *entry.Manifest, r *Result) ([]ContestResult, error) {
	contests, err := tabulate(m, r)
	if err != nil {
		return nil, fmt.Errorf("result: %w", err)
	}
	return contests, nil
}

func tabulate(m *entry.Manifest, r *Result) ([]ContestResult, error) {
	switch {
	case len(r.Parts) == 0 && r.Index != 0:
		return nil, fmt.Errorf("result-end at entry %d, but no parts", r.Index)
	case len(r.Parts) > 0 && r.Index == 0: // which is the manifest's
		return nil, errors.New("parts without a result-end entry")
	}
	contests := make([]ContestResult, len(m.Contests))
	position := make(map[string]int, len(m.Contests))
	for i := range m.Contests {
		c := &m.Contests[i]
		position[c.ID] = i
		contests[i] = ContestResult{Contest: c, Total: Part{Votes: make([]uint64, c.Ciphertexts())}}
	}
	if len(r.Parts) == 0 {
		return contests, nil
	}
	asked := newAsked(m)
	for i := range r.Parts {
		p := &r.Parts[i]
		at, ok := position[p.Contest]
		if !ok {
			return nil, fmt.Errorf("part %d: no contest %q", i, p.Contest)
		}
		if err := asked.take(at, p); err != nil {
			return nil, fmt.Errorf("part %d: %w", i, err)
		}
		part, err := tabulatePart(contests[at].Contest, p)
		if err != nil {
			return nil, fmt.Errorf("part %d, contest %q: %w", i, p.Contest, err)
		}
		contests[at].add(part)
	}
	return contests, asked.rest()
}

// asked is which units of every contest no part has had yet.
type asked struct {
	m       *entry.Manifest
	units   map[string]int // positions by id
	open    [][]bool       // by contest and unit
	ballots map[string]uint64
}

func newAsked(m *entry.Manifest) *asked {
	a := &asked{m: m, units: make(map[string]int, len(m.Units)), open: make([][]bool, len(m.Contests)), ballots: map[string]uint64{}}
	for i := range m.Units {
		a.units[m.Units[i].ID] = i
	}
	for i := range m.Contests {
		a.open[i] = make([]bool, len(m.Units))
		for _, u := range m.Contests[i].Units {
			a.open[i][u] = true
		}
	}
	return a
}

// take takes the units of a part out, and holds its ballots against those of other
// contests: every ballot has all contests of its unit.
func (a *asked) take(contest int, p *entry.ResultPart) error {
	if len(p.Units) == 0 {
		return errors.New("no units")
	}
	set := make([]int, len(p.Units))
	for i, id := range p.Units {
		u, ok := a.units[id]
		if !ok || !a.open[contest][u] {
			return fmt.Errorf("contest %q is not asked in unit %q, or the unit has been counted", p.Contest, id)
		}
		a.open[contest][u], set[i] = false, u
	}
	slices.Sort(set)
	var key []byte
	for _, u := range set {
		key = binary.AppendUvarint(key, uint64(u))
	}
	if n, known := a.ballots[string(key)]; known && n != p.Ballots {
		return fmt.Errorf("contest %q: %d ballots where another contest has %d of the same units", p.Contest, p.Ballots, n)
	}
	a.ballots[string(key)] = p.Ballots
	return nil
}

// rest says whether a unit is left.
func (a *asked) rest() error {
	for i, open := range a.open {
		n := 0
		for _, left := range open {
			if left {
				n++
			}
		}
		if n > 0 {
			return fmt.Errorf("contest %q: %d of its units are in no part", a.m.Contests[i].ID, n)
		}
	}
	return nil
}

// tabulatePart takes over the votes of a part; one without options is withheld.
func tabulatePart(c *entry.Contest, p *entry.ResultPart) (Part, error) {
	part := Part{Units: p.Units, Ballots: p.Ballots, Undervotes: p.Undervotes}
	if p.Ballots > maxBallots {
		return part, fmt.Errorf("%d ballots, want at most %d", p.Ballots, uint64(maxBallots))
	}
	if len(p.Options) == 0 {
		if p.Ballots == 0 || p.Undervotes != 0 {
			return part, fmt.Errorf("withheld with %d ballots and %d undervotes, want ballots alone", p.Ballots, p.Undervotes)
		}
		part.Withheld = true
		return part, nil
	}
	if len(p.Options) != c.Ciphertexts() {
		return part, fmt.Errorf("%d options, want %d", len(p.Options), c.Ciphertexts())
	}
	part.Votes = make([]uint64, len(p.Options))
	unused := c.Limit * p.Ballots
	for i, o := range p.Options {
		id, _, err := OptionAt(c, uint64(i))
		switch {
		case err != nil:
			return part, err
		case o.Option != id:
			return part, fmt.Errorf("option %d is %q, want %q", i, o.Option, id)
		case i == len(c.Options): // "none", which is no vote
			if o.Votes != unused {
				return part, fmt.Errorf("%d votes for none, but %d ballots without a vote", o.Votes, unused)
			}
		case o.Votes > p.Ballots || o.Votes > unused:
			return part, fmt.Errorf("option %q: more votes than %d ballots can have", o.Option, p.Ballots)
		default:
			unused -= o.Votes
		}
		part.Votes[i] = o.Votes
	}
	if p.Undervotes != unused {
		return part, fmt.Errorf("%d undervotes, but %d votes were left unused", p.Undervotes, unused)
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
