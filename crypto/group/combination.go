package group

import (
	"sync"

	"filippo.io/edwards25519"
)

// combination is a sum of products that is worth writing down and rarely worth
// computing: a proof about a weighted sum of ciphertexts names that sum in all
// its equations, and a batch needs only the ciphertexts.
type combination struct {
	scalars []*Scalar // nil: all one
	points  []*Point
	once    sync.Once
	p       *edwards25519.Point // set by once
}

// VarTimeCombination returns VarTimeMultiMul(scalars, points), or the plain sum of
// points if scalars is nil, which is computed when it is first needed. It panics
// if the lengths differ. The slices must not be changed afterwards. Public values
// only.
func VarTimeCombination(scalars []*Scalar, points []*Point) *Point {
	if scalars != nil && len(scalars) != len(points) {
		panic("group: VarTimeCombination needs as many scalars as points")
	}
	if !second() {
		return &Point{sum: &combination{scalars: scalars, points: points}}
	}
	if scalars != nil {
		return VarTimeMultiMul(scalars, points)
	}
	sum := Identity()
	for _, p := range points {
		sum = sum.Add(p)
	}
	return sum
}

func (c *combination) edwards() *edwards25519.Point {
	c.once.Do(func() {
		if c.scalars != nil {
			c.p = VarTimeMultiMul(c.scalars, c.points).p
			return
		}
		c.p = edwards25519.NewIdentityPoint()
		for _, p := range c.points {
			c.p.Add(c.p, p.edwards())
		}
	})
	return c.p
}
