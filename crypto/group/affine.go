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

// toAffine returns the affine coordinates of points. Those that were decoded
// have them; all others share one inversion (Montgomery's trick). No Z is zero.
func toAffine(points []*Point) []affine {
	out := make([]affine, len(points))
	var computed []int
	var products []field.Element // of all Z before
	acc := new(field.Element).One()
	for i, p := range points {
		if p.a != nil {
			out[i] = *p.a
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
	for k := len(computed) - 1; k >= 0; k-- {
		i := computed[k]
		x, y, z, _ := points[i].edwards().ExtendedCoordinates()
		zInv.Multiply(&products[k], acc)
		acc.Multiply(acc, z)
		out[i].x.Multiply(x, &zInv)
		out[i].y.Multiply(y, &zInv)
		out[i].t.Multiply(&out[i].x, &out[i].y)
	}
	return out
}
