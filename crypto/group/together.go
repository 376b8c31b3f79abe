package group

import (
	"crypto/rand"
	"errors"
)

// VarTimeCheckTogether verifies equations as one: each is multiplied by a
// random full-size weight and the sum is computed as a single multi-scalar
// multiplication, in which coefficients of G, of k and of equal *Point
// pointers are merged. If any equation is false the sum is the identity with a
// probability of 1/l. A failure is then looked for one by one, so that the
// error is the one VarTimeCheckAll gives. Weights are drawn here, after the
// equations are fixed; nobody else may choose them.
//
// It suits the dozens of equations of one ballot; batches of many ballots need
// another algorithm than the one behind VarTimeMultiMul.
func VarTimeCheckTogether(equations []Equation, k *Point) error {
	weights := randomScalars(len(equations))
	base, key := new(Scalar), new(Scalar)
	var scalars []*Scalar
	var points []*Point
	place := make(map[*Point]int)
	for i := range equations {
		e, w := &equations[i], &weights[i]
		if e.BaseCoeff != nil {
			base = base.Add(w.Mul(e.BaseCoeff))
		}
		if e.KeyCoeff != nil {
			if k == nil {
				return e.VarTimeCheck(k) // says that the key is missing
			}
			key = key.Add(w.Mul(e.KeyCoeff))
		}
		for _, t := range e.Terms {
			at, seen := place[t.Point]
			if !seen {
				place[t.Point] = len(points)
				points, scalars = append(points, t.Point), append(scalars, w.Mul(t.Scalar))
				continue
			}
			scalars[at] = scalars[at].Add(w.Mul(t.Scalar))
		}
	}
	points, scalars = append(points, Base()), append(scalars, base)
	if k != nil {
		points, scalars = append(points, k), append(scalars, key)
	}
	if VarTimeMultiMul(scalars, points).IsIdentity() {
		return nil
	}
	if err := VarTimeCheckAll(equations, k); err != nil {
		return err
	}
	// A sum of true equations is true: only a fault of the arithmetic gets
	// here, and then nothing is to be believed.
	return errors.New("equations hold one by one but not together")
}

// randomScalars returns n uniform scalars from crypto/rand.
func randomScalars(n int) []Scalar {
	b := make([]byte, 64*n)
	if _, err := rand.Read(b); err != nil {
		panic("group: crypto/rand failed: " + err.Error()) // crypto/rand never fails
	}
	s := make([]Scalar, n)
	for i := range s {
		s[i] = *ScalarFromWide((*[64]byte)(b[64*i:]))
	}
	return s
}
