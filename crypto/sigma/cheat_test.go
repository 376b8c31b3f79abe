package sigma

import (
	"testing"

	"rollcall/crypto/elgamal"
	"rollcall/crypto/group"
	"rollcall/crypto/transcript"
)

// number is a possibly negative plaintext.
func number(n int64) *group.Scalar {
	if n < 0 {
		return group.ScalarFromUint64(uint64(-n)).Neg()
	}
	return group.ScalarFromUint64(uint64(n))
}

// stuff encrypts any numbers, as no honest booth would.
func stuff(enc *elgamal.Encryptor, limit int, numbers ...*group.Scalar) *sealed {
	s := encrypt(enc, make([]uint64, len(numbers)), limit)
	for i, m := range numbers {
		c := &s.st.Ciphertexts[i]
		c.Beta = c.Beta.Add(enc.Key().Mul(m)).Encoded()
	}
	return s
}

// cheatUnitVector is the best a prover of numbers that are no unit vector can
// do: it simulates all branches but claimed and answers that as if it were
// real.
func cheatUnitVector(s *sealed, claimed int, numbers []*group.Scalar) []byte {
	digest := s.st.digest(unitVectorTag)
	weights := unitVectorWeights(digest, len(numbers))
	r, value, actual := new(group.Scalar), new(group.Scalar), make([]int, len(numbers))
	for i, w := range weights {
		r, value = r.Add(w.Mul(s.randomness[i])), value.Add(w.Mul(numbers[i]))
	}
	actual[claimed] = 1
	p := newProver(r, value, weights, actual)
	commit(s.enc.Table(), p)
	return p.appendProof(nil, challenge(unitVectorTag, digest, p.branches))
}

func TestFalseUnitVectors(t *testing.T) {
	enc := newKey(t)
	huge := group.ScalarFromUint64(2).Invert() // half a vote
	for _, tc := range []struct {
		name    string
		numbers []*group.Scalar
	}{
		{"two votes", []*group.Scalar{number(1), number(1), number(0)}},
		{"no vote", []*group.Scalar{number(0), number(0), number(0)}},
		{"all votes", []*group.Scalar{number(1), number(1), number(1)}},
		{"a vote of 2", []*group.Scalar{number(2), number(0), number(0)}},
		{"a vote of -1", []*group.Scalar{number(-1), number(0), number(0)}},
		{"sum 1 with a negative vote", []*group.Scalar{number(2), number(-1), number(0)}},
		{"sum 1 with large votes", []*group.Scalar{number(1000), number(-999), number(0)}},
		{"halves", []*group.Scalar{huge, huge, number(0)}},
		{"a vote of 2^64", []*group.Scalar{number(1 << 62).Mul(number(4)), number(0), number(0)}},
	} {
		s := stuff(enc, 1, tc.numbers...)
		for claimed := range tc.numbers {
			label := optionLabel(claimed) + ": response to beta"
			t.Run(tc.name+"/"+label, func(t *testing.T) {
				wantError(t, VerifyUnitVector(s.st, cheatUnitVector(s, claimed, tc.numbers)), group.ErrEquation, label)
				// Nor does it help to run the honest prover.
				proof, err := ProveUnitVector(enc, s.st, claimed, s.randomness)
				if err != nil {
					t.Fatal(err)
				}
				wantError(t, VerifyUnitVector(s.st, proof), group.ErrEquation, "response to beta")
			})
		}
	}
	// The cheat itself is sound: of a unit vector its proof holds.
	honest := []*group.Scalar{number(0), number(1), number(0)}
	s := stuff(enc, 1, honest...)
	if err := VerifyUnitVector(s.st, cheatUnitVector(s, 1, honest)); err != nil {
		t.Errorf("unit vector: %v", err)
	}
}

// TestWeightsKnownBefore makes ciphertexts for weights that are known: with
// fixed weights, or weights that leave out a ciphertext, m_0 = 1 + x*w_1 and
// m_1 = -x*w_0 would pass for a vote for option 0.
func TestWeightsKnownBefore(t *testing.T) {
	enc := newKey(t)
	s := sealOne(t, enc, 3, 0)
	w := unitVectorWeights(s.st.digest(unitVectorTag), 3)
	x := number(1000)
	numbers := []*group.Scalar{number(1).Add(x.Mul(w[1])), x.Mul(w[0]).Neg(), number(0)}
	sum := new(group.Scalar)
	for i := range numbers {
		sum = sum.Add(w[i].Mul(numbers[i]))
	}
	if !sum.Equal(w[0]) {
		t.Fatal("the attack does not even fool the weights it was made for")
	}
	forged := stuff(enc, 1, numbers...)
	wantError(t, VerifyUnitVector(forged.st, cheatUnitVector(forged, 0, numbers)), group.ErrEquation, "option 0: response to beta")
	// Keeping two ciphertexts and changing the third moves the weights too.
	forged.st.Ciphertexts[2] = s.st.Ciphertexts[2]
	if unitVectorWeights(forged.st.digest(unitVectorTag), 3)[1].Equal(w[1]) {
		t.Error("weights do not depend on every ciphertext")
	}
}

// cheatRange is cheatUnitVector for range proofs: claims holds the branch that
// is answered as real of every disjunction.
func cheatRange(s *sealed, claims []int, numbers []*group.Scalar) []byte {
	values := smallValues(s.st.Limit)
	total, sum := new(group.Scalar), new(group.Scalar)
	var provers []*disjunctionProver
	var disjunctions [][]branch
	add := func(r, m *group.Scalar, size int) {
		actual := make([]int, size)
		actual[claims[len(provers)]] = 1
		p := newProver(r, m, values[:size], actual)
		commit(s.enc.Table(), p)
		provers, disjunctions = append(provers, p), append(disjunctions, p.branches)
	}
	for i, m := range numbers {
		total, sum = total.Add(s.randomness[i]), sum.Add(m)
		add(s.randomness[i].Add(number(0)), m, 2)
	}
	add(total, sum, s.st.Limit+1)
	c := challenge(rangeTag, s.st.digest(rangeTag), disjunctions...)
	var proof []byte
	for _, p := range provers {
		proof = p.appendProof(proof, c)
	}
	return proof
}

func TestFalseRanges(t *testing.T) {
	enc := newKey(t)
	for _, tc := range []struct {
		name    string
		limit   int
		numbers []*group.Scalar
		claims  []int
		label   string
	}{
		{"a vote of 2", 2, []*group.Scalar{number(2), number(0), number(0)}, []int{1, 0, 0, 2}, "option 0, value 1: response to beta"},
		{"a vote of 2, said to be 0", 2, []*group.Scalar{number(2), number(0), number(0)}, []int{0, 0, 0, 2}, "option 0, value 0: response to beta"},
		{"a vote of -1", 2, []*group.Scalar{number(1), number(-1), number(0)}, []int{1, 0, 0, 0}, "option 1, value 0: response to beta"},
		{"a vote of -1 that makes room", 1, []*group.Scalar{number(1), number(1), number(-1)}, []int{1, 1, 0, 1}, "option 2, value 0: response to beta"},
		{"one more than the limit", 2, []*group.Scalar{number(1), number(1), number(1)}, []int{1, 1, 1, 2}, "sum, value 2: response to beta"},
		{"two votes of one", 1, []*group.Scalar{number(1), number(1), number(0)}, []int{1, 1, 0, 0}, "sum, value 0: response to beta"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			s := stuff(enc, tc.limit, tc.numbers...)
			wantError(t, VerifyRange(s.st, cheatRange(s, tc.claims, tc.numbers)), group.ErrEquation, tc.label)
		})
	}
	honest := []*group.Scalar{number(1), number(0), number(1)}
	s := stuff(enc, 2, honest...)
	if err := VerifyRange(s.st, cheatRange(s, []int{1, 0, 1, 2}, honest)); err != nil {
		t.Errorf("two votes of two: %v", err)
	}
}

// TestCommitmentsAfterTheChallenge picks challenges and responses first and
// solves every equation for the commitments. All equations hold for a ballot
// of two votes; the hash of the commitments is what it can not meet.
func TestCommitmentsAfterTheChallenge(t *testing.T) {
	enc := newKey(t)
	s := stuff(enc, 1, number(1), number(1), number(0))
	weights := unitVectorWeights(s.st.digest(unitVectorTag), 3)
	var a, b *group.Point = group.Identity(), group.Identity()
	for i, w := range weights {
		a, b = a.Add(s.st.Ciphertexts[i].Alpha.Mul(w)), b.Add(s.st.Ciphertexts[i].Beta.Mul(w))
	}
	var proof []byte
	for _, v := range weights {
		c, z := group.RandomScalar(), group.RandomScalar()
		proof = append(proof, group.MulBase(z).Sub(a.Mul(c)).Bytes()...)
		proof = append(proof, enc.Key().Mul(z).Sub(b.Sub(enc.Key().Mul(v)).Mul(c)).Bytes()...)
		proof = append(proof, c.Bytes()...)
		proof = append(proof, z.Bytes()...)
	}
	branches, err := parseBranches(nil, proof, 3, optionLabel)
	if err != nil {
		t.Fatal(err)
	}
	if err := group.VarTimeCheckAll(appendEquations(nil, a, b, weights, branches, optionLabel), s.st.Key); err != nil {
		t.Fatalf("the attack does not even satisfy the equations: %v", err)
	}
	wantError(t, VerifyUnitVector(s.st, proof), ErrChallenge, "")
}

// TestStatementAfterTheChallenge is the attack on Helios: if the challenge is
// the hash of the commitments alone, commitments with t_0 - u_0 = d give a
// proof that an encryption of d/c is 0 or 1, for a ciphertext made afterwards.
// Here it is done to both options and the sum of a contest.
func TestStatementAfterTheChallenge(t *testing.T) {
	enc := newKey(t)
	s := encrypt(enc, []uint64{0, 0}, 1)
	d := []*group.Scalar{group.RandomScalar(), group.RandomScalar()}
	d = append(d, d[0].Add(d[1])) // of the sum
	var t0, t1 []*group.Scalar
	var commitments []byte
	for i := range d {
		t0, t1 = append(t0, group.RandomScalar()), append(t1, group.RandomScalar())
		for _, p := range []*group.Point{
			group.MulBase(t0[i]), enc.Key().Mul(t0[i].Sub(d[i])), // branch 0
			group.MulBase(t1[i]), enc.Key().Mul(t1[i]), // branch 1, to be answered for challenge 0
		} {
			commitments = append(commitments, p.Bytes()...)
		}
	}
	weak := transcript.New(rangeTag + "/challenge").Bytes(commitments).Challenge()
	r := append(s.randomness, s.randomness[0].Add(s.randomness[1]))
	var proof []byte
	for i := range d {
		if i < 2 { // the statement, at last: an encryption of d/c
			s.st.Ciphertexts[i].Beta = enc.Key().Mul(r[i].Add(d[i].Mul(weak.Invert())))
		}
		proof = append(proof, commitments[128*i:128*i+64]...)
		proof = append(proof, weak.Bytes()...)
		proof = append(proof, t0[i].Add(weak.Mul(r[i])).Bytes()...)
		proof = append(proof, commitments[128*i+64:128*i+128]...)
		proof = append(proof, new(group.Scalar).Bytes()...)
		proof = append(proof, t1[i].Bytes()...)
	}
	equationsHold(t, s.st, proof)
	wantError(t, VerifyRange(s.st, proof), ErrChallenge, "option 0")
}
