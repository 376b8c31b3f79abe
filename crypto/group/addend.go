package group

import (
	"filippo.io/edwards25519/field"
)

// Addend is a point that waits to be added up with many others: 80 bytes, and
// nothing is left to compute but the addition.
type Addend struct{ x, y field.Element }

// Addend returns p as an addend.
func (p *Point) Addend() Addend {
	if p.a != nil {
		return Addend{p.a.x, p.a.y}
	}
	var a Addend
	x, y, z, _ := p.edwards().ExtendedCoordinates()
	z.Invert(z)
	a.x.Multiply(x, z)
	a.y.Multiply(y, z)
	return a
}

// Point returns the addend as a point.
func (a *Addend) Point() *Point {
	p := &affine{x: a.x, y: a.y}
	p.t.Multiply(&p.x, &p.y)
	return &Point{a: p}
}

// AddAll returns start plus all addends, 8 multiplications of the field each.
func AddAll(start *Point, addends []*Addend) *Point {
	var sum extended
	sum.set(start)
	var t affine
	var n niels
	for _, a := range addends {
		t.x, t.y = a.x, a.y
		t.t.Multiply(&t.x, &t.y)
		n.set(&t)
		sum.addNiels(&n)
	}
	return &Point{p: sum.edwards()}
}
