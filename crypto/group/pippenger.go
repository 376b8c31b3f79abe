package group

import (
	"encoding/binary"
	"math/bits"
)

// smallest is the number of points from which Pippenger's algorithm is the
// faster one.
const smallest = 190

// varTimeSum returns the sum of scalars[i]*points[i], of which all but the first
// long have weights for scalars. Public values only.
func varTimeSum(scalars []Scalar, points []*Point, long int) *Point {
	if len(points) >= smallest {
		return pippenger(scalars, points, windowFor(long, len(points)-long))
	}
	pointers := make([]*Scalar, len(scalars))
	for i := range scalars {
		pointers[i] = &scalars[i]
	}
	return VarTimeMultiMul(pointers, points)
}

// maxWindow keeps the buckets, 160 bytes each, within the cache of a core.
const maxWindow = 12

// windowFor returns how many bits a digit should have for a number of points with
// full scalars and one with weights. It counts multiplications: 7 to add a point,
// and 9 to add a bucket, which happens twice.
func windowFor(long, short int) int {
	best, least := 0, 0
	for w := 4; w <= maxWindow; w++ {
		places, short := places(scalarBits, w), short*places(weightBits, w)
		cost := 7*(long*places+short) + 2*9*places<<(w-1)
		if best == 0 || cost < least {
			best, least = w, cost
		}
	}
	return best
}

// places returns how many signed digits of window bits a number up to 2^bits and
// a little more has: the largest digits add up to 2^(window*places-1) and more.
func places(bits, window int) int { return (bits + window) / window }

// pippenger computes the sum of scalars[i]*points[i] by Pippenger's algorithm:
// scalars are cut into signed digits, and for each place the points are thrown
// into a bucket by their digit. Short scalars have no digits in the upper places
// and cost less.
func pippenger(scalars []Scalar, points []*Point, window int) *Point {
	table := toNiels(points)
	digits := newSignedDigits(scalars, window)
	buckets := newBuckets(window)
	var sum extended
	sum.setIdentity()
	for place := digits.places - 1; place >= 0; place-- {
		for range window {
			sum.add(&sum)
		}
		buckets.clear()
		for i := range table {
			buckets.put(digits.at(i, place), &table[i])
		}
		buckets.addTo(&sum)
	}
	return &Point{p: sum.edwards()}
}

// signedDigits writes each scalar as digits d of -2^(window-1)+1 to 2^(window-1)
// with scalar = sum d_place * 2^(window*place). It holds the scalars plus the sum
// of 2^(window-1)-1 at every place: then each place stands by itself, without a
// carry, and its digit is that much less.
type signedDigits struct {
	window, places int
	sums           [][5]uint64 // 64-bit words, least significant first
}

func newSignedDigits(scalars []Scalar, window int) *signedDigits {
	d := &signedDigits{window, places(scalarBits, window), make([][5]uint64, len(scalars))}
	var offset [5]uint64
	for place := range d.places {
		at := place * window
		least := uint64(1)<<(window-1) - 1
		offset[at/64] |= least << (at % 64)
		if at%64+window > 64 {
			offset[at/64+1] |= least >> (64 - at%64)
		}
	}
	for i := range scalars {
		b, carry := scalars[i].Bytes(), uint64(0)
		for k := range 4 {
			d.sums[i][k], carry = bits.Add64(binary.LittleEndian.Uint64(b[8*k:]), offset[k], carry)
		}
		d.sums[i][4] = offset[4] + carry
	}
	return d
}

// at returns the digit of scalar i at a place.
func (d *signedDigits) at(i, place int) int {
	at := place * d.window
	words := &d.sums[i]
	n := words[at/64] >> (at % 64)
	if at%64+d.window > 64 {
		n |= words[at/64+1] << (64 - at%64)
	}
	return int(n&(1<<d.window-1)) - (1<<(d.window-1) - 1)
}

// The group order is a little more than 2^scalarBits, and a weight of a batch less
// than 2^weightBits.
const (
	scalarBits = 252
	weightBits = 128
)

// buckets holds, for each digit but zero, the sum of the points that have it.
type buckets struct {
	sums []extended // by digit, from 1
	used []bool     // whether there is a sum
}

func newBuckets(window int) *buckets {
	n := 1 << (window - 1)
	return &buckets{make([]extended, n), make([]bool, n)}
}

func (b *buckets) clear() { clear(b.used) }

// put adds a point, or subtracts it for a negative digit.
func (b *buckets) put(digit int, p *niels) {
	if digit == 0 {
		return
	}
	at := max(digit, -digit) - 1
	switch {
	case !b.used[at]:
		b.used[at] = true
		b.sums[at].setNiels(p, digit < 0)
	case digit > 0:
		b.sums[at].addNiels(p)
	default:
		b.sums[at].subNiels(p)
	}
}

// addTo adds every bucket's sum times its digit: from the largest digit down,
// the running sum is added once a digit.
func (b *buckets) addTo(to *extended) {
	var running, total extended
	running.setIdentity()
	total.setIdentity()
	for at := len(b.sums) - 1; at >= 0; at-- {
		if b.used[at] {
			running.add(&b.sums[at])
		}
		total.add(&running)
	}
	to.add(&total)
}
