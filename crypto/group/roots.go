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

// sideBySide calls each for every string in turn, with what decoding has computed
// of it and the root that it needs, if it has one.
func sideBySide(strings iter.Seq[[]byte], each func(b []byte, d *decoding, root *elt, has bool)) {
	var gathered [lanes][]byte
	var ds [lanes]decoding
	var w, roots row
	n := 0
	finish := func() {
		for i, b := range gathered[:n] {
			w[i] = elt{} // has no root
			if len(b) == PointSize && ds[i].begin((*[PointSize]byte)(b)) {
				w[i] = ds[i].radicand
			}
		}
		has := roots.invSqrt(&w)
		for i, b := range gathered[:n] {
			each(b, &ds[i], &roots[i], has[i])
		}
		n = 0
	}
	for b := range strings {
		gathered[n] = b
		if n++; n == lanes {
			finish()
		}
	}
	if n > 0 {
		finish()
	}
}

// AppendHints appends the hint of every encoded point: the non-negative root that
// decoding computes, HintSize bytes. For a string that is no point these are
// zeros, which help nobody and keep the hints after them in their places.
func AppendHints(to []byte, points iter.Seq[[]byte]) []byte {
	sideBySide(points, func(_ []byte, _ *decoding, root *elt, has bool) {
		var hint elt
		if has {
			hint = *root
			negateIf(&hint, isNegative(&hint))
			fp.Modp(&hint)
		}
		to = append(to, hint[:]...)
	})
	return to
}

// Ahead is strings that were decoded before somebody asks for their points.
type Ahead []decoded

// DecodeAhead decodes strings, of which there are n or so, side by side: that takes
// less time than one after another. Those that are no points have their places, and
// are looked at again when they are asked for.
func DecodeAhead(n int, strings iter.Seq[[]byte]) Ahead {
	ahead := make(Ahead, 0, n)
	if second() {
		for range strings {
			ahead = append(ahead, decoded{})
		}
		return ahead
	}
	sideBySide(strings, func(b []byte, d *decoding, root *elt, has bool) {
		var p decoded
		copy(p.enc[:], b)
		if !has || !d.finish(&p.affine, root) {
			p.affine = Affine{} // which no point has
		}
		ahead = append(ahead, p)
	})
	return ahead
}
