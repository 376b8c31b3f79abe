package sigma

import (
	"bytes"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"rollcall/crypto/group"
)

func TestUnitVector(t *testing.T) {
	for n := range 6 {
		for _, choice := range []int{-1, 0, 1, 2, 3, 4, 5, 6, 1 << 32, 1<<32 + 1, -1 << 63} {
			for i, v := range UnitVector(n, choice) {
				if want := uint64(0); v != want && i != choice || i == choice && v != 1 {
					t.Errorf("UnitVector(%d, %d)[%d] is %d", n, choice, i, v)
				}
			}
		}
	}
}

func TestRandomBallots(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	enc := newKey(t)
	for range 30 {
		n := 2 + r.IntN(15)
		s := sealOne(t, enc, n, r.IntN(n))
		if err := VerifyUnitVector(s.st, s.proof); err != nil {
			t.Errorf("one of %d: %v", n, err)
		}
		limit := 1 + r.IntN(n)
		votes := make([]uint64, n)
		for _, i := range r.Perm(n)[:r.IntN(limit+1)] {
			votes[i] = 1
		}
		s = sealRange(t, enc, votes, limit)
		if err := VerifyRange(s.st, s.proof); err != nil {
			t.Errorf("%v up to %d: %v", votes, limit, err)
		}
	}
}

func TestLargestContest(t *testing.T) {
	s := sealOne(t, newKey(t), MaxOptions, MaxOptions-1)
	if err := VerifyUnitVector(s.st, s.proof); err != nil {
		t.Error(err)
	}
}

func TestProverRefuses(t *testing.T) {
	enc := newKey(t)
	s := encrypt(enc, []uint64{0, 1, 0}, 1)
	for _, choice := range []int{-1, 3, 1 << 40} {
		_, err := ProveUnitVector(enc, s.st, choice, s.randomness)
		wantError(t, err, nil, "choice is not one of 3 options")
	}
	_, err := ProveUnitVector(enc, s.st, 1, s.randomness[:2])
	wantError(t, err, nil, "randomness of 2 ciphertexts, want 3")
	_, err = ProveRange(enc, s.st, s.votes, append(s.randomness, s.randomness[0]))
	wantError(t, err, nil, "randomness of 4 ciphertexts, want 3")
	_, err = ProveUnitVector(newKey(t), s.st, 1, s.randomness)
	wantError(t, err, nil, "another joint key")
	_, err = ProveRange(newKey(t), s.st, s.votes, s.randomness)
	wantError(t, err, nil, "another joint key")
	for _, votes := range [][]uint64{{0, 2, 0}, {1, 1, 0}, {1, 1 << 63, 0}, {1 << 32, 0, 0}} {
		_, err := ProveRange(enc, s.st, votes, s.randomness)
		wantError(t, err, nil, "votes are not each 0 or 1 and within the limit")
	}
	for _, votes := range [][]uint64{nil, {0, 1}, {0, 1, 0, 0}} {
		_, err := ProveRange(enc, s.st, votes, s.randomness)
		wantError(t, err, nil, "want 3")
	}
	two := *s.st
	two.Limit = 2
	_, err = ProveUnitVector(enc, &two, 1, s.randomness)
	wantError(t, err, nil, "limit is 2, want 1")
}

// TestErrorsKeepTheChoice sees that a refused choice is not in the error.
func TestErrorsKeepTheChoice(t *testing.T) {
	enc := newKey(t)
	s := encrypt(enc, []uint64{0, 1, 0}, 1)
	_, err := ProveUnitVector(enc, s.st, 7777, s.randomness)
	if err == nil || strings.Contains(err.Error(), "7777") {
		t.Errorf("error is %v", err)
	}
}

// TestProverLeavesItsInputs alone: the booth needs the randomness again, to
// open a ballot that is tested.
func TestProverLeavesItsInputs(t *testing.T) {
	for _, k := range kinds {
		s := k.seal(t)
		for i, r := range s.randomness {
			if err := s.enc.VerifyOpening(s.st.Ciphertexts[i], s.votes[i], r); err != nil {
				t.Errorf("%s: option %d: %v", k.name, i, err)
			}
		}
	}
}

// TestProofsAreFresh proves one ballot twice: shared nonces would give the
// vote away.
func TestProofsAreFresh(t *testing.T) {
	s := sealOne(t, newKey(t), 3, 1)
	again, err := ProveUnitVector(s.enc, s.st, 1, s.randomness)
	if err != nil {
		t.Fatal(err)
	}
	ranges := make([][]byte, 2)
	for i := range ranges {
		if ranges[i], err = ProveRange(s.enc, s.st, s.votes, s.randomness); err != nil {
			t.Fatal(err)
		}
	}
	parts := func(proofs ...[]byte) [][]byte {
		var out [][]byte
		for _, p := range proofs {
			for w := range slices.Chunk(p, 32) {
				out = append(out, w)
			}
		}
		slices.SortFunc(out, bytes.Compare)
		return out
	}
	for name, all := range map[string][][]byte{"unit vector": parts(s.proof, again), "range": parts(ranges...)} {
		for i := 1; i < len(all); i++ {
			if bytes.Equal(all[i-1], all[i]) {
				t.Errorf("%s: a commitment, challenge or response stands twice", name)
			}
		}
	}
}

// TestRealBranchIsHidden tries the tests that a sloppy prover fails: the real
// branch's commitments must not be a multiple of K and G with one exponent
// that the challenge gives away, and no challenge is zero.
func TestRealBranchIsHidden(t *testing.T) {
	s := sealOne(t, newKey(t), 4, 2)
	branches, err := parseBranches(nil, s.proof, 4, optionLabel)
	if err != nil {
		t.Fatal(err)
	}
	for j, br := range branches {
		if br.c.IsZero() || br.z.IsZero() {
			t.Errorf("option %d has a challenge or response of zero", j)
		}
		if br.a.Equal(group.MulBase(br.z)) || br.b.Equal(s.st.Key.Mul(br.z)) {
			t.Errorf("option %d gives its nonce away", j)
		}
	}
}

// TestSecretsAreWiped looks at what a prover held once the proof is made.
func TestSecretsAreWiped(t *testing.T) {
	enc := newKey(t)
	p := newProver(group.RandomScalar(), number(1), smallValues(2), []int{0, 1, 0})
	commit(enc.Table(), p)
	for j := range p.e {
		if !p.e[j].IsZero() {
			t.Errorf("the exponent of commitment b of branch %d is still there", j)
		}
	}
	p.appendProof(nil, group.RandomScalar())
	if !p.randomness.IsZero() {
		t.Error("the randomness is still there")
	}
	for j := range p.branches {
		if !p.t[j].IsZero() || !p.branches[j].c.IsZero() || p.actual[j] != 0 {
			t.Errorf("secrets of branch %d are still there", j)
		}
	}
}
