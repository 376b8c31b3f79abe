package group

import (
	"filippo.io/edwards25519"
	"filippo.io/edwards25519/field"
)

// affine is a point of the Edwards curve by its affine coordinates x and y and
// their product t: what decoding computes and what batches add fastest.
type affine struct{ x, y, t field.Element }

// edwards returns the same representative for the arithmetic of edwards25519.
func (a *affine) edwards() *edwards25519.Point {
	p, err := new(edwards25519.Point).SetExtendedCoordinates(&a.x, &a.y, one, &a.t)
	if err != nil {
		panic("group: a decoded point is not on the curve") // decoding solves the curve's equation
	}
	return p
}

// toNiels returns points in the form that is cheapest to add. Those that were
// decoded have affine coordinates; all others share one inversion (Montgomery's
// trick). No Z is zero.
func toNiels(points []*Point) []niels {
	out := make([]niels, len(points))
	var computed []int
	var products []field.Element // of all Z before
	acc := new(field.Element).One()
	for i, p := range points {
		if p.a != nil {
			out[i].set(p.a)
			continue
		}
		_, _, z, _ := p.edwards().ExtendedCoordinates()
		computed, products = append(computed, i), append(products, *acc)
		acc.Multiply(acc, z)
	}
	if len(computed) == 0 {
		return out
	}
	acc.Invert(acc)
	var zInv field.Element
	var a affine
	for k := len(computed) - 1; k >= 0; k-- {
		i := computed[k]
		x, y, z, _ := points[i].edwards().ExtendedCoordinates()
		zInv.Multiply(&products[k], acc)
		acc.Multiply(acc, z)
		a.x.Multiply(x, &zInv)
		a.y.Multiply(y, &zInv)
		a.t.Multiply(&a.x, &a.y)
		out[i].set(&a)
	}
	return out
}
