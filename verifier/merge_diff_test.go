package verifier

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"rollcall/bulletin/entry"
	"rollcall/tally/merge"
)

// TestPartitionAgrees holds this package's merging against the board's, each
// written from SPEC.md, section 12, on random trees with many small and equal
// counts.
func TestPartitionAgrees(t *testing.T) {
	r := rand.New(rand.NewPCG(12, 1))
	for range 5000 {
		m := &entry.Manifest{Minimum: 2 + r.Uint64N(9)}
		var parents []uint64
		for i := range 1 + r.IntN(60) {
			p := r.Uint64N(uint64(max(i, 1)))
			parents = append(parents, p)
			m.Units = append(m.Units, entry.Unit{Parent: p})
		}
		contest, cast, here := &entry.Contest{}, make([]uint64, len(parents)), map[uint64]uint64{}
		for u := range uint64(len(parents)) {
			if !m.IsLeaf(u) {
				continue
			}
			cast[u] = r.Uint64N(1 + r.Uint64N(2*m.Minimum))
			if r.IntN(6) > 0 || len(contest.Units) == 0 {
				contest.Units, here[u] = append(contest.Units, u), cast[u]
			}
		}
		var theirs []unitSet
		for _, p := range merge.Partition(m, contest, cast) {
			theirs = append(theirs, unitSet{p.Units, p.Ballots})
		}
		mine := partition(parents, here, m.Minimum)
		if !slices.EqualFunc(mine, theirs, func(a, b unitSet) bool { return slices.Equal(a.units, b.units) && a.ballots == b.ballots }) {
			t.Fatalf("minimum %d, parents %v, cast %v: %s, the board says %s", m.Minimum, parents, here, fmt.Sprint(mine), fmt.Sprint(theirs))
		}
	}
}
