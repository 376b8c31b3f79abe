package sigma

import (
	"errors"
	"fmt"

	"rollcall/crypto/elgamal"
	"rollcall/crypto/group"
)

const rangeTag = "rollcall/v1/proof/range"

// RangeProofSize returns the size in bytes of a proof about n options of which
// at most limit may be chosen: two branches an option and limit+1 for the sum.
func RangeProofSize(n, limit int) int { return (2*n + limit + 1) * branchSize }

// ProveRange proves that each ciphertext of st holds 0 or 1 and that all of
// them together hold at most st.Limit. Votes are the numbers encrypted, and
// randomness r_i is that of ciphertext i; neither is kept. The proof is of
// RangeProofSize bytes. Time and memory access do not depend on votes that are
// within the limit. If the ciphertexts hold something else the proof will not
// verify.
func ProveRange(enc *elgamal.Encryptor, st *Statement, votes []uint64, randomness []*group.Scalar) ([]byte, error) {
	if err := st.checkProver(enc, randomness); err != nil {
		return nil, err
	}
	n := len(st.Ciphertexts)
	if len(votes) != n {
		return nil, fmt.Errorf("have votes for %d options, want %d", len(votes), n)
	}
	sum, over := 0, uint64(0)
	for _, v := range votes {
		over |= v >> 1
		sum += int(v & 1)
	}
	if over != 0 || sum > st.Limit {
		return nil, errors.New("votes are not each 0 or 1 and within the limit") // which is a secret
	}

	values := smallValues(st.Limit)
	provers := make([]*disjunctionProver, 0, n+1)
	total := new(group.Scalar)
	for i, v := range votes {
		actual := []int{equalInt(int(v), 0), equalInt(int(v), 1)}
		r := randomness[i].Add(new(group.Scalar)) // a copy, which commit takes over
		provers = append(provers, newProver(r, group.ScalarFromUint64(v), values[:2], actual))
		total = total.Add(randomness[i])
	}
	actual := make([]int, st.Limit+1)
	for j := range actual {
		actual[j] = equalInt(j, sum)
	}
	provers = append(provers, newProver(total, group.ScalarFromUint64(uint64(sum)), values, actual))
	commit(enc.Table(), provers...)

	disjunctions := make([][]branch, len(provers))
	for i, p := range provers {
		disjunctions[i] = p.branches
	}
	c := challenge(rangeTag, st.digest(rangeTag), disjunctions...)
	proof := make([]byte, 0, RangeProofSize(n, st.Limit))
	for _, p := range provers {
		proof = p.appendProof(proof, c)
	}
	return proof, nil
}

// RangeEquations decodes a proof and returns what must hold for it to be valid:
// four equations an option and 2*(limit+1) for the sum, with K the Key of st.
// Everything that is no equation between points (lengths, encodings, the sums
// of challenges) has been checked when it returns without error. The decoder's
// hints are those of the commitments, branch by branch; it may be nil. Public
// values only.
func RangeEquations(d *group.Decoder, st *Statement, proof []byte) ([]group.Equation, error) {
	if err := st.check(); err != nil {
		return nil, err
	}
	n := len(st.Ciphertexts)
	if len(proof) != RangeProofSize(n, st.Limit) {
		return nil, fmt.Errorf("proof has %d bytes, want %d", len(proof), RangeProofSize(n, st.Limit))
	}
	// The last disjunction is that of the sum.
	parts := make([]part, 0, n+1)
	for i, ct := range st.Ciphertexts {
		parts = append(parts, part{ct, 2, optionLabel(i)})
	}
	alphas, betas := split(st.Ciphertexts)
	sum := elgamal.Ciphertext{Alpha: group.VarTimeCombination(nil, alphas), Beta: group.VarTimeCombination(nil, betas)}
	parts = append(parts, part{sum, st.Limit + 1, "sum"})

	disjunctions := make([][]branch, len(parts))
	for i := range parts {
		p := &parts[i]
		var err error
		if disjunctions[i], err = parseBranches(d, proof, p.size, valueLabel(p.name)); err != nil {
			return nil, err
		}
		proof = proof[p.size*branchSize:]
	}
	c := challenge(rangeTag, st.digest(rangeTag), disjunctions...)
	values := smallValues(st.Limit)
	var equations []group.Equation
	for i, p := range parts {
		if err := sumOfChallenges(disjunctions[i], c); err != nil {
			return nil, fmt.Errorf("%s: %w", p.name, err)
		}
		equations = appendEquations(equations, p.ct.Alpha, p.ct.Beta, values[:p.size], disjunctions[i], valueLabel(p.name))
	}
	return equations, nil
}

// part is one disjunction of a range proof: ct encrypts one of 0..size-1.
type part struct {
	ct   elgamal.Ciphertext
	size int
	name string
}

// VerifyRange checks a proof. The error names what does not match.
func VerifyRange(st *Statement, proof []byte) error {
	equations, err := RangeEquations(nil, st, proof)
	if err != nil {
		return err
	}
	return group.VarTimeCheckTogether(equations, st.Key)
}

// smallValues returns the scalars 0..most, for a most of at least 1.
func smallValues(most int) []*group.Scalar {
	v := make([]*group.Scalar, most+1)
	for j := range v {
		v[j] = group.ScalarFromUint64(uint64(j))
	}
	return v
}
