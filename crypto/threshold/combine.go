package threshold

import (
	"errors"
	"fmt"

	"rollcall/crypto/group"
)

// LagrangeAtZero returns the coefficients lambda_i that interpolate a
// polynomial at zero from its values at indices: the product of j/(j-i) over
// the other indices j. Indices are from 1 and distinct.
func LagrangeAtZero(indices []uint64) ([]*group.Scalar, error) {
	if len(indices) == 0 {
		return nil, errors.New("no trustees to combine")
	}
	seen := make(map[uint64]bool, len(indices))
	xs := make([]*group.Scalar, len(indices))
	for i, index := range indices {
		if index == 0 {
			return nil, errors.New("trustee index is 0, must be from 1")
		}
		if seen[index] {
			return nil, fmt.Errorf("trustee %d is given twice", index)
		}
		seen[index] = true
		xs[i] = group.ScalarFromUint64(index)
	}
	lambdas := make([]*group.Scalar, len(indices))
	for i := range xs {
		num, den := group.ScalarFromUint64(1), group.ScalarFromUint64(1)
		for j := range xs {
			if j != i {
				num, den = num.Mul(xs[j]), den.Mul(xs[j].Sub(xs[i]))
			}
		}
		lambdas[i] = num.Mul(den.Invert())
	}
	return lambdas, nil
}

// Combine decrypts one sum with the given beta: it returns beta - sum of
// lambda_i*shares[i] = m*K, for the shares x_i*alpha of the trustees at
// indices. The caller has verified every share and counted that there are k;
// with fewer, or a wrong one, the result is a point that no small m gives.
// The discrete logarithm is group.LogTable's. Public values only.
func Combine(beta *group.Point, indices []uint64, shares []*group.Point) (*group.Point, error) {
	if len(shares) != len(indices) {
		return nil, fmt.Errorf("have %d shares of %d trustees", len(shares), len(indices))
	}
	lambdas, err := LagrangeAtZero(indices)
	if err != nil {
		return nil, err
	}
	return beta.Sub(group.VarTimeMultiMul(lambdas, shares)), nil
}
