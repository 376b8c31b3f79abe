package verifier

import (
	"cmp"
	"slices"
)

// unitSet is a part of a partition: leaf units, ascending, and how many cast
// ballots they have together.
type unitSet struct {
	units   []uint64
	ballots uint64
}

// order is the part's smallest leaf position.
func (s unitSet) order() uint64 { return s.units[0] }

// withheld reports whether the part has casts but too few to be decrypted.
func (s unitSet) withheld(minimum uint64) bool { return s.ballots > 0 && s.ballots < minimum }

// partition merges units for one contest, SPEC.md, section 12. parents[u] is
// the parent of unit u (unit 0 is its own); cast maps every leaf unit that is
// asked the contest to its number of cast ballots. Bottom up, whatever is
// smaller than minimum joins the smallest part beside it.
func partition(parents []uint64, cast map[uint64]uint64, minimum uint64) []unitSet {
	parts := make([][]unitSet, len(parents))
	for u, n := range cast {
		parts[u] = []unitSet{{units: []uint64{u}, ballots: n}}
	}
	// Parents have smaller positions: every unit is complete when it is
	// handed to its parent.
	for u := len(parents) - 1; u >= 0; u-- {
		parts[u] = mergeSmall(parts[u], minimum)
		if u > 0 {
			p := parents[u]
			parts[p] = append(parts[p], parts[u]...)
		}
	}
	slices.SortFunc(parts[0], func(a, b unitSet) int { return cmp.Compare(a.order(), b.order()) })
	return parts[0]
}

// mergeSmall joins the smallest part that is too small with the smallest other
// one that has casts, until there is none or no other.
func mergeSmall(parts []unitSet, minimum uint64) []unitSet {
	for {
		s := smallest(parts, -1)
		if s < 0 || !parts[s].withheld(minimum) {
			return parts
		}
		t := smallest(parts, s)
		if t < 0 {
			return parts
		}
		parts[t] = unitSet{
			units:   slices.Sorted(slices.Values(slices.Concat(parts[s].units, parts[t].units))),
			ballots: parts[s].ballots + parts[t].ballots,
		}
		parts = slices.Delete(parts, s, s+1)
	}
}

// smallest returns the position of the part with the fewest casts above 0,
// ties by order, leaving out one position; -1 if there is none.
func smallest(parts []unitSet, leaveOut int) int {
	best := -1
	for i, p := range parts {
		if i == leaveOut || p.ballots == 0 {
			continue
		}
		if best < 0 || p.ballots < parts[best].ballots ||
			p.ballots == parts[best].ballots && p.order() < parts[best].order() {
			best = i
		}
	}
	return best
}
