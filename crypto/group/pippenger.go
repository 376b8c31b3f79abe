package group

import "encoding/binary"

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

// places returns how many signed digits of window bits a number of some bits has:
// one bit more takes the last carry.
func places(bits, window int) int { return (bits + window) / window }

// pippenger computes the sum of scalars[i]*points[i] by Pippenger's algorithm:
// scalars are cut into signed digits, and for each place the points are thrown
// into a bucket by their digit. Short scalars have no digits in the upper places
// and cost less.
func pippenger(scalars []Scalar, points []*Point, window int) *Point {
	table := toNiels(points)
	digits := signedDigits(scalars, window)
	buckets := newBuckets(window)
	var sum extended
	sum.setIdentity()
	for place := len(digits) - 1; place >= 0; place-- {
		for range window {
			sum.add(&sum)
		}
		buckets.clear()
		for i, d := range digits[place] {
			buckets.put(d, &table[i])
		}
		buckets.addTo(&sum)
	}
	return &Point{p: sum.edwards()}
}

// signedDigits writes each scalar as digits d of -2^(window-1) to 2^(window-1)
// with scalar = sum d_place * 2^(window*place), and returns them by place.
func signedDigits(scalars []Scalar, window int) [][]int16 {
	digits := make([][]int16, places(scalarBits, window))
	for place := range digits {
		digits[place] = make([]int16, len(scalars))
	}
	half, mask := uint64(1)<<(window-1), uint64(1)<<window-1
	for i := range scalars {
		var words [5]uint64 // the last one is zero
		for k, b := 0, scalars[i].Bytes(); k < 4; k++ {
			words[k] = binary.LittleEndian.Uint64(b[8*k:])
		}
		carry := uint64(0)
		for place := range digits {
			at := place * window
			d := words[at/64] >> (at % 64)
			if at%64+window > 64 {
				d |= words[at/64+1] << (64 - at%64)
			}
			d = d&mask + carry
			carry = 0
			if d > half {
				digits[place][i] = int16(int64(d) - int64(mask) - 1)
				carry = 1
			} else {
				digits[place][i] = int16(d)
			}
		}
	}
	return digits
}

// How many bits a number below the group order has, and a weight of a batch.
const (
	scalarBits = 253
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
func (b *buckets) put(digit int16, p *niels) {
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
