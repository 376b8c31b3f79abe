package group

import (
	"encoding/binary"
	"math/bits"
	"slices"
)

// Half of the group order is a little more than 2^scalarBits, and a weight of a
// batch less than 2^weightBits.
const (
	scalarBits = 251
	weightBits = 128
)

// places returns how many signed digits of window bits a number up to 2^bits and
// a little more has: the largest digits add up to 2^(window*places-1) and more.
func places(bits, window int) int { return (bits + window) / window }

// signedDigits writes each scalar, or its negative if that is the smaller number,
// as digits d of -2^(window-1)+1 to 2^(window-1) with the number = sum d_place *
// 2^(window*place). It holds the number plus the sum of 2^(window-1)-1 at every
// place: then each place stands by itself, without a carry, and its digit is that
// much less.
type signedDigits struct {
	window, places int
	sums           [][5]uint64 // 64-bit words, least significant first
}

// negated is set in the last word of a scalar that was negated, far above all
// digits.
const negated = 1 << 63

// set sets d to the digits of scalars of up to so many bits.
func (d *signedDigits) set(scalars []Scalar, bits, window int) {
	d.window, d.places = window, places(bits, window)
	d.sums = slices.Grow(d.sums[:0], len(scalars))[:len(scalars)]
	offset := d.offset()
	for i := range scalars {
		n, negative := smaller(scalars[i].Bytes())
		d.sums[i] = addWords(offset, n)
		if negative {
			d.sums[i][4] |= negated
		}
	}
}

// offset is the sum of 2^(window-1)-1 at every place.
func (d *signedDigits) offset() (sum [5]uint64) {
	for place := range d.places {
		at := place * d.window
		least := uint64(1)<<(d.window-1) - 1
		sum[at/64] |= least << (at % 64)
		if at%64+d.window > 64 {
			sum[at/64+1] |= least >> (64 - at%64)
		}
	}
	return sum
}

func addWords(a [5]uint64, b [4]uint64) [5]uint64 {
	carry := uint64(0)
	for k := range b {
		a[k], carry = bits.Add64(a[k], b[k], carry)
	}
	a[4] += carry
	return a
}

// orderWords is the group order as words, least significant first.
var orderWords = func() (l [4]uint64) {
	minusOne := ScalarFromUint64(1).Neg().Bytes()
	for k := range l {
		l[k] = binary.LittleEndian.Uint64(minusOne[8*k:])
	}
	l[0]++ // the order is odd
	return l
}()

// smaller returns a scalar or the order less the scalar, whichever is less, which
// is at most half of the order.
func smaller(b []byte) (n [4]uint64, negative bool) {
	var other [4]uint64
	var borrow, less uint64
	for k := range n {
		n[k] = binary.LittleEndian.Uint64(b[8*k:])
		other[k], borrow = bits.Sub64(orderWords[k], n[k], borrow)
		_, less = bits.Sub64(other[k], n[k], less)
	}
	if less == 1 {
		return other, true
	}
	return n, false
}

// at returns the digit of scalar i at a place.
func (d *signedDigits) at(i, place int) int {
	at := place * d.window
	words := &d.sums[i]
	n := words[at/64] >> (at % 64)
	if at%64+d.window > 64 {
		n |= words[at/64+1] << (64 - at%64)
	}
	digit := int(n&(1<<d.window-1)) - (1<<(d.window-1) - 1)
	sign := int(words[4] >> 63)
	return (digit ^ -sign) + sign
}
