package group

import (
	"encoding/binary"

	"filippo.io/edwards25519"
	"filippo.io/edwards25519/field"
	fp "github.com/cloudflare/circl/math/fp25519"
)

// The arithmetic of tables, whose scalars are secret: all of it is constant time.
// The coordinates and formulas are those of extended.go. The field is circl's,
// whose assembly multiplies a third faster than that of edwards25519, and whose
// functions, as far as they are used here, are constant time. Its elements may be
// above the prime: reduce them before looking at them.

// elt is an element of the field modulo 2^255 - 19.
type elt = fp.Elt

// eltOf converts a constant.
func eltOf(e *field.Element) elt { return elt(e.Bytes()) }

var (
	eltOne            = eltOf(one)
	eltD2             = eltOf(new(field.Element).Add(curveD, curveD))
	eltD              = eltOf(curveD)
	eltSqrtM1         = eltOf(sqrtM1)
	eltInvSqrtAMinusD = eltOf(invSqrtAMinusD)
)

// eltPoint is the point x = X/Z, y = Y/Z, with X*Y = Z*T.
type eltPoint struct{ x, y, z, t elt }

// eltNiels is an affine point as y+x, y-x and 2dxy.
type eltNiels struct{ plus, minus, t2d elt }

// fromPoint sets v to p.
func (v *eltPoint) fromPoint(p *edwards25519.Point) {
	x, y, z, t := p.ExtendedCoordinates()
	v.x, v.y, v.z, v.t = eltOf(x), eltOf(y), eltOf(z), eltOf(t)
}

// edwards hands v to the Edwards library, which checks that it is on the curve.
func (v *eltPoint) edwards() *edwards25519.Point {
	var c [4]field.Element
	for i, e := range [4]elt{v.x, v.y, v.z, v.t} {
		fp.Modp(&e)
		if _, err := c[i].SetBytes(e[:]); err != nil {
			panic("group: 32 bytes refused: " + err.Error()) // the length is the only cause
		}
	}
	p, err := new(edwards25519.Point).SetExtendedCoordinates(&c[0], &c[1], &c[2], &c[3])
	if err != nil {
		panic("group: arithmetic left the curve: " + err.Error()) // a fault of the arithmetic
	}
	return p
}

// add sets v = v + q. The formula is complete: equal points and the identity
// are no exceptions.
func (v *eltPoint) add(q *eltNiels) {
	var a, b, c, d, e, f, g, h elt
	fp.Sub(&a, &v.y, &v.x)
	fp.Mul(&a, &a, &q.minus)
	fp.Add(&b, &v.y, &v.x)
	fp.Mul(&b, &b, &q.plus)
	fp.Mul(&c, &v.t, &q.t2d)
	fp.Add(&d, &v.z, &v.z)
	fp.Sub(&e, &b, &a)
	fp.Sub(&f, &d, &c)
	fp.Add(&g, &d, &c)
	fp.Add(&h, &b, &a)
	fp.Mul(&v.x, &e, &f)
	fp.Mul(&v.y, &g, &h)
	fp.Mul(&v.z, &f, &g)
	fp.Mul(&v.t, &e, &h)
}

// fromAffine sets q to the point (x, y).
func (q *eltNiels) fromAffine(x, y *elt) {
	fp.Add(&q.plus, y, x)
	fp.Sub(&q.minus, y, x)
	fp.Mul(&q.t2d, x, y)
	fp.Mul(&q.t2d, &q.t2d, &eltD2)
}

// invertAll inverts every element, none of which may be zero: one zero would
// make all results zero. It costs one inversion and three multiplications an
// element.
func invertAll(elements []*elt) {
	before := make([]elt, len(elements)) // the product of all elements before
	product := eltOne
	for i, e := range elements {
		before[i] = product
		fp.Mul(&product, &product, e)
	}
	fp.Inv(&product, &product)
	for i := len(elements) - 1; i >= 0; i-- {
		e := *elements[i]
		fp.Mul(elements[i], &product, &before[i])
		fp.Mul(&product, &product, &e)
	}
}

// isZero returns 1 if e is zero and else 0, in constant time.
func isZero(e *elt) uint {
	r := *e
	fp.Modp(&r)
	var or uint64
	for i := 0; i < len(r); i += 8 {
		or |= binary.LittleEndian.Uint64(r[i:])
	}
	return uint(1 ^ (or|-or)>>63)
}

// isNegative returns 1 if e is odd and else 0, in constant time.
func isNegative(e *elt) uint {
	r := *e
	fp.Modp(&r)
	return uint(r[0] & 1)
}

// negateIf negates e if cond is 1, in constant time.
func negateIf(e *elt, cond uint) {
	var neg elt
	fp.Neg(&neg, e)
	fp.Cmov(e, &neg, cond)
}
