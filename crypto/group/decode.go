package group

import fp "github.com/cloudflare/circl/math/fp25519"

// decode is the decoder of RFC 9496, section 4.3.1, and writes the affine
// coordinates of an element. It reports false for anything that encode does not
// write: non-canonical or negative field elements and strings off the curve. hint
// is empty or 32 bytes that are claimed to be an inverse square root; what they
// are decides how long it takes, and never what comes out. Local names are the
// RFC's.
func decode(to *Affine, b *[PointSize]byte, hint []byte) bool {
	var d decoding
	var invsqrt elt
	if !d.begin(b) || !checkHint(&invsqrt, hint, &d.radicand) && !fp.InvSqrt(&invsqrt, &eltOne, &d.radicand) {
		return false
	}
	return d.finish(to, &invsqrt)
}

// decoding is what decoding computes before it takes an inverse square root.
type decoding struct{ s, u1, u2, v, radicand elt }

// begin reports whether b is canonical and non-negative, and computes the number
// to take the root of.
func (d *decoding) begin(b *[PointSize]byte) bool {
	d.s = *b
	fp.Modp(&d.s)
	if d.s != *b || b[0]&1 == 1 {
		return false
	}
	var ss, u2Sqr elt
	fp.Sqr(&ss, &d.s)
	fp.Sub(&d.u1, &eltOne, &ss)
	fp.Add(&d.u2, &eltOne, &ss)
	fp.Sqr(&u2Sqr, &d.u2)
	fp.Sqr(&d.v, &d.u1)
	fp.Mul(&d.v, &d.v, &eltD)
	fp.Neg(&d.v, &d.v)
	fp.Sub(&d.v, &d.v, &u2Sqr)
	fp.Mul(&d.radicand, &d.v, &u2Sqr)
	return true
}

// finish computes the point with one of the two roots. Either will do: the sign
// cancels in y, and x takes the absolute value.
func (d *decoding) finish(to *Affine, invsqrt *elt) bool {
	var denX, denY, t elt
	fp.Mul(&denX, invsqrt, &d.u2)
	fp.Mul(&denY, invsqrt, &denX)
	fp.Mul(&denY, &denY, &d.v)
	fp.Mul(&to.x, &d.s, &denX)
	fp.Add(&to.x, &to.x, &to.x)
	negateIf(&to.x, isNegative(&to.x))
	fp.Mul(&to.y, &d.u1, &denY)
	fp.Mul(&t, &to.x, &to.y)
	return isNegative(&t) == 0 && isZero(&to.y) == 0
}

// checkHint reports whether hint is a square root of 1/w, and sets r to it.
func checkHint(r *elt, hint []byte, w *elt) bool {
	if len(hint) != HintSize {
		return false
	}
	*r = elt(hint)
	var check elt
	fp.Sqr(&check, r)
	fp.Mul(&check, &check, w)
	fp.Modp(&check)
	return check == eltOne
}
