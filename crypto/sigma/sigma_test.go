package sigma

import (
	"testing"

	"rollcall/crypto/elgamal"
	"rollcall/crypto/group"
)

// sealed is a contest with everything its prover knows.
type sealed struct {
	enc        *elgamal.Encryptor
	st         *Statement
	votes      []uint64
	randomness []*group.Scalar
	proof      []byte
}

// newKey returns an encryptor to a fresh key.
func newKey(t testing.TB) *elgamal.Encryptor {
	t.Helper()
	enc, err := elgamal.NewEncryptor(group.MulBase(group.RandomScalar()))
	if err != nil {
		t.Fatal(err)
	}
	return enc
}

// encrypt seals votes without a proof.
func encrypt(enc *elgamal.Encryptor, votes []uint64, limit int) *sealed {
	s := &sealed{enc: enc, votes: votes, st: &Statement{
		ElectionHash: [64]byte{1, 2, 3},
		Key:          enc.Key(),
		Credential:   [32]byte{4, 5, 6},
		Contest:      7,
		Unit:         8,
		Limit:        limit,
	}}
	for range votes {
		s.randomness = append(s.randomness, group.RandomScalar())
	}
	s.st.Ciphertexts = enc.EncryptAll(votes, s.randomness)
	return s
}

// sealOne seals a vote for one of n options.
func sealOne(t testing.TB, enc *elgamal.Encryptor, n, choice int) *sealed {
	t.Helper()
	s := encrypt(enc, UnitVector(n, choice), 1)
	var err error
	if s.proof, err = ProveUnitVector(enc, s.st, choice, s.randomness); err != nil {
		t.Fatal(err)
	}
	return s
}

// sealRange seals a vote for up to limit options.
func sealRange(t testing.TB, enc *elgamal.Encryptor, votes []uint64, limit int) *sealed {
	t.Helper()
	s := encrypt(enc, votes, limit)
	var err error
	if s.proof, err = ProveRange(enc, s.st, votes, s.randomness); err != nil {
		t.Fatal(err)
	}
	return s
}

func TestUnitVectorRoundTrip(t *testing.T) {
	enc := newKey(t)
	for _, n := range []int{2, 3, 11} {
		for choice := range n {
			s := sealOne(t, enc, n, choice)
			if len(s.proof) != UnitVectorProofSize(n) {
				t.Fatalf("%d options: proof has %d bytes", n, len(s.proof))
			}
			if err := VerifyUnitVector(s.st, s.proof); err != nil {
				t.Fatalf("%d options, choice %d: %v", n, choice, err)
			}
		}
	}
}

func TestRangeRoundTrip(t *testing.T) {
	enc := newKey(t)
	for _, tc := range []struct {
		votes []uint64
		limit int
	}{
		{[]uint64{0, 0}, 1},
		{[]uint64{0, 1}, 1},
		{[]uint64{1, 0}, 2},
		{[]uint64{1, 1}, 2},
		{[]uint64{0, 0, 0, 0, 0}, 2},
		{[]uint64{0, 1, 0, 0, 1}, 2},
		{[]uint64{1, 1, 1, 1, 1}, 5},
	} {
		s := sealRange(t, enc, tc.votes, tc.limit)
		if len(s.proof) != RangeProofSize(len(tc.votes), tc.limit) {
			t.Fatalf("%v: proof has %d bytes", tc.votes, len(s.proof))
		}
		if err := VerifyRange(s.st, s.proof); err != nil {
			t.Fatalf("%v up to %d: %v", tc.votes, tc.limit, err)
		}
	}
}
