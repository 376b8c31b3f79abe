package manifest

import (
	"fmt"
	"slices"

	"rollcall/bulletin/entry"
)

func (f *File) buildUnits(m *entry.Manifest) (map[string]uint64, error) {
	position := map[string]uint64{}
	for i, u := range f.Units {
		parent := uint64(0)
		if i > 0 {
			p, ok := position[u.Parent]
			if !ok {
				return nil, fmt.Errorf("unit %q: its parent %q must stand before it; only the first unit has none", u.ID, u.Parent)
			}
			parent = p
		} else if u.Parent != "" {
			return nil, fmt.Errorf("unit %q: the first unit is the whole and has no parent", u.ID)
		}
		if _, twice := position[u.ID]; twice {
			return nil, fmt.Errorf("unit %q: the id is used twice", u.ID)
		}
		position[u.ID] = uint64(i)
		m.Units = append(m.Units, entry.Unit{ID: u.ID, Name: u.Name.text(f.Languages), Parent: parent})
	}
	return position, nil
}

func (f *File) buildContests(m *entry.Manifest, position map[string]uint64) error {
	for _, c := range f.Contests {
		out := entry.Contest{ID: c.ID, Title: c.Title.text(f.Languages), Limit: c.VoteFor}
		for _, o := range c.Options {
			out.Options = append(out.Options, entry.Option{ID: o.ID, Name: o.Name.text(f.Languages)})
		}
		where := c.Units
		if len(where) == 0 && len(f.Units) > 0 {
			where = []string{f.Units[0].ID}
		}
		for _, id := range where {
			p, ok := position[id]
			if !ok {
				return fmt.Errorf("contest %q: there is no unit %q", c.ID, id)
			}
			out.Units = append(out.Units, leavesBelow(m, p)...)
		}
		slices.Sort(out.Units)
		out.Units = slices.Compact(out.Units)
		m.Contests = append(m.Contests, out)
	}
	return nil
}

// leavesBelow returns the leaves at or under a unit.
func leavesBelow(m *entry.Manifest, top uint64) []uint64 {
	var list []uint64
	for i := range m.Units {
		u := uint64(i)
		if !m.IsLeaf(u) {
			continue
		}
		for at := u; ; at = m.Units[at].Parent {
			if at == top {
				list = append(list, u)
			}
			if at == top || at == 0 {
				break
			}
		}
	}
	return list
}

// Spread distributes voters over the leaves of the file's units, as evenly as
// can be; the first ones get what is left over. It has one number a unit, 0 for
// those that have parts.
func (f *File) Spread(voters int) []int {
	parents := map[string]bool{}
	for _, u := range f.Units[min(1, len(f.Units)):] {
		parents[u.Parent] = true
	}
	var leaves []int
	for i, u := range f.Units {
		if !parents[u.ID] {
			leaves = append(leaves, i)
		}
	}
	out := make([]int, len(f.Units))
	for i, u := range leaves {
		out[u] = voters / len(leaves)
		if i < voters%len(leaves) {
			out[u]++
		}
	}
	return out
}
