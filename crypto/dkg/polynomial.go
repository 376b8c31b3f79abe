package dkg

import (
	"io"

	"rollcall/crypto/group"
)

// polynomial holds the secret coefficients a_0 .. a_(t-1).
type polynomial []*group.Scalar

// randomNonZero draws a scalar, and again for zero ("Round 1", steps 1 and 3).
func randomNonZero(rand io.Reader) (*group.Scalar, error) {
	for {
		s, err := group.RandomScalarFrom(rand)
		if err != nil || !s.IsZero() {
			return s, err
		}
	}
}

// newPolynomial draws t coefficients, a_0 first (Algorithm 1).
func newPolynomial(t int, rand io.Reader) (polynomial, error) {
	f := make(polynomial, 0, t)
	for range t {
		a, err := randomNonZero(rand)
		if err != nil {
			f.wipe()
			return nil, err
		}
		f = append(f, a)
	}
	return f, nil
}

// evaluate returns f(j), in constant time but for t (Algorithm 2).
func (f polynomial) evaluate(j int) *group.Scalar {
	x := group.ScalarFromUint64(uint64(j))
	sum := new(group.Scalar)
	for k := len(f) - 1; k >= 0; k-- {
		sum = sum.Mul(x).Add(f[k])
	}
	return sum
}

// commit returns C_k = a_k*G for every coefficient.
func (f polynomial) commit() []*group.Point {
	c := make([]*group.Point, len(f))
	for k, a := range f {
		c[k] = group.MulBase(a).Encoded()
	}
	return c
}

func (f polynomial) wipe() {
	for _, a := range f {
		a.Wipe()
	}
}

// evaluateCommitment returns f(j)*G = sum over k of j^k * C_k (Algorithm 3).
// Public values only.
func evaluateCommitment(c []*group.Point, j int) *group.Point {
	x := group.ScalarFromUint64(uint64(j))
	powers := make([]*group.Scalar, len(c))
	power := group.ScalarFromUint64(1)
	for k := range powers {
		powers[k] = power
		power = power.Mul(x)
	}
	return group.VarTimeMultiMul(powers, c)
}
