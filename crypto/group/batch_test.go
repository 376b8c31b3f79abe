package group

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

// batchOf returns items of true equations over decoded points, some of which are
// about a combination, and a corrupted copy by position of item.
func batchOf(t testing.TB, k *Point, items int) [][]Equation {
	t.Helper()
	r := testRandom("batch")
	out := make([][]Equation, items)
	shared := MulBase(randomScalar(t, r))
	for i := range out {
		out[i] = itemOf(t, r, k, shared, i)
	}
	return out
}

// itemOf returns three equations: one of a key that all items share, and two of
// a combination of three points, as a proof has them.
func itemOf(t testing.TB, r *rand.ChaCha8, k, shared *Point, i int) []Equation {
	t.Helper()
	decoded := func(s *Scalar) *Point {
		p, err := ParsePoint(MulBase(s).Bytes())
		if err != nil {
			t.Fatal(err)
		}
		return p
	}
	random := func() *Scalar { // no edge values: a corruption must not change nothing
		s, err := RandomScalarFrom(r)
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	var scalars, logs []*Scalar
	var points []*Point
	total := new(Scalar)
	for range 3 {
		w, x := random(), random()
		scalars, logs, points = append(scalars, w), append(logs, x), append(points, decoded(x))
		total = total.Add(w.Mul(x))
	}
	sum, plain := VarTimeCombination(scalars, points), VarTimeCombination(nil, points)
	nonce, c, y := random(), random(), random()
	name := func(part string) string { return fmt.Sprintf("item %d, %s:", i, part) }
	return []Equation{
		{Label: name("key"), KeyCoeff: y, Terms: []Term{{c, shared}, {nil, k.Mul(y).Sub(shared.Mul(c))}}},
		{Label: name("weighted"), BaseCoeff: nonce.Add(c.Mul(total)), Terms: []Term{{nil, decoded(nonce)}, {c, sum}}},
		{Label: name("plain"), BaseCoeff: logs[0].Add(logs[1]).Add(logs[2]), Terms: []Term{{nil, plain}}},
	}
}

func TestBatchHolds(t *testing.T) {
	k := MulBase(ScalarFromUint64(99))
	for _, n := range []int{0, 1, 2, 3, 200} {
		for i, err := range new(Batch).VarTimeCheck(batchOf(t, k, n), k) {
			if err != nil {
				t.Errorf("%d items: item %d: %v", n, i, err)
			}
		}
	}
}

// TestBatchNamesEveryFault corrupts random sets of items, each in one of its
// equations, and wants exactly those back, with the error that one-by-one
// checking gives.
func TestBatchNamesEveryFault(t *testing.T) {
	k, one := MulBase(ScalarFromUint64(99)), ScalarFromUint64(1)
	corruptions := []func(item []Equation) (label string){
		func(item []Equation) string { item[0].KeyCoeff = item[0].KeyCoeff.Add(one); return "key" },
		func(item []Equation) string { item[0].Terms[0].Scalar = nil; return "key" },
		func(item []Equation) string { item[1].BaseCoeff = nil; return "weighted" },
		func(item []Equation) string {
			item[1].Terms[0].Point = item[1].Terms[0].Point.Add(Base())
			return "weighted"
		},
		func(item []Equation) string {
			sum := item[1].Terms[1].Point.sum
			item[1].Terms[1].Point = VarTimeCombination([]*Scalar{sum.scalars[1], sum.scalars[0], sum.scalars[2]}, sum.points)
			return "weighted"
		},
		func(item []Equation) string { item[2].Terms = append(item[2].Terms, item[2].Terms[0]); return "plain" },
		func(item []Equation) string {
			item[2].Terms[0].Point = VarTimeCombination(nil, item[2].Terms[0].Point.sum.points[:2])
			return "plain"
		},
	}
	r := rand.New(testRandom("faults"))
	for round := range 12 {
		n := 1 + r.IntN(60)
		items := batchOf(t, k, n)
		bad := map[int]string{}
		for range r.IntN(n + 1) {
			at, c := r.IntN(n), r.IntN(len(corruptions))
			if bad[at] == "" {
				bad[at] = corruptions[c](items[at])
			}
		}
		for i, err := range new(Batch).VarTimeCheck(items, k) {
			want := VarTimeCheckAll(items[i], k)
			if (err == nil) != (bad[i] == "") || (err == nil) != (want == nil) {
				t.Fatalf("round %d, item %d of %d: error is %v, one by one %v, corrupted %q", round, i, n, err, want, bad[i])
			}
			if err == nil {
				continue
			}
			if !errors.Is(err, ErrEquation) || err.Error() != want.Error() || !strings.Contains(err.Error(), bad[i]+":") {
				t.Fatalf("round %d, item %d: error is %v, one by one %v", round, i, err, want)
			}
		}
	}
}

// TestBatchFaultsThatCancel has one item take what another gives: a plain sum
// of all equations would hold.
func TestBatchFaultsThatCancel(t *testing.T) {
	k, d := MulBase(ScalarFromUint64(99)), ScalarFromUint64(5)
	items := batchOf(t, k, 8)
	items[1][1].BaseCoeff = items[1][1].BaseCoeff.Add(d)
	items[6][1].BaseCoeff = items[6][1].BaseCoeff.Sub(d)
	for range 20 {
		for i, err := range new(Batch).VarTimeCheck(items, k) {
			if (err != nil) != (i == 1 || i == 6) {
				t.Fatalf("item %d: error is %v", i, err)
			}
		}
	}
}

// TestBatchWithoutKey: items that need a joint key and have none fail by name,
// and the others are judged all the same.
func TestBatchWithoutKey(t *testing.T) {
	items := batchOf(t, Base(), 4)
	for i := range items {
		if i != 2 {
			items[i] = items[i][1:]
		}
	}
	for i, err := range new(Batch).VarTimeCheck(items, nil) {
		if (err != nil) != (i == 2) || err != nil && !strings.HasPrefix(err.Error(), "item 2, key: needs a joint key") {
			t.Errorf("item %d: error is %v", i, err)
		}
	}
}

// TestNestedCombination: a combination of combinations is one as well.
func TestNestedCombination(t *testing.T) {
	r := testRandom("nested")
	a, b := randomScalar(t, r), randomScalar(t, r)
	inner := VarTimeCombination([]*Scalar{a}, []*Point{MulBase(b)})
	outer := VarTimeCombination([]*Scalar{b, a}, []*Point{inner, Base()})
	want := a.Mul(b).Mul(b).Add(a)
	if !outer.Equal(MulBase(want)) || !slices.Equal(outer.Bytes(), MulBase(want).Bytes()) {
		t.Error("the combination has another value")
	}
	good := []Equation{{Label: "nested", BaseCoeff: want, Terms: []Term{{nil, outer}}}}
	if err := VarTimeCheckTogether(good, nil); err != nil {
		t.Error(err)
	}
	good[0].Terms = append(good[0].Terms, Term{nil, inner})
	if err := VarTimeCheckTogether(good, nil); !errors.Is(err, ErrEquation) {
		t.Errorf("error is %v", err)
	}
}

// TestWeights: none repeats, none is short by more than chance allows, and none
// is longer than 128 bits.
func TestWeights(t *testing.T) {
	var or, and [ScalarSize]byte
	for i := range and {
		and[i] = 0xff
	}
	seen := map[[ScalarSize]byte]bool{}
	for _, w := range new(merger).drawWeights(300) {
		b := [ScalarSize]byte(w.Bytes())
		if seen[b] {
			t.Fatal("a weight repeats")
		}
		seen[b] = true
		for i := range b {
			or[i] |= b[i]
			and[i] &= b[i]
		}
	}
	for i := range or {
		if want := byte(0xff); i < 16 && (or[i] != want || and[i] != 0) || i >= 16 && or[i] != 0 {
			t.Errorf("byte %d of weights is %08b in some and %08b in all", i, or[i], and[i])
		}
	}
}

// TestBatchAgain: what was checked before changes nothing, and is not kept.
func TestBatchAgain(t *testing.T) {
	k := MulBase(ScalarFromUint64(99))
	var b Batch
	for round, tc := range []struct {
		items int
		bad   bool
		key   *Point
	}{{200, false, k}, {200, true, k}, {3, false, k}, {3, false, nil}, {3, true, k}, {200, false, k}, {1, false, k}} {
		items := batchOf(t, k, tc.items)
		if tc.bad {
			items[1][2].BaseCoeff = items[1][2].BaseCoeff.Add(ScalarFromUint64(1))
		}
		for i, err := range b.VarTimeCheck(items, tc.key) {
			if want := tc.bad && i == 1 || tc.key == nil; (err != nil) != want {
				t.Errorf("round %d, item %d: error is %v", round, i, err)
			}
		}
		m := &b.merger
		kept := len(m.place)
		for _, list := range [][]*Point{m.long.points, m.short.points} {
			for _, p := range list[:cap(list)] {
				if p != nil {
					kept++
				}
			}
		}
		for _, o := range m.open[:cap(m.open)] {
			if o.point != nil {
				kept++
			}
		}
		if kept > 0 {
			t.Errorf("round %d: %d points are kept", round, kept)
		}
	}
}
