package merge

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"rollcall/bulletin/entry"
)

// tree makes a manifest of the parents of its units; unit 0 is the root.
func tree(minimum uint64, parents ...uint64) *entry.Manifest {
	m := &entry.Manifest{Minimum: minimum}
	for _, p := range parents {
		m.Units = append(m.Units, entry.Unit{Parent: p})
	}
	return m
}

// leaves are all leaf units of a manifest.
func leaves(m *entry.Manifest) []uint64 {
	var list []uint64
	for u := range uint64(len(m.Units)) {
		if m.IsLeaf(u) {
			list = append(list, u)
		}
	}
	return list
}

func format(parts []Part) string {
	var s []string
	for _, p := range parts {
		s = append(s, fmt.Sprintf("%v:%d", p.Units, p.Ballots))
	}
	return strings.Join(s, " ")
}

// TestPartition works the rule of SPEC.md, section 12, out by hand.
func TestPartition(t *testing.T) {
	flat := tree(5, 0, 0, 0, 0)             // 0: 1 2 3
	nested := tree(5, 0, 0, 0, 1, 1, 2, 2)  // 0: 1(3 4) 2(5 6)
	deep := tree(5, 0, 0, 1, 2, 3, 0)       // 0: 1: 2: 3: 4, and 5
	mixed := tree(5, 0, 0, 0, 2, 2, 0)      // 0: 1 2(3 4) 5
	crossed := tree(5, 0, 0, 0, 1, 2, 1, 2) // 0: 1(3 5) 2(4 6)
	for _, c := range []struct {
		name  string
		m     *entry.Manifest
		units []uint64 // all leaves if nil
		cast  []uint64
		want  string
	}{
		{"nothing to do", flat, nil, []uint64{0, 5, 6, 7}, "[1]:5 [2]:6 [3]:7"},
		{"exactly the minimum", flat, nil, []uint64{0, 5, 5, 5}, "[1]:5 [2]:5 [3]:5"},
		{"one below joins the smallest", flat, nil, []uint64{0, 4, 9, 8}, "[1 3]:12 [2]:9"},
		{"tie of the small ones by order", flat, nil, []uint64{0, 4, 4, 4}, "[1 2 3]:12"},
		{"tie of the partners by order", flat, nil, []uint64{0, 7, 2, 7}, "[1 2]:9 [3]:7"},
		{"two small ones suffice for each other", flat, nil, []uint64{0, 2, 3, 9}, "[1 2]:5 [3]:9"},
		{"chain", flat, nil, []uint64{0, 1, 1, 9}, "[1 2 3]:11"},
		{"chain stops when large enough", tree(5, 0, 0, 0, 0, 0), nil, []uint64{0, 1, 2, 3, 9}, "[1 2 3]:6 [4]:9"},
		{"all empty", flat, nil, []uint64{0, 0, 0, 0}, "[1]:0 [2]:0 [3]:0"},
		{"empty ones neither join nor are joined", flat, nil, []uint64{0, 0, 3, 4}, "[1]:0 [2 3]:7"},
		{"one with casts, too few", flat, nil, []uint64{0, 0, 4, 0}, "[1]:0 [2]:4 [3]:0"},
		{"one with casts, enough", flat, nil, []uint64{0, 0, 5, 0}, "[1]:0 [2]:5 [3]:0"},
		{"root too small", flat, nil, []uint64{0, 1, 1, 1}, "[1 2 3]:3"},
		{"contest in two units of three", flat, []uint64{1, 3}, []uint64{0, 4, 100, 9}, "[1 3]:13"},
		{"contest in one unit", flat, []uint64{2}, []uint64{0, 9, 1, 9}, "[2]:1"},
		{"a lone root", tree(5, 0), nil, []uint64{4}, "[0]:4"},

		{"sisters first", nested, nil, []uint64{0, 0, 0, 2, 9, 3, 3}, "[3 4]:11 [5 6]:6"},
		{"sisters, not the smaller cousin", nested, nil, []uint64{0, 0, 0, 2, 90, 5, 5}, "[3 4]:92 [5]:5 [6]:5"},
		{"a family too small joins a cousin", nested, nil, []uint64{0, 0, 0, 2, 2, 9, 8}, "[3 4 6]:12 [5]:9"},
		{"two families too small", nested, nil, []uint64{0, 0, 0, 1, 1, 1, 1}, "[3 4 5 6]:4"},
		{"no sister with casts: cousin", nested, nil, []uint64{0, 0, 0, 2, 0, 9, 8}, "[3 6]:10 [4]:0 [5]:9"},
		{"contest in one family", nested, []uint64{5, 6}, []uint64{0, 0, 0, 9, 9, 1, 9}, "[5 6]:10"},
		{"contest in one of each family", nested, []uint64{4, 5}, []uint64{0, 0, 0, 9, 2, 4, 9}, "[4 5]:6"},
		{"one child each, down to the leaf", deep, nil, []uint64{0, 0, 0, 0, 3, 9}, "[4 5]:12"},
		{"leaf beside a family", mixed, nil, []uint64{0, 3, 0, 1, 2, 9}, "[1 3 4]:6 [5]:9"},
		{"order by smallest leaf", mixed, nil, []uint64{0, 9, 0, 1, 9, 2}, "[1 5]:11 [3 4]:10"},
		{"families that interleave", crossed, nil, []uint64{0, 0, 0, 2, 2, 3, 3}, "[3 5]:5 [4 6]:5"},
	} {
		t.Run(c.name, func(t *testing.T) {
			units := c.units
			if units == nil {
				units = leaves(c.m)
			}
			before := slices.Clone(c.cast)
			got := Partition(c.m, &entry.Contest{Units: units}, c.cast)
			if format(got) != c.want {
				t.Errorf("%s, want %s", format(got), c.want)
			}
			if !slices.Equal(c.cast, before) {
				t.Error("the counts have changed")
			}
		})
	}
}

// random draws a tree, a contest and counts, many of them small and equal.
func random(r *rand.Rand) (*entry.Manifest, *entry.Contest, []uint64) {
	m := &entry.Manifest{Minimum: 2 + r.Uint64N(9)}
	for i := range 1 + r.IntN(40) {
		m.Units = append(m.Units, entry.Unit{Parent: r.Uint64N(uint64(max(i, 1)))})
	}
	c := &entry.Contest{}
	for _, u := range leaves(m) {
		if r.IntN(5) > 0 {
			c.Units = append(c.Units, u)
		}
	}
	if len(c.Units) == 0 {
		c.Units = leaves(m)
	}
	cast := make([]uint64, len(m.Units))
	for _, u := range leaves(m) {
		cast[u] = r.Uint64N(1 + r.Uint64N(2*m.Minimum))
	}
	return m, c, cast
}

// TestProperties holds what must be true of every partition.
func TestProperties(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 1))
	for range 3000 {
		m, c, cast := random(r)
		parts := Partition(m, c, cast)
		var all []uint64
		withCasts, small := 0, 0
		for i, p := range parts {
			sum := uint64(0)
			for _, u := range p.Units {
				sum += cast[u]
			}
			if sum != p.Ballots || !slices.IsSorted(p.Units) {
				t.Fatalf("part %v has %d ballots, want %d", p.Units, p.Ballots, sum)
			}
			if p.Ballots == 0 && len(p.Units) != 1 {
				t.Fatalf("empty units are joined: %v", p.Units)
			}
			if i > 0 && parts[i-1].Units[0] >= p.Units[0] {
				t.Fatalf("parts out of order: %s", format(parts))
			}
			if p.Ballots > 0 {
				withCasts++
			}
			if p.Withheld(m.Minimum) {
				small++
			}
			all = append(all, p.Units...)
		}
		slices.Sort(all)
		if !slices.Equal(all, c.Units) {
			t.Fatalf("units %v, the contest is asked in %v", all, c.Units)
		}
		if small > 0 && withCasts > 1 {
			t.Fatalf("a part below %d beside others: %s", m.Minimum, format(parts))
		}
		if again := Partition(m, c, cast); format(again) != format(parts) {
			t.Fatalf("%s, then %s", format(parts), format(again))
		}
	}
}

// TestIdempotent merges once more what has been merged: nothing is left to do.
func TestIdempotent(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 2))
	for range 1000 {
		m, c, cast := random(r)
		parts := Partition(m, c, cast)
		if again := join(slices.Clone(parts), m.Minimum); format(again) != format(parts) {
			t.Fatalf("%s, joined again %s", format(parts), format(again))
		}
	}
}

// TestNaive compares with the words of SPEC.md, section 12, written down once
// more with sets: slow, and with nothing in common.
func TestNaive(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 3))
	for range 3000 {
		m, c, cast := random(r)
		got, want := format(Partition(m, c, cast)), naive(m, c, cast)
		if got != want {
			t.Fatalf("minimum %d, cast %v, units %v: %s, want %s", m.Minimum, cast, c.Units, got, want)
		}
	}
}

// group is a set of leaves, as a map, in the naive implementation.
type group map[uint64]bool

func (g group) key(cast []uint64) (count, order uint64) {
	order = 1 << 62
	for u := range g {
		count, order = count+cast[u], min(order, u)
	}
	return count, order
}

func naive(m *entry.Manifest, c *entry.Contest, cast []uint64) string {
	of := make([][]group, len(m.Units)) // parts(u)
	for u := len(m.Units) - 1; u >= 0; u-- {
		if m.IsLeaf(uint64(u)) && slices.Contains(c.Units, uint64(u)) {
			of[u] = []group{{uint64(u): true}}
		}
		if !m.IsLeaf(uint64(u)) {
			of[u] = naiveJoin(of[u], m.Minimum, cast)
		}
		if p := m.Units[u].Parent; u > 0 {
			of[p] = append(of[p], of[u]...)
		}
	}
	byOrder := map[uint64]group{}
	var orders []uint64
	for _, g := range of[0] {
		_, o := g.key(cast)
		byOrder[o], orders = g, append(orders, o)
	}
	slices.Sort(orders)
	var parts []Part
	for _, o := range orders {
		p := Part{}
		for u := range byOrder[o] {
			p.Units = append(p.Units, u)
		}
		slices.Sort(p.Units)
		p.Ballots, _ = byOrder[o].key(cast)
		parts = append(parts, p)
	}
	return format(parts)
}

func naiveJoin(list []group, minimum uint64, cast []uint64) []group {
	for {
		// All parts with casts, by count and then order.
		slices.SortFunc(list, func(a, b group) int {
			ac, ao := a.key(cast)
			bc, bo := b.key(cast)
			if ac != bc {
				return int(ac) - int(bc)
			}
			return int(ao) - int(bo)
		})
		first := slices.IndexFunc(list, func(g group) bool { n, _ := g.key(cast); return n > 0 })
		if first < 0 || first+1 >= len(list) {
			return list
		}
		if n, _ := list[first].key(cast); n >= minimum {
			return list
		}
		for u := range list[first] {
			list[first+1][u] = true
		}
		list = slices.Delete(list, first, first+1)
	}
}
