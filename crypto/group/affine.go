package group

import (
	"slices"

	"filippo.io/edwards25519"
	fp "github.com/cloudflare/circl/math/fp25519"
)

// Affine is a point by the affine coordinates of a representative on the Edwards
// curve, 64 bytes: what decoding computes, and what waits to be added up with many
// others, when nothing is left to compute but the addition.
// Where another arithmetic than Edwards computes, x is the encoding and y zero.
type Affine struct{ x, y elt }

// Affine returns p by its affine coordinates.
func (p *Point) Affine() Affine {
	if second() {
		return Affine{x: elt(*p.enc)}
	}
	if p.a != nil {
		return *p.a
	}
	var e extended
	e.set(p.edwards())
	fp.Inv(&e.z, &e.z)
	return e.affine()
}

// Point returns a as a point.
func (a Affine) Point() *Point {
	if !second() {
		return &Point{a: &a}
	}
	p, err := ParsePoint(a.x[:])
	if err != nil {
		panic("group: a point does not decode again: " + err.Error()) // a fault of the arithmetic
	}
	return p
}

// AddAll returns start plus all addends, 9 multiplications of the field each.
func AddAll(start *Point, addends []*Affine) *Point {
	if second() {
		for _, a := range addends {
			start = start.Add(a.Point())
		}
		return start
	}
	var sum extended
	sum.set(start.edwards())
	var n niels
	for _, a := range addends {
		n.set(a)
		sum.addNiels(&n)
	}
	return &Point{p: sum.edwards()}
}

// edwards returns the same representative for the arithmetic of edwards25519.
func (a *Affine) edwards() *edwards25519.Point {
	var t elt
	fp.Mul(&t, &a.x, &a.y)
	p, err := new(edwards25519.Point).SetExtendedCoordinates(element(a.x), element(a.y), one, element(t))
	if err != nil {
		panic("group: a decoded point is not on the curve") // decoding solves the curve's equation
	}
	return p
}

// toNiels returns points in the form that is cheapest to add, in the room of to.
// Those that were decoded have affine coordinates; all others share one inversion.
// No Z is zero.
func toNiels(to []niels, points []*Point) []niels {
	to = slices.Grow(to, len(points))[:len(points)]
	var computed []int
	for i, p := range points {
		if p.a != nil {
			to[i].set(p.a)
		} else {
			computed = append(computed, i)
		}
	}
	extendeds, zs := make([]extended, len(computed)), make([]*elt, len(computed))
	for k, i := range computed {
		extendeds[k].set(points[i].edwards())
		zs[k] = &extendeds[k].z
	}
	invertAll(zs)
	for k, i := range computed {
		a := extendeds[k].affine()
		to[i].set(&a)
	}
	return to
}

// affine returns the affine coordinates of p, whose z is the inverse of its Z.
func (p *extended) affine() Affine {
	var a Affine
	fp.Mul(&a.x, &p.x, &p.z)
	fp.Mul(&a.y, &p.y, &p.z)
	return a
}
