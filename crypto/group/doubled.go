package group

import fp "github.com/cloudflare/circl/math/fp25519"

// Encoding a point costs an inverse square root. That of a doubled point does
// not: write 2P = (E/F, G/H) with
//
//	E = 2XY    F = Z^2 + dT^2 = Y^2 - X^2    G = Y^2 + X^2    H = Z^2 - dT^2
//
// by the doubling formula and the curve. Then G^2 - F^2 = E^2 and
// H^2 - F^2 = -d*E^2, so that H^2 - G^2 = (a-d)*E^2 with a = -1. The inverse
// square root of RFC 9496, section 4.3.2, over the extended coordinates
// (EH, FG, FH, EG), is
//
//	1/sqrt(u1*u2^2) = 1/sqrt(F^2*(H^2-G^2) * (EFGH)^2) = 1/(sqrt(a-d) * E*F * EFGH)
//
// up to its sign, which the encoding does not depend on. One inverse of EFGH
// gives it, and inverses can share one inversion. EFGH is zero only if E or G
// is (F and H never are: the curve is complete), and then 2P is a point of
// order dividing 4, which is the identity of ristretto255.

// doubled is 2P as E, F, G, H, and the inverse of EFGH: 0 for the identity.
type doubled struct{ e, f, g, h, inverse elt }

// doubleAll returns the doubles of points in constant time, with one inversion.
func doubleAll(points []extended) []doubled {
	ds := make([]doubled, len(points))
	identity := make([]uint, len(points))
	inverses := make([]*elt, len(points))
	for i := range points {
		d := &ds[i]
		d.fromHalf(&points[i])
		identity[i] = isZero(&d.inverse)
		fp.Cmov(&d.inverse, &eltOne, identity[i]) // zero has no inverse
		inverses[i] = &d.inverse
	}
	invertAll(inverses)
	for i := range ds {
		fp.Cmov(&ds[i].inverse, new(elt), identity[i])
	}
	return ds
}

// fromHalf sets d to 2p, but for its inverse, which is set to EFGH.
func (d *doubled) fromHalf(p *extended) {
	var xx, yy, zz, dtt elt
	fp.Sqr(&xx, &p.x)
	fp.Sqr(&yy, &p.y)
	fp.Sqr(&zz, &p.z)
	fp.Sqr(&dtt, &p.t)
	fp.Mul(&dtt, &dtt, &eltD)
	fp.Mul(&d.e, &p.x, &p.y)
	fp.Add(&d.e, &d.e, &d.e)
	fp.Add(&d.f, &zz, &dtt)
	fp.Add(&d.g, &yy, &xx)
	fp.Sub(&d.h, &zz, &dtt)
	var eg, fh elt
	fp.Mul(&eg, &d.e, &d.g)
	fp.Mul(&fh, &d.f, &d.h)
	fp.Mul(&d.inverse, &eg, &fh)
}

// point returns 2P in extended coordinates.
func (d *doubled) point() extended {
	var v extended
	fp.Mul(&v.x, &d.e, &d.h)
	fp.Mul(&v.y, &d.f, &d.g)
	fp.Mul(&v.z, &d.f, &d.h)
	fp.Mul(&v.t, &d.e, &d.g)
	return v
}

// encode returns the encoding of 2P, RFC 9496, section 4.3.2. Common factors of
// z, y and den_inv are cancelled:
//
//	               z    y     den_inv                     sign of y from
//	not rotated    H    G     1/(sqrt(a-d)*E) = G/(sqrt(a-d)*EG)    E*H/Z
//	rotated        F    i*E   1/G = E/EG                            i*G*F/Z
//
// with i = sqrt(-1), Z = FH and T = EG.
func (d *doubled) encode() [PointSize]byte {
	var eg, zInv, tInv, rotated elt
	fp.Mul(&eg, &d.e, &d.g)
	fp.Mul(&zInv, &eg, &d.inverse)
	fp.Mul(&tInv, &d.f, &d.h)
	fp.Mul(&tInv, &tInv, &d.inverse)
	fp.Mul(&rotated, &eg, &zInv)
	rotate := isNegative(&rotated)

	var iE, iG, denInv elt
	fp.Mul(&iE, &d.e, &eltSqrtM1)
	fp.Mul(&iG, &d.g, &eltSqrtM1)
	fp.Mul(&denInv, &d.g, &eltInvSqrtAMinusD)
	x, y, z := d.e, d.g, d.h
	fp.Cmov(&x, &iG, rotate)
	fp.Cmov(&y, &iE, rotate)
	fp.Cmov(&z, &d.f, rotate)
	fp.Cmov(&denInv, &d.e, rotate)
	fp.Mul(&denInv, &denInv, &tInv)

	fp.Mul(&x, &x, &z)
	fp.Mul(&x, &x, &zInv)
	negateIf(&y, isNegative(&x))

	var s elt
	fp.Sub(&s, &z, &y)
	fp.Mul(&s, &s, &denInv)
	negateIf(&s, isNegative(&s))
	fp.Modp(&s)
	return s
}
