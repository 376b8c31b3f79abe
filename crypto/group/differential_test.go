package group

import (
	"bytes"
	"math/rand/v2"
	"testing"

	"filippo.io/edwards25519"
	circl "github.com/cloudflare/circl/group"
	"github.com/gtank/ristretto255"
)

// testRandom is a stream that repeats.
func testRandom(name string) *rand.ChaCha8 {
	var seed [32]byte
	copy(seed[:], name)
	return rand.NewChaCha8(seed)
}

// randomScalar returns a scalar, weighted towards edge values.
func randomScalar(t testing.TB, r *rand.ChaCha8) *Scalar {
	t.Helper()
	s, err := RandomScalarFrom(r)
	if err != nil {
		t.Fatal(err)
	}
	switch r.Uint64() % 8 {
	case 0:
		s = ScalarFromUint64(r.Uint64() % 20)
	case 1:
		s = ScalarFromUint64(r.Uint64() % 20).Neg()
	}
	return s
}

// TestAgainstOtherRistrettos computes the same expressions with two other
// implementations and compares every encoding.
func TestAgainstOtherRistrettos(t *testing.T) {
	r := testRandom("other ristrettos")
	suite := circl.Ristretto255
	for range 300 {
		a, b := randomScalar(t, r), randomScalar(t, r)

		ga, gb := new(ristretto255.Scalar), new(ristretto255.Scalar)
		ca, cb := suite.NewScalar(), suite.NewScalar()
		for _, x := range []struct {
			from *Scalar
			g    *ristretto255.Scalar
			c    circl.Scalar
		}{{a, ga, ca}, {b, gb, cb}} {
			if _, err := x.g.SetCanonicalBytes(x.from.Bytes()); err != nil {
				t.Fatal(err)
			}
			if err := x.c.UnmarshalBinary(x.from.Bytes()); err != nil {
				t.Fatal(err)
			}
		}
		compareScalar := func(what string, ours *Scalar, g *ristretto255.Scalar, c circl.Scalar) {
			t.Helper()
			cBytes, err := c.MarshalBinary()
			if err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(ours.Bytes(), g.Bytes()) || !bytes.Equal(ours.Bytes(), cBytes) {
				t.Fatalf("%s of %x and %x: %x, gtank %x, circl %x", what, a.Bytes(), b.Bytes(), ours.Bytes(), g.Bytes(), cBytes)
			}
		}
		compareScalar("sum", a.Add(b), new(ristretto255.Scalar).Add(ga, gb), suite.NewScalar().Add(ca, cb))
		compareScalar("difference", a.Sub(b), new(ristretto255.Scalar).Subtract(ga, gb), suite.NewScalar().Sub(ca, cb))
		compareScalar("product", a.Mul(b), new(ristretto255.Scalar).Multiply(ga, gb), suite.NewScalar().Mul(ca, cb))
		if !a.IsZero() {
			compareScalar("inverse", a.Invert(), new(ristretto255.Scalar).Invert(ga), suite.NewScalar().Inv(ca))
		}

		compare := func(what string, ours *Point, g *ristretto255.Element, c circl.Element) {
			t.Helper()
			cBytes, err := c.MarshalBinary()
			if err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(ours.Bytes(), g.Bytes()) || !bytes.Equal(ours.Bytes(), cBytes) {
				t.Fatalf("%s of %x and %x: %x, gtank %x, circl %x", what, a.Bytes(), b.Bytes(), ours.Bytes(), g.Bytes(), cBytes)
			}
		}
		pa, pb := MulBase(a), MulBase(b)
		gpa, gpb := new(ristretto255.Element).ScalarBaseMult(ga), new(ristretto255.Element).ScalarBaseMult(gb)
		cpa, cpb := suite.NewElement().MulGen(ca), suite.NewElement().MulGen(cb)
		compare("MulBase", pa, gpa, cpa)
		compare("Add", pa.Add(pb), new(ristretto255.Element).Add(gpa, gpb), suite.NewElement().Add(cpa, cpb))
		compare("Neg", pa.Neg(), new(ristretto255.Element).Negate(gpa), suite.NewElement().Neg(cpa))
		compare("Sub", pa.Sub(pb), new(ristretto255.Element).Subtract(gpa, gpb),
			suite.NewElement().Add(cpa, suite.NewElement().Neg(cpb)))
		compare("Mul", pa.Mul(b), new(ristretto255.Element).ScalarMult(gb, gpa), suite.NewElement().Mul(cpa, cb))
		compare("VarTimeMultiMul", VarTimeMultiMul([]*Scalar{b, a}, []*Point{pa, pb}),
			new(ristretto255.Element).VarTimeMultiScalarMult(
				[]*ristretto255.Scalar{gb, ga}, []*ristretto255.Element{gpa, gpb}),
			suite.NewElement().Add(suite.NewElement().Mul(cpa, cb), suite.NewElement().Mul(cpb, ca)))
	}
}

// TestRandomStringsAgainstOtherRistretto decodes what nobody encoded: both
// must take the same strings, about one in sixteen.
func TestRandomStringsAgainstOtherRistretto(t *testing.T) {
	r := testRandom("random strings")
	taken := 0
	for range 4000 {
		b := make([]byte, PointSize)
		if _, err := r.Read(b); err != nil {
			t.Fatal(err)
		}
		b[0] &^= 1 // non-negative and below 2^255: half the refusals are elsewhere
		b[31] &= 0x7f
		p, err := ParsePoint(b)
		if _, theirs := new(ristretto255.Element).SetCanonicalBytes(b); (err == nil) != (theirs == nil) {
			t.Fatalf("%x: our error is %v, gtank's %v", b, err, theirs)
		}
		if err != nil {
			continue
		}
		taken++
		fresh := &Point{p: p.edwards()} // without the remembered encoding
		if !bytes.Equal(fresh.Bytes(), b) {
			t.Fatalf("%x encodes again as %x", b, fresh.Bytes())
		}
	}
	if taken < 500 || taken > 1500 {
		t.Errorf("%d of 4000 random strings were taken", taken)
	}
}

// fourTorsion returns the four points of order dividing 4 of the Edwards
// curve: adding one gives another representative of the same element.
func fourTorsion(t testing.TB) []*edwards25519.Point {
	t.Helper()
	var points []*edwards25519.Point
	for _, s := range []string{
		"0100000000000000000000000000000000000000000000000000000000000000", // (0, 1)
		"ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f", // (0, -1)
		"0000000000000000000000000000000000000000000000000000000000000000", // (sqrt(-1), 0)
		"0000000000000000000000000000000000000000000000000000000000000080", // (-sqrt(-1), 0)
	} {
		p, err := new(edwards25519.Point).SetBytes(unhex(t, s))
		if err != nil {
			t.Fatal(err)
		}
		points = append(points, p)
	}
	return points
}

func TestTorsionIsInvisible(t *testing.T) {
	r := testRandom("torsion")
	for _, p := range []*Point{Identity(), Base(), MulBase(randomScalar(t, r)), MulBase(ScalarFromUint64(1).Neg())} {
		want := p.Bytes()
		other := p.Add(MulBase(ScalarFromUint64(77)))
		differ := 0
		for i, torsion := range fourTorsion(t) {
			q := &Point{p: new(edwards25519.Point).Add(p.edwards(), torsion)}
			if q.p.Equal(p.edwards()) == 0 {
				differ++ // the Edwards comparison would have been wrong
			}
			if !q.Equal(p) || !p.Equal(q) {
				t.Errorf("representative %d is not equal", i)
			}
			if !bytes.Equal(q.Bytes(), want) {
				t.Errorf("representative %d encodes as %x, want %x", i, q.Bytes(), want)
			}
			if q.IsIdentity() != p.IsIdentity() {
				t.Errorf("representative %d: IsIdentity is %v", i, q.IsIdentity())
			}
			if q.Equal(other) {
				t.Errorf("representative %d equals another element", i)
			}
			s := randomScalar(t, r)
			if !q.Mul(s).Equal(p.Mul(s)) || !NewTable(q).Mul(s).Equal(p.Mul(s)) ||
				!VarTimeMultiMul([]*Scalar{s}, []*Point{q}).Equal(p.Mul(s)) {
				t.Errorf("representative %d has another multiple", i)
			}
		}
		if differ != 3 {
			t.Errorf("%d representatives differ as Edwards points, want 3", differ)
		}
	}
}
