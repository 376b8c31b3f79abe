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

func (q *niels) set(a *Affine) {
	fp.Add(&q.plus, &a.y, &a.x)
	fp.Sub(&q.minus, &a.y, &a.x)
	fp.Mul(&q.t2d, &a.x, &a.y)
	fp.Mul(&q.t2d, &q.t2d, &eltD2)
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
func (p *extended) addNiels(q *niels) { p.addSigned(q, 0) }

// addSigned sets p to p + q, or to p - q if minus is 1: the negative of q has its
// first two parts swapped and the sign of the third changed, which swaps F and G.
// There is no branch, for a processor would guess wrong half of the time; minus is
// public all the same.
func (p *extended) addSigned(q *niels, minus uint) {
	parts := [2]*elt{&q.plus, &q.minus}
	var a, b elt
	var dc [2]elt
	p.products(&a, &b, &dc[1], parts[minus&1], parts[1^minus&1], &q.t2d)
	fp.Add(&dc[0], &p.z, &p.z)
	fp.AddSub(&b, &a)
	fp.AddSub(&dc[0], &dc[1])
	p.fromSums(&a, &dc[1^minus&1], &dc[minus&1], &b)
}

// add sets p to p + q.
func (p *extended) add(q *extended) {
	var a, b, c, d, t2d elt
	plus, minus := q.y, q.x
	fp.AddSub(&plus, &minus)
	fp.Mul(&t2d, &q.t, &eltD2)
	fp.Mul(&d, &p.z, &q.z)
	fp.Add(&d, &d, &d)
	p.products(&a, &b, &c, &plus, &minus, &t2d)
	fp.AddSub(&b, &a)
	fp.AddSub(&d, &c)
	p.fromSums(&a, &c, &d, &b)
}

// products sets A, B and C of an addition; D is twice the product of both Z.
func (p *extended) products(a, b, c, plus, minus, t2d *elt) {
	fp.Sub(a, &p.y, &p.x)
	fp.Add(b, &p.y, &p.x)
	fp.Mul(a, a, minus)
	fp.Mul(b, b, plus)
	fp.Mul(c, &p.t, t2d)
}

// fromSums finishes an addition: E = B-A, F = D-C, G = D+C, H = B+A.
func (p *extended) fromSums(e, f, g, h *elt) {
	fp.Mul(&p.x, e, f)
	fp.Mul(&p.y, g, h)
	fp.Mul(&p.z, f, g)
	fp.Mul(&p.t, e, h)
}

// edwards hands p to the Edwards library, which checks that it is on the curve.
func (p *extended) edwards() *edwards25519.Point {
	q, err := new(edwards25519.Point).SetExtendedCoordinates(element(p.x), element(p.y), element(p.z), element(p.t))
	if err != nil {
		panic("group: arithmetic left the curve: " + err.Error()) // a fault of the arithmetic
	}
	return q
}
