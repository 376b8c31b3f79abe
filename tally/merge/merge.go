// Package merge joins reporting units that are too small to be reported alone,
// before anything is decrypted: nothing small is ever decrypted, and no two
// published sums differ by a small group.
//
// It knows units, counts and a minimum, and nothing of ballots. SPEC.md,
// section 12.
package merge

import (
	"slices"

	"rollcall/bulletin/entry"
)

// Part is a set of leaf units, ascending, whose cast ballots are added up.
type Part struct {
	Units   []uint64
	Ballots uint64
}

// order is the smallest leaf position: what ties are broken by.
func (p Part) order() uint64 { return p.Units[0] }

// Withheld reports whether the part is too small to be decrypted.
func (p Part) Withheld(minimum uint64) bool { return p.Ballots > 0 && p.Ballots < minimum }

// Partition returns the parts of a contest, sorted by order. cast has the
// number of cast ballots of every unit of the manifest.
func Partition(m *entry.Manifest, contest *entry.Contest, cast []uint64) []Part {
	children := make([][]uint64, len(m.Units))
	for i := 1; i < len(m.Units); i++ {
		p := m.Units[i].Parent
		children[p] = append(children[p], uint64(i))
	}
	var parts func(u uint64) []Part
	parts = func(u uint64) []Part {
		if len(children[u]) == 0 {
			if !slices.Contains(contest.Units, u) {
				return nil
			}
			return []Part{{Units: []uint64{u}, Ballots: cast[u]}}
		}
		var all []Part
		for _, c := range children[u] {
			all = append(all, parts(c)...)
		}
		return join(all, m.Minimum)
	}
	list := parts(0)
	slices.SortFunc(list, func(a, b Part) int { return int(a.order()) - int(b.order()) })
	return list
}

// join merges the smallest part that is too small into the smallest other one
// with casts, until none is too small or nothing is left to join it with.
func join(parts []Part, minimum uint64) []Part {
	for {
		s := smallest(parts, -1, func(p Part) bool { return p.Withheld(minimum) })
		if s < 0 {
			return parts
		}
		t := smallest(parts, s, func(p Part) bool { return p.Ballots > 0 })
		if t < 0 {
			return parts
		}
		union := Part{Units: slices.Concat(parts[s].Units, parts[t].Units), Ballots: parts[s].Ballots + parts[t].Ballots}
		slices.Sort(union.Units)
		parts[min(s, t)] = union
		parts = slices.Delete(parts, max(s, t), max(s, t)+1)
	}
}

// smallest returns the position of the part with the fewest ballots, then the
// smallest order, among those that take holds for, but not except; -1 if none.
func smallest(parts []Part, except int, take func(Part) bool) int {
	best := -1
	for i, p := range parts {
		if i == except || !take(p) {
			continue
		}
		if best < 0 || p.Ballots < parts[best].Ballots || p.Ballots == parts[best].Ballots && p.order() < parts[best].order() {
			best = i
		}
	}
	return best
}
