package group

import (
	"math/big"
	"math/rand/v2"
	"slices"
	"testing"

	"filippo.io/edwards25519"
	"filippo.io/edwards25519/field"
	fp "github.com/cloudflare/circl/math/fp25519"
)

var prime = new(big.Int).Sub(new(big.Int).Lsh(big.NewInt(1), 255), big.NewInt(19))

func eltOfInt(n *big.Int) elt {
	e := elt(n.FillBytes(make([]byte, 32)))
	slices.Reverse(e[:])
	return e
}

func intOf(e elt) *big.Int {
	slices.Reverse(e[:])
	return new(big.Int).SetBytes(e[:])
}

// edgeElts are field elements near everything where a reduction carries, up to
// 2^256-1: circl's functions return such.
func edgeElts() []elt {
	var out []elt
	top := new(big.Int).Lsh(big.NewInt(1), 256)
	for _, around := range []*big.Int{new(big.Int), big.NewInt(38), prime, new(big.Int).Lsh(prime, 1),
		new(big.Int).Lsh(big.NewInt(1), 255), top, new(big.Int).Lsh(big.NewInt(1), 64)} {
		for _, d := range []int64{-39, -38, -37, -20, -19, -18, -2, -1, 0, 1, 2, 18, 19, 20, 37, 38, 39} {
			if n := new(big.Int).Add(around, big.NewInt(d)); n.Sign() >= 0 && n.Cmp(top) < 0 {
				out = append(out, eltOfInt(n))
			}
		}
	}
	return out
}

// TestField holds circl's field against integers, at the edges.
func TestField(t *testing.T) {
	elts := edgeElts()
	mod := func(n *big.Int) *big.Int { return n.Mod(n, prime) }
	check := func(what string, x, y, got elt, want *big.Int) {
		if mod(intOf(got)).Cmp(mod(want)) != 0 {
			t.Fatalf("%s of %x and %x is %x", what, x, y, got)
		}
	}
	for _, x := range elts {
		for _, y := range elts {
			var z elt
			a, b := intOf(x), intOf(y)
			fp.Add(&z, &x, &y)
			check("sum", x, y, z, new(big.Int).Add(a, b))
			fp.Sub(&z, &x, &y)
			check("difference", x, y, z, new(big.Int).Sub(a, b))
			fp.Mul(&z, &x, &y)
			check("product", x, y, z, new(big.Int).Mul(a, b))
		}
		var z elt
		fp.Sqr(&z, &x)
		check("square", x, x, z, new(big.Int).Mul(intOf(x), intOf(x)))
		n := mod(intOf(x))
		if got, want := isZero(&x) == 1, n.Sign() == 0; got != want {
			t.Errorf("isZero(%x) is %v", x, got)
		}
		if got, want := isNegative(&x), n.Bit(0); got != want {
			t.Errorf("isNegative(%x) is %d", x, got)
		}
		for cond, sign := range []int64{1, -1} {
			z := x
			negateIf(&z, uint(cond))
			check("negation", x, x, z, new(big.Int).Mul(n, big.NewInt(sign)))
		}
		z = x
		fp.Modp(&z)
		if intOf(z).Cmp(n) != 0 {
			t.Errorf("%x is reduced to %x", x, z)
		}
	}
}

func TestInvertAll(t *testing.T) {
	invertAll(nil)
	var elts, inverses []elt
	for _, e := range edgeElts() {
		if isZero(&e) == 0 {
			elts = append(elts, e)
		}
	}
	inverses = slices.Clone(elts)
	var pointers []*elt
	for i := range inverses {
		pointers = append(pointers, &inverses[i])
	}
	invertAll(pointers)
	for i := range elts {
		if want := new(big.Int).ModInverse(intOf(elts[i]), prime); new(big.Int).Mod(intOf(inverses[i]), prime).Cmp(want) != 0 {
			t.Errorf("inverse of %x is %x", elts[i], inverses[i])
		}
	}
}

// edgePoints are points where an incomplete addition would fail: with torsion
// of every order, negatives of one another, and with a Z other than 1.
func edgePoints(t testing.TB) []*edwards25519.Point {
	t.Helper()
	r := testRandom("edge points")
	points := eightTorsion(t)
	for _, s := range []*Scalar{ScalarFromUint64(1), ScalarFromUint64(2), randomScalar(t, r), randomScalar(t, r)} {
		p := MulBase(s).p
		for _, torsion := range eightTorsion(t) {
			q := new(edwards25519.Point).Add(p, torsion)
			points = append(points, q, new(edwards25519.Point).Negate(q))
		}
	}
	return points
}

// eightTorsion returns the points of order dividing 8.
func eightTorsion(t testing.TB) []*edwards25519.Point {
	t.Helper()
	// Of order 8: see the list of small-order points of Ed25519.
	p, err := new(edwards25519.Point).SetBytes(unhex(t, "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05"))
	if err != nil {
		t.Fatal(err)
	}
	points := []*edwards25519.Point{edwards25519.NewIdentityPoint()}
	for i := range 7 {
		points = append(points, new(edwards25519.Point).Add(points[i], p))
	}
	if q := new(edwards25519.Point).Add(points[7], p); q.Equal(points[0]) != 1 || points[4].Equal(points[0]) == 1 {
		t.Fatal("the point has another order than 8")
	}
	return points
}

// fromPoint returns p with its coordinates multiplied by a random factor.
func fromPoint(p *edwards25519.Point, r *rand.ChaCha8) extended {
	var v extended
	v.set(p)
	factor := eltOne
	for i := range 31 {
		factor[i] = byte(r.Uint64())
	}
	for _, e := range []*elt{&v.x, &v.y, &v.z, &v.t} {
		fp.Mul(e, e, &factor)
	}
	return v
}

// nielsOf returns the niels form of p.
func nielsOf(p *edwards25519.Point) niels {
	return toNiels(nil, []*Point{{p: p}})[0]
}

// TestAddNiels holds the own addition against the library's.
func TestAddNiels(t *testing.T) {
	r := testRandom("niels")
	points := edgePoints(t)
	for i, p := range points {
		for j, q := range points {
			v, n := fromPoint(p, r), nielsOf(q)
			v.addNiels(&n)
			if v.edwards().Equal(new(edwards25519.Point).Add(p, q)) != 1 {
				t.Errorf("the sum of points %d and %d differs", i, j)
			}
		}
	}
}

func TestPointOffTheCurve(t *testing.T) {
	var v extended
	v.set(Base().p)
	v.x[0] ^= 1
	defer func() {
		if recover() == nil {
			t.Error("a point off the curve was taken")
		}
	}()
	v.edwards()
}

// TestDoubled holds the encoding of doubles against encode, in batches with
// the identity at every place.
func TestDoubled(t *testing.T) {
	r := testRandom("doubled")
	points := edgePoints(t)
	for range 200 {
		points = append(points, MulBase(randomScalar(t, r)).p)
	}
	halves := make([]extended, len(points))
	identities := 0
	for i, p := range points {
		halves[i] = fromPoint(p, r)
	}
	for i, d := range doubleAll(halves) {
		want := new(edwards25519.Point).Add(points[i], points[i])
		v := d.point()
		if v.edwards().Equal(want) != 1 {
			t.Errorf("the double of point %d differs", i)
		}
		if got := d.encode(); got != encode(want) {
			t.Errorf("the double of point %d encodes as %x, want %x", i, got, encode(want))
		}
		if equalElements(want, edwards25519.NewIdentityPoint()) == 1 {
			identities++
		}
	}
	if identities < 8 {
		t.Errorf("%d doubles are the identity, the torsion points alone are 8", identities)
	}
	if len(doubleAll(nil)) != 0 {
		t.Error("something is the double of nothing")
	}
	// Alone, and between others.
	for i, p := range points[:16] {
		for place := range 3 {
			batch := []extended{halves[60], halves[61], halves[62]}
			batch[place] = halves[i]
			for k, d := range doubleAll(batch) {
				half := []*edwards25519.Point{points[60], points[61], points[62]}[k]
				if k == place {
					half = p
				}
				if got, want := d.encode(), encode(new(edwards25519.Point).Add(half, half)); got != want {
					t.Errorf("point %d at %d: double %d encodes as %x, want %x", i, place, k, got, want)
				}
			}
		}
	}
}

// TestConstants holds what was converted against its definition.
func TestConstants(t *testing.T) {
	var minusOne, z elt
	fp.Neg(&minusOne, &eltOne)
	if fp.Sqr(&z, &eltSqrtM1); isZero(diff(z, minusOne)) == 0 {
		t.Error("the square root of -1 is wrong")
	}
	fp.Sqr(&z, &eltInvSqrtAMinusD)
	aMinusD := new(field.Element).Subtract(new(field.Element).Negate(one), curveD)
	product := eltOf(aMinusD)
	if fp.Mul(&z, &z, &product); isZero(diff(z, eltOne)) == 0 {
		t.Error("1/sqrt(a-d) is wrong")
	}
}

func diff(x, y elt) *elt {
	fp.Sub(&x, &x, &y)
	return &x
}
