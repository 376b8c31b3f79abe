package group

import (
	"math/bits"
	"slices"
)

// smallest is the number of points from which Pippenger's algorithm is the
// faster one.
const smallest = 190

// varTimeSum returns the sum of all long terms and all short ones, whose scalars
// are weights. Public values only.
func (r *room) varTimeSum(long, short *terms) *Point {
	if len(long.points)+len(short.points) >= smallest {
		return r.pippenger(long, short, windowFor(len(long.points), len(short.points)))
	}
	var pointers []*Scalar
	for _, t := range []*terms{long, short} {
		for i := range t.scalars {
			pointers = append(pointers, &t.scalars[i])
		}
	}
	return VarTimeMultiMul(pointers, slices.Concat(long.points, short.points))
}

// maxWindow keeps the buckets, 128 bytes each, within the cache of a core.
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

// pippenger computes the sum of all terms by Pippenger's algorithm: scalars are cut
// into signed digits, and for each place the points are thrown into a bucket by
// their digit. Weights have no digits in the upper places and cost half.
func (r *room) pippenger(long, short *terms, window int) *Point {
	r.long.set(long, scalarBits, window)
	r.short.set(short, weightBits, window)
	r.buckets.resize(window)
	var sum extended
	sum.setIdentity()
	for place := r.long.digits.places - 1; place >= 0; place-- {
		for range window {
			sum.add(&sum)
		}
		r.buckets.clear()
		r.buckets.throw(&r.long, place)
		r.buckets.throw(&r.short, place)
		r.buckets.addTo(&sum)
	}
	return &Point{p: sum.edwards()}
}

// room is the memory of a run, to be used again by the next: megabytes, and a
// verifier of a nation would throw them away a hundred thousand times.
type room struct {
	long, short summands
	buckets     buckets
}

// summands are terms as Pippenger's algorithm takes them.
type summands struct {
	points []niels
	digits signedDigits
}

// set sets s to terms, whose scalars have up to so many bits.
func (s *summands) set(t *terms, bits, window int) {
	s.points = toNiels(s.points[:0], t.points)
	s.digits.set(t.scalars, bits, window)
}

// buckets holds, for each digit but zero, the sum of the points that have it.
type buckets struct {
	sums []extended // by digit, from 1
	used []bool     // whether there is a sum
}

// resize makes room for the digits of a window.
func (b *buckets) resize(window int) {
	n := 1 << (window - 1)
	b.sums, b.used = slices.Grow(b.sums[:0], n)[:n], slices.Grow(b.used[:0], n)[:n]
}

func (b *buckets) clear() { clear(b.used) }

// throw puts every point that has a digit at a place into that digit's bucket.
func (b *buckets) throw(s *summands, place int) {
	if place >= s.digits.places {
		return
	}
	for i := range s.points {
		b.put(s.digits.at(i, place), &s.points[i])
	}
}

// put adds a point, or subtracts it for a negative digit.
func (b *buckets) put(digit int, p *niels) {
	if digit == 0 {
		return
	}
	minus := uint(digit) >> (bits.UintSize - 1)
	at := max(digit, -digit) - 1
	if !b.used[at] {
		b.used[at] = true
		b.sums[at].setNiels(p, minus == 1)
		return
	}
	b.sums[at].addSigned(p, minus)
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
