package group

import (
	"errors"
)

// ErrEquation says that an equation of a proof or signature does not hold.
var ErrEquation = errors.New("does not match")

// Equation is a claim about public values: BaseCoeff*G + KeyCoeff*K is the sum of
// all Terms, with G the base point and K the election's joint key. Proofs and
// signatures yield equations instead of verdicts, so that one-by-one checking,
// batches and another arithmetic share one description.
type Equation struct {
	// Label names what fails if the equation does not hold, such as "response to
	// alpha"; Of(At) says where, such as "option 3", unless Of is nil. They are put
	// together for an error only: hardly any equation ever has one.
	Label string
	Of    func(at int) string
	At    int
	// BaseCoeff and KeyCoeff are the coefficients of G and K; nil is zero.
	BaseCoeff, KeyCoeff *Scalar
	Terms               []Term
}

// Term is one product of an Equation. A nil Scalar is one: such a term costs half
// of another in a batch.
type Term struct {
	Scalar *Scalar
	Point  *Point
}

// VarTimeCheck verifies one equation with joint key k, which may be nil if the
// equation has no KeyCoeff. The error wraps ErrEquation and names the label.
func (e *Equation) VarTimeCheck(k *Point) error {
	n := len(e.Terms) + 2
	scalars, points := make([]*Scalar, 0, n), make([]*Point, 0, n)
	for _, t := range e.Terms {
		s := t.Scalar
		if s == nil {
			s = ScalarFromUint64(1)
		}
		scalars, points = append(scalars, s), append(points, t.Point)
	}
	if e.KeyCoeff != nil {
		if k == nil {
			return &EquationError{Label: e.path(), Err: errors.New("needs a joint key and none was given")}
		}
		scalars, points = append(scalars, e.KeyCoeff.Neg()), append(points, k)
	}
	if e.BaseCoeff != nil {
		scalars, points = append(scalars, e.BaseCoeff.Neg()), append(points, Base())
	}
	if !VarTimeMultiMul(scalars, points).IsIdentity() {
		return &EquationError{Label: e.path(), Err: ErrEquation}
	}
	return nil
}

// path is the label with its place.
func (e *Equation) path() string {
	if e.Of == nil {
		return e.Label
	}
	return e.Of(e.At) + ": " + e.Label
}

// VarTimeCheckAll verifies equations one by one and returns the first failure.
func VarTimeCheckAll(equations []Equation, k *Point) error {
	for i := range equations {
		if err := equations[i].VarTimeCheck(k); err != nil {
			return err
		}
	}
	return nil
}

// EquationError names the equation that failed.
type EquationError struct {
	Label string
	Err   error
}

func (e *EquationError) Error() string { return e.Label + " " + e.Err.Error() }
func (e *EquationError) Unwrap() error { return e.Err }
