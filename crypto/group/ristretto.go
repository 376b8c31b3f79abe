package group

import (
	"filippo.io/edwards25519"
	"filippo.io/edwards25519/field"
)

// The codec of RFC 9496, section 4.3, over the extended coordinates of an
// Edwards point. Local names are the RFC's.

var (
	one           = new(field.Element).One()
	oneBytes      = [PointSize]byte(one.Bytes())
	minusOneBytes = [PointSize]byte(new(field.Element).Negate(one).Bytes())
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

// decode is the inverse of encode, RFC 9496, section 4.3.1, and writes the
// affine coordinates of an element. It reports false for anything that encode
// does not write: non-canonical or negative field elements and strings off the
// curve. hint is empty or 32 bytes that are claimed to be an inverse square root;
// what they are decides how long it takes, and never what comes out.
func decode(to *affine, b *[PointSize]byte, hint []byte) bool {
	var d decoding
	var invsqrt field.Element
	if !d.begin(b) || !checkHint(&invsqrt, hint, &d.radicand) && !invSqrt(&invsqrt, &d.radicand) {
		return false
	}
	return d.finish(to, &invsqrt)
}

// decoding is what decoding computes before it takes an inverse square root.
type decoding struct{ s, u1, u2, v, radicand field.Element }

// begin reports whether b is canonical and non-negative, and computes the number
// to take the root of.
func (d *decoding) begin(b *[PointSize]byte) bool {
	if _, err := d.s.SetBytes(b[:]); err != nil || [PointSize]byte(d.s.Bytes()) != *b || b[0]&1 == 1 {
		return false
	}
	var ss, u2Sqr field.Element
	ss.Square(&d.s)
	d.u1.Subtract(one, &ss)
	d.u2.Add(one, &ss)
	u2Sqr.Square(&d.u2)
	d.v.Square(&d.u1)
	d.v.Multiply(&d.v, curveD)
	d.v.Negate(&d.v)
	d.v.Subtract(&d.v, &u2Sqr)
	d.radicand.Multiply(&d.v, &u2Sqr)
	return true
}

// finish computes the point with one of the two roots. Either will do: the sign
// cancels in y, and x takes the absolute value.
func (d *decoding) finish(to *affine, invsqrt *field.Element) bool {
	var denX, denY field.Element
	denX.Multiply(invsqrt, &d.u2)
	denY.Multiply(invsqrt, &denX)
	denY.Multiply(&denY, &d.v)
	to.x.Multiply(&d.s, &denX)
	to.x.Add(&to.x, &to.x)
	to.x.Absolute(&to.x)
	to.y.Multiply(&d.u1, &denY)
	to.t.Multiply(&to.x, &to.y)
	return to.t.IsNegative() == 0 && [PointSize]byte(to.y.Bytes()) != [PointSize]byte{}
}

// invSqrt sets r to a square root of 1/w and reports whether there is one: the
// part of SQRT_RATIO_M1 (RFC 9496, section 4.2) that decoding needs, for u = 1
// and without choosing a sign.
func invSqrt(r, w *field.Element) bool {
	var w3, w7, check field.Element
	w3.Square(w)
	w3.Multiply(&w3, w)
	w7.Square(&w3)
	w7.Multiply(&w7, w)
	r.Pow22523(&w7)
	r.Multiply(r, &w3)
	check.Square(r)
	check.Multiply(&check, w)
	switch [PointSize]byte(check.Bytes()) {
	case oneBytes:
		return true
	case minusOneBytes:
		r.Multiply(r, sqrtM1)
		return true
	}
	return false
}

// checkHint reports whether hint is a square root of 1/w, and sets r to it.
func checkHint(r *field.Element, hint []byte, w *field.Element) bool {
	if len(hint) != HintSize {
		return false
	}
	if _, err := r.SetBytes(hint); err != nil {
		return false
	}
	var check field.Element
	check.Square(r)
	check.Multiply(&check, w)
	return [PointSize]byte(check.Bytes()) == oneBytes
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
