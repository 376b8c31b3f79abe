package group

import (
	"filippo.io/edwards25519"
	"filippo.io/edwards25519/field"
)

// The arithmetic of batches, on the twisted Edwards curve with a = -1: a sum in
// extended coordinates to which affine points are added, 7 multiplications each
// (Hisil, Wong, Carter and Dawson, Asiacrypt 2008, section 3.1). edwards25519
// has no affine addition; its own takes 12 multiplications. Tests hold every
// function against it.

var (
	d2   = new(field.Element).Add(curveD, curveD) // 2d
	four = new(field.Element).Mult32(one, 4)
)

// niels is an affine point in the form that is cheapest to add: y+x, y-x and
// 2d*x*y.
type niels struct{ yPlusX, yMinusX, t2d field.Element }

func (n *niels) set(a *affine) {
	n.yPlusX.Add(&a.y, &a.x)
	n.yMinusX.Subtract(&a.y, &a.x)
	n.t2d.Multiply(&a.t, d2)
}

// extended is a point (X:Y:Z:T) with x = X/Z, y = Y/Z and xy = T/Z. The zero
// value is no point: see setIdentity.
type extended struct{ x, y, z, t field.Element }

// set sets p to q.
func (p *extended) set(q *Point) {
	x, y, z, t := q.edwards().ExtendedCoordinates()
	p.x, p.y, p.z, p.t = *x, *y, *z, *t
}

func (p *extended) setIdentity() { *p = extended{y: *one, z: *one} }

// setNiels sets p to q, or to -q.
func (p *extended) setNiels(q *niels, negative bool) {
	var x2, y2 field.Element // 2x and 2y: twice over, the fractions have denominator 4
	x2.Subtract(&q.yPlusX, &q.yMinusX)
	y2.Add(&q.yPlusX, &q.yMinusX)
	if negative {
		x2.Negate(&x2)
	}
	p.x.Add(&x2, &x2)
	p.y.Add(&y2, &y2)
	p.z = *four
	p.t.Multiply(&x2, &y2)
}

// addNiels sets p to p + q.
func (p *extended) addNiels(q *niels) { p.addSwapped(&q.yPlusX, &q.yMinusX, &q.t2d, false) }

// subNiels sets p to p - q: the negative of q has its first two parts swapped
// and the sign of the third changed.
func (p *extended) subNiels(q *niels) { p.addSwapped(&q.yMinusX, &q.yPlusX, &q.t2d, true) }

func (p *extended) addSwapped(yPlusX, yMinusX, t2d *field.Element, negative bool) {
	var a, b, c, d field.Element
	a.Subtract(&p.y, &p.x)
	a.Multiply(&a, yMinusX)
	b.Add(&p.y, &p.x)
	b.Multiply(&b, yPlusX)
	c.Multiply(&p.t, t2d)
	d.Add(&p.z, &p.z)
	p.fromParts(&a, &b, &c, &d, negative)
}

// add sets p to p + q.
func (p *extended) add(q *extended) {
	var a, b, c, d, t field.Element
	a.Subtract(&p.y, &p.x)
	a.Multiply(&a, t.Subtract(&q.y, &q.x))
	b.Add(&p.y, &p.x)
	b.Multiply(&b, t.Add(&q.y, &q.x))
	c.Multiply(&p.t, &q.t)
	c.Multiply(&c, d2)
	d.Multiply(&p.z, &q.z)
	d.Add(&d, &d)
	p.fromParts(&a, &b, &c, &d, false)
}

// fromParts finishes an addition from its four products; minusC says that c
// counts with the other sign.
func (p *extended) fromParts(a, b, c, d *field.Element, minusC bool) {
	var e, f, g, h field.Element
	e.Subtract(b, a)
	h.Add(b, a)
	if minusC {
		f.Add(d, c)
		g.Subtract(d, c)
	} else {
		f.Subtract(d, c)
		g.Add(d, c)
	}
	p.x.Multiply(&e, &f)
	p.y.Multiply(&g, &h)
	p.z.Multiply(&f, &g)
	p.t.Multiply(&e, &h)
}

// edwards returns the point for the arithmetic of edwards25519.
func (p *extended) edwards() *edwards25519.Point {
	q, err := new(edwards25519.Point).SetExtendedCoordinates(&p.x, &p.y, &p.z, &p.t)
	if err != nil {
		panic("group: a computed point is not on the curve") // sums of points on it are
	}
	return q
}
