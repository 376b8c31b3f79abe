package group

import (
	"slices"

	"filippo.io/edwards25519"
	fp "github.com/cloudflare/circl/math/fp25519"
)

// affine is a point of the Edwards curve by its affine coordinates x and y and
// their product t: what decoding computes and what batches add fastest.
type affine struct{ x, y, t elt }

// edwards returns the same representative for the arithmetic of edwards25519.
func (a *affine) edwards() *edwards25519.Point {
	p, err := new(edwards25519.Point).SetExtendedCoordinates(element(a.x), element(a.y), one, element(a.t))
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
func (p *extended) affine() affine {
	var a affine
	fp.Mul(&a.x, &p.x, &p.z)
	fp.Mul(&a.y, &p.y, &p.z)
	fp.Mul(&a.t, &a.x, &a.y)
	return a
}
