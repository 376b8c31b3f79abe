package group

import (
	"bytes"
	"fmt"
	"math/big"
	"math/rand/v2"
	"slices"
	"testing"

	"filippo.io/edwards25519"
)

// randomPoints returns points as they come in practice: decoded, computed, the
// identity, equal ones and other representatives.
func randomPoints(t testing.TB, r *rand.ChaCha8, n int) []*Point {
	t.Helper()
	torsion := fourTorsion(t)
	points := make([]*Point, n)
	for i := range points {
		p := MulBase(randomScalar(t, r))
		switch r.Uint64() % 6 {
		case 0:
			p = Identity()
		case 1:
			p = &Point{p: new(edwards25519.Point).Add(p.p, torsion[r.Uint64()%4])}
		case 2:
			if i > 0 {
				p = points[i-1]
			}
		case 3, 4:
			var err error
			if p, err = ParsePoint(p.Bytes()); err != nil {
				t.Fatal(err)
			}
		}
		points[i] = p
	}
	return points
}

// TestPippenger holds every window against the library's own sum.
func TestPippenger(t *testing.T) {
	r := testRandom("pippenger")
	for window := 2; window <= maxWindow; window++ {
		for _, n := range []int{1, 2, 50, 300} {
			scalars, pointers := make([]Scalar, n), make([]*Scalar, n)
			for i := range scalars {
				scalars[i] = *randomScalar(t, r)
				pointers[i] = &scalars[i]
			}
			points := randomPoints(t, r, n)
			if want := VarTimeMultiMul(pointers, points); !new(room).pippenger(&terms{points, scalars}, new(terms), window).Equal(want) {
				t.Errorf("window %d, %d points: another sum", window, n)
			}
		}
	}
	if !new(room).varTimeSum(new(terms), new(terms)).IsIdentity() || !new(room).pippenger(new(terms), new(terms), 5).IsIdentity() {
		t.Error("the sum of nothing is not the identity")
	}
}

// TestLongAndShortTerms holds sums of long and short terms against the library's, the weights
// being the largest and the smallest there are and others. Rooms of earlier runs,
// larger and smaller, leave nothing behind.
func TestLongAndShortTerms(t *testing.T) {
	r := testRandom("weights")
	for _, n := range []int{1, 300, 40, 700} {
		for window := 2; window <= maxWindow; window++ {
			long, short := &terms{points: randomPoints(t, r, n)}, &terms{points: randomPoints(t, r, n/2+2)}
			for range long.points {
				long.scalars = append(long.scalars, *randomScalar(t, r))
			}
			short.scalars = new(merger).drawWeights(len(short.points))
			most, err := ParseScalar(append(bytes.Repeat([]byte{0xff}, 16), make([]byte, 16)...))
			if err != nil {
				t.Fatal(err)
			}
			short.scalars[0], short.scalars[1] = *most, Scalar{}
			var pointers []*Scalar
			for _, s := range slices.Concat(long.scalars, short.scalars) {
				pointers = append(pointers, &s)
			}
			want := VarTimeMultiMul(pointers, slices.Concat(long.points, short.points))
			if !new(room).pippenger(long, short, window).Equal(want) || !new(room).varTimeSum(long, short).Equal(want) {
				t.Errorf("window %d, %d points: another sum", window, n)
			}
		}
	}
}

// TestEdgeScalars are those whose digits carry or vanish.
func TestEdgeScalars(t *testing.T) {
	p := MulBase(ScalarFromUint64(12345))
	minusOne := ScalarFromUint64(1).Neg()
	edges := []*Scalar{new(Scalar), ScalarFromUint64(1), minusOne, minusOne.Sub(ScalarFromUint64(1))}
	for _, bit := range []uint{10, 11, 12, 63, 64, 127, 128, 251, 252} {
		power := new(big.Int).Lsh(big.NewInt(1), bit)
		for _, n := range []*big.Int{power, new(big.Int).Sub(power, big.NewInt(1))} {
			s, err := ParseScalar(encodeInt(n))
			if err != nil {
				t.Fatal(err)
			}
			edges = append(edges, s, s.Neg())
		}
	}
	for window := 2; window <= maxWindow; window++ {
		for _, s := range edges {
			if !new(room).pippenger(&terms{[]*Point{p}, []Scalar{*s}}, new(terms), window).Equal(p.Mul(s)) {
				t.Errorf("window %d: %x times a point is another one", window, s.Bytes())
			}
		}
	}
}

// TestExtendedArithmetic holds additions in own coordinates against the
// library's, over all pairs of edge points, doubling among them.
func TestExtendedArithmetic(t *testing.T) {
	r := testRandom("extended")
	points := append(randomPoints(t, r, 12), Identity(), Base(), Base().Neg())
	for _, torsion := range fourTorsion(t) {
		points = append(points, &Point{p: torsion})
	}
	table := toNiels(nil, points)
	for i, p := range points {
		var start extended
		start.setIdentity()
		n := table[i]
		start.addNiels(&n)
		if start.edwards().Equal(p.edwards()) != 1 {
			t.Fatalf("point %d: identity + p is not p", i)
		}
		for j, q := range points {
			n = table[j]
			sum, difference, full, other := start, start, start, extended{}
			other.setIdentity()
			other.addNiels(&n)
			sum.addNiels(&n)
			difference.addSigned(&n, 1)
			full.add(&other)
			var alone, negative extended
			alone.setNiels(&n, false)
			negative.setNiels(&n, true)
			if alone.edwards().Equal(q.edwards()) != 1 || negative.edwards().Equal(new(edwards25519.Point).Negate(q.edwards())) != 1 {
				t.Errorf("point %d: another one when it is the first of its bucket", j)
			}
			want := new(edwards25519.Point).Add(p.edwards(), q.edwards())
			if sum.edwards().Equal(want) != 1 || full.edwards().Equal(want) != 1 {
				t.Errorf("points %d and %d: another sum", i, j)
			}
			if difference.edwards().Equal(new(edwards25519.Point).Subtract(p.edwards(), q.edwards())) != 1 {
				t.Errorf("points %d and %d: another difference", i, j)
			}
		}
	}
}

// BenchmarkSum is the sum of n products, by the point.
func BenchmarkSum(b *testing.B) {
	for _, n := range []int{100, 190, 400, 1600, 6400, 12800, 25600, 51200} {
		scalars, pointers, points := make([]Scalar, n), make([]*Scalar, n), make([]*Point, n)
		for i := range points {
			scalars[i] = *RandomScalar()
			pointers[i] = &scalars[i]
			points[i], _ = ParsePoint(MulBase(RandomScalar()).Bytes())
		}
		perPoint := func(b *testing.B) {
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*n), "ns/point")
		}
		b.Run(fmt.Sprintf("library/%d", n), func(b *testing.B) {
			for b.Loop() {
				VarTimeMultiMul(pointers, points)
			}
			perPoint(b)
		})
		b.Run(fmt.Sprintf("pippenger/%d", n), func(b *testing.B) {
			for b.Loop() {
				new(room).pippenger(&terms{points, scalars}, new(terms), windowFor(n, 0))
			}
			perPoint(b)
		})
	}
}
