package sigma

import (
	"fmt"

	"rollcall/crypto/elgamal"
	"rollcall/crypto/group"
	"rollcall/crypto/transcript"
)

const unitVectorTag = "rollcall/v1/proof/unit-vector"

// UnitVectorProofSize returns the size in bytes of a proof about n options.
func UnitVectorProofSize(n int) int { return n * branchSize }

// UnitVector returns n numbers, 1 at choice and else 0, without branching on
// choice: what to encrypt for a vote for one. All are 0 if choice is not in
// 0..n-1.
func UnitVector(n, choice int) []uint64 {
	v := make([]uint64, n)
	for i := range v {
		v[i] = uint64(equalInt(i, choice))
	}
	return v
}

// ProveUnitVector proves that the ciphertexts of st hold 1 at choice, from 0,
// and 0 elsewhere. Randomness r_i is that of ciphertext i; it is not kept. The
// proof is of UnitVectorProofSize bytes. Time and memory access do not depend
// on choice. If the ciphertexts hold something else the proof will not verify.
func ProveUnitVector(enc *elgamal.Encryptor, st *Statement, choice int, randomness []*group.Scalar) ([]byte, error) {
	if err := st.checkProver(enc, randomness); err != nil {
		return nil, err
	}
	n := len(st.Ciphertexts)
	if st.Limit != 1 {
		return nil, fmt.Errorf("limit is %d, want 1 for a unit vector", st.Limit)
	}
	if choice < 0 || choice >= n {
		return nil, fmt.Errorf("choice is not one of %d options", n) // the choice is a secret
	}
	digest := st.digest(unitVectorTag)
	weights := unitVectorWeights(digest, n)
	r, value, actual := new(group.Scalar), new(group.Scalar), make([]int, n)
	for i, w := range weights {
		actual[i] = equalInt(i, choice)
		r = r.Add(w.Mul(randomness[i]))
		value = value.Add(group.SelectScalar(w, new(group.Scalar), actual[i]))
	}
	p := newProver(r, value, weights, actual)
	value.Wipe()
	commit(enc.Table(), p)
	c := challenge(unitVectorTag, digest, p.branches)
	return p.appendProof(make([]byte, 0, UnitVectorProofSize(n)), c), nil
}

// UnitVectorEquations decodes a proof and returns what must hold for it to be
// valid: two equations an option, with K the Key of st. Everything that is no
// equation between points (lengths, encodings, the sum of challenges) has been
// checked when it returns without error. The decoder's hints are those of the
// commitments, branch by branch; it may be nil. Public values only.
func UnitVectorEquations(d *group.Decoder, st *Statement, proof []byte) ([]group.Equation, error) {
	if err := st.check(); err != nil {
		return nil, err
	}
	n := len(st.Ciphertexts)
	if st.Limit != 1 {
		return nil, fmt.Errorf("limit is %d, want 1 for a unit vector", st.Limit)
	}
	if len(proof) != UnitVectorProofSize(n) {
		return nil, fmt.Errorf("proof has %d bytes, want %d", len(proof), UnitVectorProofSize(n))
	}
	branches, err := parseBranches(d, proof, n, optionLabel)
	if err != nil {
		return nil, err
	}
	digest := st.digest(unitVectorTag)
	c := challenge(unitVectorTag, digest, branches)
	if err := sumOfChallenges(branches, c); err != nil {
		return nil, err
	}
	weights := unitVectorWeights(digest, n)
	alphas, betas := split(st.Ciphertexts)
	a, b := group.VarTimeCombination(weights, alphas), group.VarTimeCombination(weights, betas)
	return appendEquations(make([]group.Equation, 0, 2*n), a, b, weights, branches, optionLabel), nil
}

// VerifyUnitVector checks a proof. The error names what does not match.
func VerifyUnitVector(st *Statement, proof []byte) error {
	equations, err := UnitVectorEquations(nil, st, proof)
	if err != nil {
		return err
	}
	return group.VarTimeCheckTogether(equations, st.Key)
}

// unitVectorWeights returns the weights w_i, powers of a hash of the whole statement.
// They come after the ciphertexts are fixed, so that ciphertexts of anything
// but a unit vector have a weighted sum that is none of the w_j.
func unitVectorWeights(digest []byte, n int) []*group.Scalar {
	return transcript.New(unitVectorTag + "/weight").Bytes(digest).Challenge().Powers(n)
}

// challenge hashes the statement's digest and all commitments of a proof: a and b
// of every branch of every disjunction.
func challenge(tag string, digest []byte, disjunctions ...[]branch) *group.Scalar {
	n := 0
	for _, branches := range disjunctions {
		n += len(branches)
	}
	return transcript.New(tag+"/challenge").Bytes(digest).
		Public(n*2*group.PointSize, func(to []byte) []byte {
			for _, branches := range disjunctions {
				for _, br := range branches {
					to = br.b.AppendTo(br.a.AppendTo(to))
				}
			}
			return to
		}).Challenge()
}
