package export

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"rollcall/bulletin/entry"
)

// Result is a published result, or what is known before there is one.
type Result struct {
	// Manifest is the manifest of the board, which [entry.Manifest.Check] has
	// taken. It is not changed.
	Manifest *entry.Manifest
	// ID is the election id.
	ID string
	// Index is that of the result-end entry, which is never 0; 0 in a zero report.
	Index uint64
	// Parts are those of the result entries, in order. Without any this is a zero
	// report: every contest, option and unit, and no counts yet.
	Parts []entry.ResultPart
	// Published is when this report was made; fractions of a second are left out.
	Published time.Time
	// Version numbers the reports of an election from 1. A reader replaces what it
	// has by the report with the greater number.
	Version int
}

// ErrResult says that a result is incomplete, or contradicts its manifest or
// itself, so that no report can be made of it.
var ErrResult = errors.New("export: not a result")

// maxBallots bounds the ballots of a part, so that every number of a report is
// one that JSON readers hold exactly (RFC 8259, section 6), and no sum overflows.
const maxBallots = 1 << 44

// part is a set of units of a contest whose votes were counted together.
type part struct {
	units      []int // positions in the manifest, ascending
	ballots    uint64
	votes      []uint64 // of every option of the manifest, without "none"; nil if withheld
	undervotes uint64   // 0 if withheld
}

func (p *part) withheld() bool { return p.votes == nil }

// zero reports whether this is a zero report.
func (r *Result) zero() bool { return len(r.Parts) == 0 }

// contests returns the parts of every contest, in the order of the manifest and
// the result. All errors wrap ErrResult.
func (r *Result) contests() ([][]part, error) {
	if err := r.check(); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrResult, err)
	}
	if r.zero() {
		return zeroParts(r.Manifest), nil
	}
	list, err := r.sorted()
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrResult, err)
	}
	return list, nil
}

// check holds what this package relies on. Most of it every manifest of a board
// has; here it is what stands between a caller's mistake and a panic.
func (r *Result) check() error {
	m := r.Manifest
	switch {
	case m == nil:
		return errors.New("no manifest")
	case r.ID == "":
		return errors.New("no election id")
	case len(m.Languages) == 0 || len(m.Units) == 0 || len(m.Windows) == 0:
		return errors.New("manifest without languages, units or windows")
	case r.Published.IsZero() || r.Published.UTC().Year() < 1 || r.Published.UTC().Year() > 9999:
		return errors.New("no time of publication that RFC 3339 can write")
	case r.Version < 1:
		return fmt.Errorf("version %d, want at least 1", r.Version)
	case r.zero() && r.Index != 0:
		return fmt.Errorf("result-end at entry %d, but no parts", r.Index)
	case !r.zero() && r.Index == 0:
		return errors.New("parts without a result-end entry")
	}
	for i := range m.Units {
		if p := m.Units[i].Parent; p > 0 && p >= uint64(i) {
			return fmt.Errorf("unit %q: no unit before it is its parent", m.Units[i].ID)
		}
	}
	for i := range m.Contests {
		c := &m.Contests[i]
		if c.Limit < 1 || c.Limit > uint64(len(c.Options)) {
			return fmt.Errorf("contest %q: limit %d of %d options", c.ID, c.Limit, len(c.Options))
		}
		for j, u := range c.Units {
			if u >= uint64(len(m.Units)) || j > 0 && c.Units[j-1] >= u {
				return fmt.Errorf("contest %q: unit %d is not there, or not in order", c.ID, u)
			}
		}
	}
	return nil
}

// zeroParts has a part without ballots for every unit of every contest: before
// the close nobody knows which units will be merged.
func zeroParts(m *entry.Manifest) [][]part {
	list := make([][]part, len(m.Contests))
	for i := range m.Contests {
		for _, u := range m.Contests[i].Units {
			list[i] = append(list[i], part{units: []int{int(u)}, votes: make([]uint64, len(m.Contests[i].Options))})
		}
	}
	return list
}

// sorted puts the parts of the result under their contests. Together they are
// all units of a contest, each once.
func (r *Result) sorted() ([][]part, error) {
	m := r.Manifest
	contests, units := make(map[string]int, len(m.Contests)), make(map[string]int, len(m.Units))
	missing := make([]map[int]bool, len(m.Contests)) // units of a contest that no part has had yet
	for i := range m.Contests {
		contests[m.Contests[i].ID] = i
		missing[i] = make(map[int]bool, len(m.Contests[i].Units))
		for _, u := range m.Contests[i].Units {
			missing[i][int(u)] = true
		}
	}
	for i := range m.Units {
		units[m.Units[i].ID] = i
	}
	list := make([][]part, len(m.Contests))
	ballots := map[string]uint64{} // by positions of units
	for i := range r.Parts {
		in := &r.Parts[i]
		at, ok := contests[in.Contest]
		if !ok {
			return nil, fmt.Errorf("part %d: no contest %q", i, in.Contest)
		}
		if len(in.Units) == 0 {
			return nil, fmt.Errorf("part %d: no units", i)
		}
		out := part{ballots: in.Ballots}
		for _, id := range in.Units {
			u, ok := units[id]
			if !ok || !missing[at][u] {
				return nil, fmt.Errorf("part %d: contest %q is not asked in unit %q, or the unit has been counted", i, in.Contest, id)
			}
			delete(missing[at], u)
			out.units = append(out.units, u)
		}
		slices.Sort(out.units)
		if err := out.count(&m.Contests[at], in); err != nil {
			return nil, fmt.Errorf("part %d, contest %q: %w", i, in.Contest, err)
		}
		set := fmt.Sprint(out.units)
		if n, known := ballots[set]; known && n != out.ballots {
			// Every ballot has all contests of its unit.
			return nil, fmt.Errorf("part %d, contest %q: %d ballots where another contest has %d of the same units", i, in.Contest, out.ballots, n)
		}
		ballots[set] = out.ballots
		list[at] = append(list[at], out)
	}
	for i := range missing {
		if len(missing[i]) > 0 {
			return nil, fmt.Errorf("contest %q: %d of its units are in no part", m.Contests[i].ID, len(missing[i]))
		}
	}
	return list, nil
}

// count takes over the votes of a part of contest c. They add up as SPEC.md,
// section 14, has it; a part without options is withheld.
func (p *part) count(c *entry.Contest, in *entry.ResultPart) error {
	if in.Ballots > maxBallots {
		return fmt.Errorf("%d ballots, want at most %d", in.Ballots, uint64(maxBallots))
	}
	if len(in.Options) == 0 {
		if in.Ballots == 0 || in.Undervotes != 0 {
			return fmt.Errorf("withheld with %d ballots and %d undervotes, want ballots alone", in.Ballots, in.Undervotes)
		}
		return nil
	}
	if len(in.Options) != c.Ciphertexts() {
		return fmt.Errorf("%d options, want %d", len(in.Options), c.Ciphertexts())
	}
	p.votes, p.undervotes = make([]uint64, len(c.Options)), c.Limit*in.Ballots
	for i, o := range in.Options {
		want := entry.NoneID
		if i < len(c.Options) {
			want = c.Options[i].ID
		}
		if o.Option != want {
			return fmt.Errorf("option %d is %q, want %q", i, o.Option, want)
		}
		if i == len(c.Options) {
			if o.Votes != p.undervotes {
				return fmt.Errorf("%d votes for none, but %d ballots without a vote", o.Votes, p.undervotes)
			}
			continue
		}
		if o.Votes > in.Ballots || o.Votes > p.undervotes {
			return fmt.Errorf("option %q: more votes than %d ballots can have", o.Option, in.Ballots)
		}
		p.votes[i] = o.Votes
		p.undervotes -= o.Votes
	}
	if in.Undervotes != p.undervotes {
		return fmt.Errorf("%d undervotes, but %d votes were left unused", in.Undervotes, p.undervotes)
	}
	return nil
}
