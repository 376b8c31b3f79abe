package sigma

import (
	"bytes"
	"slices"
	"testing"

	"rollcall/crypto/elgamal"
	"rollcall/crypto/group"
)

// TestReplays checks an honest proof against every other statement an attacker
// would like it to be about. All that is not in the hash could be exchanged.
func TestReplays(t *testing.T) {
	for _, k := range kinds {
		s := k.seal(t)
		for _, tc := range []struct {
			name  string
			alter func(st *Statement)
		}{
			{"another election", func(st *Statement) { st.ElectionHash[63] ^= 1 }},
			{"another joint key", func(st *Statement) { st.Key = group.MulBase(group.RandomScalar()) }},
			{"another credential", func(st *Statement) { st.Credential[0] ^= 1 }},
			{"another contest", func(st *Statement) { st.Contest++ }},
			{"another unit", func(st *Statement) { st.Unit++ }},
			{"contest and unit exchanged", func(st *Statement) { st.Contest, st.Unit = st.Unit, st.Contest }},
			{"two ciphertexts exchanged", func(st *Statement) {
				st.Ciphertexts[0], st.Ciphertexts[2] = st.Ciphertexts[2], st.Ciphertexts[0]
			}},
			{"two ciphertexts of one number exchanged", func(st *Statement) {
				st.Ciphertexts[0], st.Ciphertexts[3] = st.Ciphertexts[3], st.Ciphertexts[0]
			}},
			{"ciphertexts rotated", func(st *Statement) {
				st.Ciphertexts = append(st.Ciphertexts[1:], st.Ciphertexts[0])
			}},
			{"alpha and beta exchanged", func(st *Statement) {
				c := st.Ciphertexts[1]
				st.Ciphertexts[1] = elgamal.Ciphertext{Alpha: c.Beta, Beta: c.Alpha}
			}},
			{"a vote added to one ciphertext", func(st *Statement) {
				st.Ciphertexts[1].Beta = st.Ciphertexts[1].Beta.Add(st.Key)
			}},
			{"a vote moved between ciphertexts", func(st *Statement) {
				st.Ciphertexts[2].Beta = st.Ciphertexts[2].Beta.Sub(st.Key)
				st.Ciphertexts[1].Beta = st.Ciphertexts[1].Beta.Add(st.Key)
			}},
			{"all ciphertexts negated", func(st *Statement) {
				for i, c := range st.Ciphertexts {
					st.Ciphertexts[i] = elgamal.Ciphertext{Alpha: c.Alpha.Neg(), Beta: c.Beta.Neg()}
				}
			}},
			{"one ciphertext twice", func(st *Statement) { st.Ciphertexts[1] = st.Ciphertexts[0] }},
		} {
			t.Run(k.name+"/"+tc.name, func(t *testing.T) {
				st := *s.st
				st.Ciphertexts = slices.Clone(s.st.Ciphertexts)
				tc.alter(&st)
				wantError(t, k.verify(&st, s.proof), ErrChallenge, "")
			})
		}
	}
}

// TestReplayUnderAnotherLimit has to fit the length as well: a range proof of
// another limit with branches for the sum cut off or repeated.
func TestReplayUnderAnotherLimit(t *testing.T) {
	s := sealRange(t, newKey(t), []uint64{0, 1, 0, 0}, 2)
	for _, tc := range []struct {
		limit int
		proof []byte
	}{
		{1, s.proof[:len(s.proof)-branchSize]},
		{3, append(bytes.Clone(s.proof), s.proof[len(s.proof)-branchSize:]...)},
	} {
		st := *s.st
		st.Limit = tc.limit
		wantError(t, VerifyRange(&st, s.proof), nil, "proof has")
		wantError(t, VerifyRange(&st, tc.proof), ErrChallenge, "")
	}
}

// TestReplayWithOptionsAddedOrDropped resizes contest and proof together.
func TestReplayWithOptionsAddedOrDropped(t *testing.T) {
	s := sealOne(t, newKey(t), 4, 1)
	st := *s.st
	st.Ciphertexts = s.st.Ciphertexts[:3]
	wantError(t, VerifyUnitVector(&st, s.proof[:3*branchSize]), ErrChallenge, "")
	st.Ciphertexts = append(slices.Clone(s.st.Ciphertexts), s.enc.Encrypt(0, group.RandomScalar()))
	wantError(t, VerifyUnitVector(&st, append(bytes.Clone(s.proof), s.proof[:branchSize]...)), ErrChallenge, "")
}

// TestRerandomised makes another ballot of the same vote without knowing the
// vote, and moves the responses along: if ciphertexts were left out of the
// challenge, as in Helios, this range proof would hold.
func TestRerandomised(t *testing.T) {
	s := sealRange(t, newKey(t), []uint64{0, 1, 1, 0}, 2)
	st := *s.st
	st.Ciphertexts = slices.Clone(s.st.Ciphertexts)
	proof := bytes.Clone(s.proof)
	total := new(group.Scalar)
	move := func(branch int, r *group.Scalar) {
		c, err := group.ParseScalar(proof[branch*branchSize+offC : branch*branchSize+offZ])
		if err != nil {
			t.Fatal(err)
		}
		addScalar(t, proof, branch*branchSize+offZ, c.Mul(r))
	}
	for i := range st.Ciphertexts {
		r := group.RandomScalar()
		total = total.Add(r)
		st.Ciphertexts[i] = st.Ciphertexts[i].Add(s.enc.Encrypt(0, r))
		move(2*i, r)
		move(2*i+1, r)
	}
	for j := range 3 {
		move(8+j, total)
	}
	equationsHold(t, &st, proof)
	wantError(t, VerifyRange(&st, proof), ErrChallenge, "option 0")
}

// equationsHold checks that a forged range proof over {0, 1} and the sum
// satisfies all equations: that only the challenge stands against it.
func equationsHold(t *testing.T, st *Statement, proof []byte) {
	t.Helper()
	values := smallValues(st.Limit)
	var equations []group.Equation
	for i, ct := range append(slices.Clone(st.Ciphertexts), elgamal.Sum(st.Ciphertexts)) {
		size := 2
		if i == len(st.Ciphertexts) {
			size = st.Limit + 1
		}
		branches, err := parseBranches(nil, proof, size, optionLabel)
		if err != nil {
			t.Fatal(err)
		}
		proof = proof[size*branchSize:]
		equations = appendEquations(equations, ct.Alpha, ct.Beta, values[:size], branches, optionLabel)
	}
	if err := group.VarTimeCheckAll(equations, st.Key); err != nil {
		t.Errorf("the attack does not even satisfy the equations: %v", err)
	}
}

func TestStatementsRefused(t *testing.T) {
	for _, k := range kinds {
		s := k.seal(t)
		for _, tc := range []struct {
			name  string
			alter func(st *Statement)
			want  error
			text  string
		}{
			{"no options", func(st *Statement) { st.Ciphertexts = nil }, nil, "0 options"},
			{"one option", func(st *Statement) { st.Ciphertexts = st.Ciphertexts[:1] }, nil, "1 options"},
			{"too many options", func(st *Statement) {
				st.Ciphertexts = slices.Repeat(st.Ciphertexts, MaxOptions/4+1)
			}, nil, "1004 options"},
			{"limit 0", func(st *Statement) { st.Limit = 0 }, nil, "limit is 0"},
			{"negative limit", func(st *Statement) { st.Limit = -1 }, nil, "limit is -1"},
			{"limit above the options", func(st *Statement) { st.Limit = 5 }, nil, "limit is 5"},
			{"no key", func(st *Statement) { st.Key = nil }, group.ErrIdentity, "joint key"},
			{"identity as key", func(st *Statement) { st.Key = group.Identity() }, group.ErrIdentity, "joint key"},
			{"identity as alpha", func(st *Statement) { st.Ciphertexts[1].Alpha = group.Identity() }, group.ErrIdentity, "option 1: alpha"},
			{"identity as beta", func(st *Statement) { st.Ciphertexts[3].Beta = group.Identity() }, group.ErrIdentity, "option 3: beta"},
			{"empty ciphertext", func(st *Statement) { st.Ciphertexts[2] = elgamal.Ciphertext{} }, group.ErrIdentity, "option 2: alpha"},
		} {
			t.Run(k.name+"/"+tc.name, func(t *testing.T) {
				st := *s.st
				st.Ciphertexts = slices.Clone(s.st.Ciphertexts)
				tc.alter(&st)
				wantError(t, k.verify(&st, s.proof), tc.want, tc.text)
				_, err := ProveUnitVector(s.enc, &st, 0, s.randomness)
				wantError(t, err, tc.want, tc.text)
				_, err = ProveRange(s.enc, &st, s.votes, s.randomness)
				wantError(t, err, tc.want, tc.text)
			})
		}
	}
	s := sealRange(t, newKey(t), []uint64{0, 1, 1, 0}, 2)
	wantError(t, VerifyUnitVector(s.st, make([]byte, UnitVectorProofSize(4))), nil, "limit is 2, want 1")
}
