package verifier

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
)

func TestPartition(t *testing.T) {
	// 0 root; 1, 2 regions; 3, 4, 5 in region 1; 6, 7 in region 2; 8 alone.
	parents := []uint64{0, 0, 0, 1, 1, 1, 2, 2, 0}
	for _, c := range []struct {
		name string
		cast map[uint64]uint64
		want string
	}{
		{"all large", map[uint64]uint64{3: 5, 4: 6, 5: 7, 6: 8, 7: 9, 8: 5}, "[3]5 [4]6 [5]7 [6]8 [7]9 [8]5"},
		{"joins the smallest sibling", map[uint64]uint64{3: 2, 4: 9, 5: 6}, "[3 5]8 [4]9"},
		{"ties by order", map[uint64]uint64{3: 7, 4: 2, 5: 7}, "[3 4]9 [5]7"},
		{"two small ones first", map[uint64]uint64{3: 2, 4: 2, 5: 20}, "[3 4 5]24"},
		{"two small ones suffice", map[uint64]uint64{3: 3, 4: 2, 5: 20}, "[3 4]5 [5]20"},
		{"empty ones never join", map[uint64]uint64{3: 0, 4: 2, 5: 9}, "[3]0 [4 5]11"},
		{"too small for the region goes up", map[uint64]uint64{3: 2, 4: 1, 6: 7, 8: 6}, "[3 4 8]9 [6]7"},
		{"no sibling with casts", map[uint64]uint64{3: 2, 4: 0, 6: 7, 8: 0}, "[3 6]9 [4]0 [8]0"},
		{"whole contest too small", map[uint64]uint64{3: 2, 6: 2, 8: 0}, "[3 6]4 [8]0"},
		{"nobody voted", map[uint64]uint64{3: 0, 8: 0}, "[3]0 [8]0"},
		{"one unit", map[uint64]uint64{8: 1}, "[8]1"},
	} {
		got := ""
		for _, p := range partition(parents, c.cast, 5) {
			got += fmt.Sprintf(" %d%d", p.units, p.ballots)
		}
		if got != " "+c.want {
			t.Errorf("%s: %s, want %s", c.name, got, c.want)
		}
	}
	if got := partition([]uint64{0}, map[uint64]uint64{0: 7}, 5); len(got) != 1 || got[0].ballots != 7 {
		t.Errorf("a lone root: %v", got)
	}
}

// TestPartitionProperties holds on random trees what merging is for: every
// leaf is in one part, no casts are lost, nothing small is left beside
// anything, and a large unit is never split or needlessly joined to nothing.
func TestPartitionProperties(t *testing.T) {
	rnd := rand.New(rand.NewPCG(7, 7))
	for range 3000 {
		n := 1 + rnd.IntN(25)
		parents, isParent := make([]uint64, n), make([]bool, n)
		for u := 1; u < n; u++ {
			parents[u] = uint64(rnd.IntN(u))
			isParent[parents[u]] = true
		}
		minimum := uint64(2 + rnd.IntN(6))
		cast, total := map[uint64]uint64{}, uint64(0)
		for u := range n {
			if !isParent[u] && rnd.IntN(5) > 0 {
				cast[uint64(u)] = []uint64{0, 1, minimum - 1, minimum, uint64(rnd.IntN(12))}[rnd.IntN(5)]
				total += cast[uint64(u)]
			}
		}
		parts := partition(parents, cast, minimum)
		seen, sum, withCasts := map[uint64]bool{}, uint64(0), 0
		for i, p := range parts {
			if !slices.IsSorted(p.units) || i > 0 && parts[i-1].order() >= p.order() {
				t.Fatalf("not in order: %v", parts)
			}
			count := uint64(0)
			for _, u := range p.units {
				if seen[u] || len(p.units) > 1 && cast[u] == 0 {
					t.Fatalf("unit %d twice or joined without casts: %v", u, parts)
				}
				seen[u] = true
				count += cast[u]
			}
			if count != p.ballots {
				t.Fatalf("part counts %d, has %d", p.ballots, count)
			}
			sum += count
			if count > 0 {
				withCasts++
			}
		}
		if len(seen) != len(cast) || sum != total {
			t.Fatalf("%d units of %d, %d ballots of %d", len(seen), len(cast), sum, total)
		}
		for _, p := range parts {
			if p.withheld(minimum) && withCasts > 1 {
				t.Fatalf("a part below %d beside others: %v", minimum, parts)
			}
		}
	}
}
