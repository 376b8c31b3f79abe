package group

import (
	"filippo.io/edwards25519"
	fp "github.com/cloudflare/circl/math/fp25519"
)

// The arithmetic of tables and batches, on the twisted Edwards curve with a = -1:
// a sum in extended coordinates to which affine points are added, 7
// multiplications each (Hisil, Wong, Carter and Dawson, Asiacrypt 2008, section
// 3.1). The formulas are complete: equal points and the identity are no
// exceptions. All is constant time, since tables have secret scalars. Tests hold
// every function against edwards25519.

// extended is a point (X:Y:Z:T) with x = X/Z, y = Y/Z and xy = T/Z. The zero
// value is no point: see setIdentity.
type extended struct{ x, y, z, t elt }

// niels is an affine point in the form that is cheapest to add: y+x, y-x and
// 2d*x*y.
type niels struct{ plus, minus, t2d elt }

func (q *niels) set(a *affine) {
	fp.Add(&q.plus, &a.y, &a.x)
	fp.Sub(&q.minus, &a.y, &a.x)
	fp.Mul(&q.t2d, &a.t, &eltD2)
}

func (p *extended) setIdentity() { *p = extended{y: eltOne, z: eltOne} }

// set sets p to q.
func (p *extended) set(q *edwards25519.Point) {
	x, y, z, t := q.ExtendedCoordinates()
	p.x, p.y, p.z, p.t = eltOf(x), eltOf(y), eltOf(z), eltOf(t)
}

// setNiels sets p to q, or to -q.
func (p *extended) setNiels(q *niels, negative bool) {
	plus, minus := &q.plus, &q.minus
	if negative {
		plus, minus = minus, plus
	}
	var x2, y2 elt // 2x and 2y: twice over, the fractions have denominator 4
	fp.Sub(&x2, plus, minus)
	fp.Add(&y2, plus, minus)
	fp.Add(&p.x, &x2, &x2)
	fp.Add(&p.y, &y2, &y2)
	p.z = eltFour
	fp.Mul(&p.t, &x2, &y2)
}

// addNiels sets p to p + q.
func (p *extended) addNiels(q *niels) {
	a, b, c := p.products(&q.plus, &q.minus, &q.t2d)
	var d elt
	fp.Add(&d, &p.z, &p.z)
	p.fromParts(&a, &b, &c, &d)
}

// subNiels sets p to p - q: the negative of q has its first two parts swapped and
// the sign of the third changed, which swaps what is made of it.
func (p *extended) subNiels(q *niels) {
	a, b, c := p.products(&q.minus, &q.plus, &q.t2d)
	var d, minusC elt
	fp.Add(&d, &p.z, &p.z)
	fp.Neg(&minusC, &c)
	p.fromParts(&a, &b, &minusC, &d)
}

// products are those of an addition but for that of Z.
func (p *extended) products(plus, minus, t2d *elt) (a, b, c elt) {
	fp.Sub(&a, &p.y, &p.x)
	fp.Mul(&a, &a, minus)
	fp.Add(&b, &p.y, &p.x)
	fp.Mul(&b, &b, plus)
	fp.Mul(&c, &p.t, t2d)
	return a, b, c
}

// add sets p to p + q.
func (p *extended) add(q *extended) {
	var plus, minus, t2d, d elt
	fp.Add(&plus, &q.y, &q.x)
	fp.Sub(&minus, &q.y, &q.x)
	fp.Mul(&t2d, &q.t, &eltD2)
	a, b, c := p.products(&plus, &minus, &t2d)
	fp.Mul(&d, &p.z, &q.z)
	fp.Add(&d, &d, &d)
	p.fromParts(&a, &b, &c, &d)
}

// fromParts finishes an addition from its four products.
func (p *extended) fromParts(a, b, c, d *elt) {
	var e, f, g, h elt
	fp.Sub(&e, b, a)
	fp.Sub(&f, d, c)
	fp.Add(&g, d, c)
	fp.Add(&h, b, a)
	fp.Mul(&p.x, &e, &f)
	fp.Mul(&p.y, &g, &h)
	fp.Mul(&p.z, &f, &g)
	fp.Mul(&p.t, &e, &h)
}

// edwards hands p to the Edwards library, which checks that it is on the curve.
func (p *extended) edwards() *edwards25519.Point {
	q, err := new(edwards25519.Point).SetExtendedCoordinates(element(p.x), element(p.y), element(p.z), element(p.t))
	if err != nil {
		panic("group: arithmetic left the curve: " + err.Error()) // a fault of the arithmetic
	}
	return q
}
