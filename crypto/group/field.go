package group

import (
	"encoding/binary"

	"filippo.io/edwards25519/field"
	fp "github.com/cloudflare/circl/math/fp25519"
)

// The field of tables, decoding and batches is circl's, whose assembly multiplies
// a third faster than that of edwards25519 and squares twice as fast. Those of its
// functions that are used with secrets are constant time. Its elements may be
// above the prime: reduce them before looking at them.

// elt is an element of the field modulo 2^255 - 19, little-endian.
type elt = fp.Elt

// eltOf converts an element.
func eltOf(e *field.Element) elt { return elt(e.Bytes()) }

// element converts back.
func element(e elt) *field.Element {
	fp.Modp(&e)
	f, err := new(field.Element).SetBytes(e[:])
	if err != nil {
		panic("group: 32 bytes refused: " + err.Error()) // the length is the only cause
	}
	return f
}

var (
	eltOne            = eltOf(one)
	eltMinusOne       = eltOf(new(field.Element).Negate(one))
	eltD              = eltOf(curveD)
	eltD2             = eltOf(new(field.Element).Add(curveD, curveD))
	eltSqrtM1         = eltOf(sqrtM1)
	eltInvSqrtAMinusD = eltOf(invSqrtAMinusD)
	eltFour           = eltOf(new(field.Element).Mult32(one, 4))
)

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
