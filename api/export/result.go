package export

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"rollcall/api/public"
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
	contests, err := public.Tabulate(r.Manifest, &public.Result{Index: r.Index, Parts: r.Parts})
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrResult, err)
	}
	if r.zero() {
		return zeroParts(r.Manifest), nil
	}
	units := make(map[string]int, len(r.Manifest.Units))
	for i := range r.Manifest.Units {
		units[r.Manifest.Units[i].ID] = i
	}
	list := make([][]part, len(contests))
	for i := range contests {
		list[i] = make([]part, len(contests[i].Parts))
		for j, in := range contests[i].Parts {
			out := part{ballots: in.Ballots, undervotes: in.Undervotes, units: make([]int, len(in.Units))}
			for k, id := range in.Units {
				out.units[k] = units[id]
			}
			slices.Sort(out.units)
			if !in.Withheld {
				out.votes = in.Votes[:len(contests[i].Options)]
			}
			list[i][j] = out
		}
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
