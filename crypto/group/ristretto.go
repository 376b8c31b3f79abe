package group

import (
	"filippo.io/edwards25519"
	"filippo.io/edwards25519/field"
)

// The encoder of RFC 9496, section 4.3.2, and equality, section 4.3.3, over the
// extended coordinates of an Edwards point. Local names are the RFC's.

var (
	one = new(field.Element).One()
	// curveD is the Edwards curve's d = -121665/121666.
	curveD = func() *field.Element {
		den := new(field.Element).Mult32(one, 121666)
		num := new(field.Element).Mult32(one, 121665)
		return num.Negate(num).Multiply(num, den.Invert(den))
	}()
	// sqrtM1 is the non-negative square root of -1.
	sqrtM1 = func() *field.Element {
		r, _ := new(field.Element).SqrtRatio(new(field.Element).Negate(one), one)
		return r
	}()
	// invSqrtAMinusD is 1/sqrt(a-d) with a = -1.
	invSqrtAMinusD = func() *field.Element {
		aMinusD := new(field.Element).Negate(one)
		aMinusD.Subtract(aMinusD, curveD)
		r, _ := new(field.Element).SqrtRatio(one, aMinusD)
		return r
	}()
)

// encode writes the canonical encoding of p's ristretto element, RFC 9496,
// section 4.3.2. All representatives of an element give the same bytes.
func encode(p *edwards25519.Point) [PointSize]byte {
	x0, y0, z0, t0 := p.ExtendedCoordinates()

	u1 := new(field.Element).Add(z0, y0)
	u1.Multiply(u1, new(field.Element).Subtract(z0, y0))
	u2 := new(field.Element).Multiply(x0, y0)

	invsqrt := new(field.Element).Square(u2)
	invsqrt.Multiply(invsqrt, u1)
	invsqrt.SqrtRatio(one, invsqrt)

	den1 := new(field.Element).Multiply(invsqrt, u1)
	den2 := new(field.Element).Multiply(invsqrt, u2)
	zInv := new(field.Element).Multiply(den1, den2)
	zInv.Multiply(zInv, t0)

	ix0 := new(field.Element).Multiply(x0, sqrtM1)
	iy0 := new(field.Element).Multiply(y0, sqrtM1)
	enchanted := new(field.Element).Multiply(den1, invSqrtAMinusD)

	rotate := new(field.Element).Multiply(t0, zInv).IsNegative()
	x := new(field.Element).Select(iy0, x0, rotate)
	y := new(field.Element).Select(ix0, y0, rotate)
	denInv := new(field.Element).Select(enchanted, den2, rotate)

	xz := new(field.Element).Multiply(x, zInv)
	negY := new(field.Element).Negate(y)
	y.Select(negY, y, xz.IsNegative())

	s := new(field.Element).Subtract(z0, y)
	s.Multiply(s, denInv)
	s.Absolute(s)
	return [PointSize]byte(s.Bytes())
}

// equalElements compares the ristretto elements of p and q, RFC 9496, section
// 4.3.3. Point.Equal of the Edwards group would tell apart representatives
// that differ by torsion.
func equalElements(p, q *edwards25519.Point) int {
	x1, y1, _, _ := p.ExtendedCoordinates()
	x2, y2, _, _ := q.ExtendedCoordinates()
	f1 := new(field.Element).Multiply(x1, y2)
	f2 := new(field.Element).Multiply(y1, x2)
	f3 := new(field.Element).Multiply(y1, y2)
	f4 := new(field.Element).Multiply(x1, x2)
	return f1.Equal(f2) | f3.Equal(f4)
}
