package group

import (
	"cmp"
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"slices"

	"filippo.io/edwards25519"
	"filippo.io/edwards25519/field"
)

// ErrLog says that a point is no multiple of the table's base within the range
// searched.
var ErrLog = errors.New("no discrete logarithm within the maximum")

const (
	// babySteps is how many multiples of the base a LogTable holds beside
	// zero. The sign is free, so a giant step is twice that and one.
	babySteps = 1 << 16
	giantStep = 2*babySteps + 1
	// giantBatch is how many giant steps share one inversion.
	giantBatch = 128
	// maxLog bounds a search to some tens of milliseconds.
	maxLog = math.MaxUint32
)

// LogTable finds small discrete logarithms to one base by baby steps and giant
// steps. It holds the first 2^16 multiples, about a megabyte, and is immutable
// and safe for concurrent use.
//
// The steps are taken with four times every point. That is in the subgroup of
// prime order, where each ristretto element has one representative, so its
// affine coordinates can be compared; and many of them can share an inversion,
// which encodings can not.
type LogTable struct {
	base  *Point
	steps []babyStep // sorted by key; equal keys are told apart by trying
	giant *edwards25519.Point
}

// babyStep is a multiple n of the base, found by 8 bytes of the y coordinate
// of 4*n*base, which is that of -n as well.
type babyStep struct {
	key uint64
	n   uint32
}

// NewLogTable computes the table of base, which must not be the identity. It
// takes some tens of milliseconds.
func NewLogTable(base *Point) (*LogTable, error) {
	onlyEdwards("tables of logarithms")
	if base == nil || base.IsIdentity() {
		return nil, fmt.Errorf("base of logarithms: %w", ErrIdentity)
	}
	t := &LogTable{
		base:  base,
		steps: make([]babyStep, 0, babySteps+1),
		giant: base.Mul(ScalarFromUint64(giantStep)).timesFour(),
	}
	step := base.timesFour()
	next := edwards25519.NewIdentityPoint()
	var batch [giantBatch]edwards25519.Point
	for n := 0; n <= babySteps; n += len(batch) {
		size := min(len(batch), babySteps+1-n)
		for i := range batch[:size] {
			batch[i].Set(next)
			next.Add(next, step)
		}
		for i, key := range logKeys(batch[:size]) {
			t.steps = append(t.steps, babyStep{key, uint32(n + i)})
		}
	}
	slices.SortFunc(t.steps, func(a, b babyStep) int { return cmp.Compare(a.key, b.key) })
	return t, nil
}

// VarTimeLog returns the m in 0..most with m*base = p. The error wraps ErrLog
// if there is none; a most of 2^32 and above is refused. Public values only.
func (t *LogTable) VarTimeLog(p *Point, most uint64) (uint64, error) {
	if most > maxLog {
		return 0, fmt.Errorf("maximum of a discrete logarithm is %d, must be at most %d", most, maxLog)
	}
	rest := p.timesFour() // of p - middle*base
	var batch [giantBatch]edwards25519.Point
	for middle := uint64(0); middle <= most+babySteps; {
		for i := range batch {
			batch[i].Set(rest)
			rest.Subtract(rest, t.giant)
		}
		for _, key := range logKeys(batch[:]) {
			if m, ok := t.try(p, key, middle, most); ok {
				return m, nil
			}
			middle += giantStep
		}
	}
	return 0, ErrLog
}

// try looks for a baby step under key and checks middle plus or minus it.
func (t *LogTable) try(p *Point, key, middle, most uint64) (uint64, bool) {
	at, _ := slices.BinarySearchFunc(t.steps, key, func(s babyStep, key uint64) int { return cmp.Compare(s.key, key) })
	for ; at < len(t.steps) && t.steps[at].key == key; at++ {
		n := uint64(t.steps[at].n)
		if m := middle + n; m <= most && t.base.Mul(ScalarFromUint64(m)).Equal(p) {
			return m, true
		}
		if n <= middle && middle-n <= most && t.base.Mul(ScalarFromUint64(middle-n)).Equal(p) {
			return middle - n, true
		}
	}
	return 0, false
}

// timesFour returns 4p in the subgroup of prime order: multiplying by four
// takes away the torsion by which representatives of one element differ.
func (p *Point) timesFour() *edwards25519.Point {
	q := new(edwards25519.Point).Add(p.edwards(), p.edwards())
	return q.Add(q, q)
}

// logKeys returns 8 bytes of the affine y coordinate of every point, with one
// inversion for all (Montgomery's trick). Z is never zero.
func logKeys(points []edwards25519.Point) []uint64 {
	ys, zs := make([]*field.Element, len(points)), make([]*field.Element, len(points))
	products := make([]field.Element, len(points)) // of all Z before
	acc := new(field.Element).One()
	for i := range points {
		_, ys[i], zs[i], _ = points[i].ExtendedCoordinates()
		products[i].Set(acc)
		acc.Multiply(acc, zs[i])
	}
	acc.Invert(acc)
	keys := make([]uint64, len(points))
	var y field.Element
	for i := len(points) - 1; i >= 0; i-- {
		y.Multiply(&products[i], acc)
		y.Multiply(&y, ys[i])
		acc.Multiply(acc, zs[i])
		keys[i] = binary.LittleEndian.Uint64(y.Bytes())
	}
	return keys
}
