package group

import (
	"iter"

	fp "github.com/cloudflare/circl/math/fp25519"
)

// A square root is a chain of 250 squarings, each of which waits for the one
// before. A processor has the hardware for more than one at a time: so the roots
// of some numbers are computed side by side, a quarter faster than one after
// another.

// lanes is how many roots are computed side by side: more are no faster.
const lanes = 4

// row is a number for each lane.
type row [lanes]elt

func (r *row) mul(a, b *row) {
	for i := range r {
		fp.Mul(&r[i], &a[i], &b[i])
	}
}

// square sets r to a, squared n times.
func (r *row) square(a *row, n int) {
	*r = *a
	for range n { // a loop over the lanes would cost a tenth more
		fp.Sqr(&r[0], &r[0])
		fp.Sqr(&r[1], &r[1])
		fp.Sqr(&r[2], &r[2])
		fp.Sqr(&r[3], &r[3])
	}
}

// power sets r to a^(2^252-3), which is (p-5)/8, by the chain of exponents
// 2^n - 1 for n = 1, 5, 10, 25, 50, 125 and 250.
func (r *row) power(a *row) {
	var t, n5, n10, n25 row
	t.square(a, 1)
	t.mul(&t, a) // 2^2 - 1
	t.square(&t, 1)
	t.mul(&t, a) // 2^3 - 1
	n5.square(&t, 1)
	n5.mul(&n5, a) // 2^4 - 1
	n5.square(&n5, 1)
	n5.mul(&n5, a)
	n10.square(&n5, 5)
	n10.mul(&n10, &n5)
	n25.square(&n10, 10)
	n25.mul(&n25, &n10) // 2^20 - 1
	n25.square(&n25, 5)
	n25.mul(&n25, &n5)
	t.square(&n25, 25)
	t.mul(&t, &n25) // 2^50 - 1
	r.square(&t, 50)
	r.mul(r, &t) // 2^100 - 1
	r.square(r, 25)
	r.mul(r, &n25) // 2^125 - 1
	t.square(r, 125)
	t.mul(&t, r) // 2^250 - 1
	t.square(&t, 2)
	r.mul(&t, a)
}

// invSqrt sets every r[i] to a root of 1/w[i] and reports which of them have one.
// RFC 9496, section 4.2, with u = 1; which of both roots it is, the caller decides.
func (r *row) invSqrt(w *row) (has [lanes]bool) {
	var w3, w7 row
	w3.square(w, 1)
	w3.mul(&w3, w)
	w7.square(&w3, 1)
	w7.mul(&w7, w)
	r.power(&w7)
	r.mul(r, &w3)
	for i := range r {
		var check elt
		fp.Sqr(&check, &r[i])
		fp.Mul(&check, &check, &w[i])
		fp.Modp(&check)
		if check == eltMinusOne {
			fp.Mul(&r[i], &r[i], &eltSqrtM1)
		}
		has[i] = check == eltOne || check == eltMinusOne
	}
	return has
}

// AppendHints appends the hint of every encoded point: the non-negative root that
// decoding computes, HintSize bytes. For a string that is no point these are
// zeros, which help nobody and keep the hints after them in their places. To make
// the hints of some points and decode with them is faster than to decode without.
func AppendHints(to []byte, points iter.Seq[[]byte]) []byte {
	gathered := make([][]byte, 0, lanes)
	for p := range points {
		if gathered = append(gathered, p); len(gathered) == lanes {
			to, gathered = appendRow(to, gathered), gathered[:0]
		}
	}
	if len(gathered) > 0 {
		to = appendRow(to, gathered)
	}
	return to
}

// appendRow appends the hints of up to one point a lane.
func appendRow(to []byte, points [][]byte) []byte {
	var d decoding
	var w, roots row
	for i, b := range points {
		if len(b) == PointSize && d.begin((*[PointSize]byte)(b)) {
			w[i] = d.radicand
		}
	}
	has := roots.invSqrt(&w)
	for i := range points {
		var hint elt
		if has[i] {
			hint = roots[i]
			negateIf(&hint, isNegative(&hint))
			fp.Modp(&hint)
		}
		to = append(to, hint[:]...)
	}
	return to
}
