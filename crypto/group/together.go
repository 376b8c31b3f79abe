package group

import (
	"crypto/rand"
	"errors"
	"slices"
)

// Batch checks equations as one sum, many times one after another in the same
// room, which is megabytes for hundreds of ballots. The zero value is ready; one
// goroutine at a time may use it.
type Batch struct {
	merger merger
	room   room
}

// VarTimeCheckTogether verifies equations as one: each is multiplied by a random
// weight of 128 bits and the sum is computed as a single multi-scalar
// multiplication. If any equation is false the sum is the identity with a
// probability of 2^-128, which is what a forger of discrete logarithms has as
// well. A failure is then looked for one by one, so that the error is the one
// VarTimeCheckAll gives. Weights are drawn here, after the equations are fixed;
// nobody else may choose them.
func VarTimeCheckTogether(equations []Equation, k *Point) error {
	return new(Batch).VarTimeCheck([][]Equation{equations}, k)[0]
}

// VarTimeCheck verifies the equations of many items, such as all of a ballot, as
// VarTimeCheckTogether does: all items as one, and where that fails, each half,
// down to the items at fault. It returns an error for each item: nil, or the one
// that VarTimeCheckAll gives for it. Items may share points. Some hundreds of
// ballots are a good size.
func (b *Batch) VarTimeCheck(items [][]Equation, k *Point) []error {
	errs := make([]error, len(items))
	if second() { // which has no sum of many
		for i, equations := range items {
			errs[i] = VarTimeCheckAll(equations, k)
		}
		return errs
	}
	if !b.holdTogether(items, k) {
		b.bisect(items, k, errs)
	}
	return errs
}

// bisect finds the items that are at fault among some that do not hold together.
func (b *Batch) bisect(items [][]Equation, k *Point, errs []error) {
	if len(items) == 1 {
		errs[0] = VarTimeCheckAll(items[0], k)
		if errs[0] == nil {
			// A sum of true equations is true: only a fault of the arithmetic gets
			// here, and then nothing is to be believed.
			errs[0] = errors.New("equations hold one by one but not together")
		}
		return
	}
	half := len(items) / 2
	leftHolds := b.holdTogether(items[:half], k)
	if !leftHolds {
		b.bisect(items[:half], k, errs[:half])
	}
	// Where the left half holds, it is the right one that does not.
	if leftHolds || !b.holdTogether(items[half:], k) {
		b.bisect(items[half:], k, errs[half:])
	}
}

// holdTogether reports whether the weighted sum of all equations is the identity.
// Equations that need a joint key and have none do not hold.
func (b *Batch) holdTogether(items [][]Equation, k *Point) bool {
	n := 0
	for _, equations := range items {
		n += len(equations)
	}
	m := &b.merger
	defer m.reset()
	weights := m.drawWeights(n)
	for _, equations := range items {
		for i := range equations {
			if equations[i].KeyCoeff != nil && k == nil {
				return false
			}
			m.add(&equations[i], &weights[0])
			weights = weights[1:]
		}
		m.flush()
	}
	m.finish(k)
	return b.room.varTimeSum(&m.long, &m.short).IsIdentity()
}

// drawWeights returns n uniform numbers of 128 bits from crypto/rand.
func (m *merger) drawWeights(n int) []Scalar {
	const size = weightBits / 8
	m.weights = slices.Grow(m.weights[:0], n)[:n]
	var b [64 * size]byte
	var wide [ScalarSize]byte
	for i := range m.weights {
		at := i % 64 * size
		if at == 0 {
			if _, err := rand.Read(b[:]); err != nil {
				panic("group: crypto/rand failed: " + err.Error()) // crypto/rand never fails
			}
		}
		copy(wide[:], b[at:at+size])
		if _, err := m.weights[i].s.SetCanonicalBytes(wide[:]); err != nil {
			panic("group: a weight was refused: " + err.Error()) // 2^128 < l
		}
	}
	return m.weights
}
