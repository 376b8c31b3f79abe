package group

import fp "github.com/cloudflare/circl/math/fp25519"

// Addend is a point that waits to be added up with many others: 64 bytes, and
// nothing is left to compute but the addition.
type Addend struct{ x, y elt }

// Addend returns p as an addend.
func (p *Point) Addend() Addend {
	if p.a != nil {
		return Addend{p.a.x, p.a.y}
	}
	var e extended
	e.set(p.edwards())
	fp.Inv(&e.z, &e.z)
	a := e.affine()
	return Addend{a.x, a.y}
}

func (a *Addend) affine() affine {
	p := affine{x: a.x, y: a.y}
	fp.Mul(&p.t, &p.x, &p.y)
	return p
}

// Point returns the addend as a point.
func (a *Addend) Point() *Point {
	p := a.affine()
	return &Point{a: &p}
}

// AddAll returns start plus all addends, 9 multiplications of the field each.
func AddAll(start *Point, addends []*Addend) *Point {
	var sum extended
	sum.set(start.edwards())
	var n niels
	for _, a := range addends {
		p := a.affine()
		n.set(&p)
		sum.addNiels(&n)
	}
	return &Point{p: sum.edwards()}
}
