package threshold

import (
	"slices"
	"testing"

	"rollcall/crypto/elgamal"
	"rollcall/crypto/group"
)

// TestZeroSecret: with Y the identity every share is, and would verify.
func TestZeroSecret(t *testing.T) {
	h := newHonest(t)
	st := *h.st
	st.VerificationShare = group.Identity()
	_, _, err := Prove(&st, new(group.Scalar))
	wantError(t, err, group.ErrIdentity, "verification share")
}

// TestRandomnessThatAddsUpToZero: a booth that seals with r and then with -r
// makes sums with the identity as alpha. They must be decrypted like all
// others, or one booth could stall the count of the whole election.
func TestRandomnessThatAddsUpToZero(t *testing.T) {
	tr := newTrustees(2, 3)
	enc, err := elgamal.NewEncryptor(tr.key)
	if err != nil {
		t.Fatal(err)
	}
	r := group.RandomScalar()
	cancelled := enc.Encrypt(1, r).Add(enc.Encrypt(1, r.Neg()))
	for name, sums := range map[string][]elgamal.Ciphertext{
		"one of three": {enc.Encrypt(5, group.RandomScalar()), cancelled, enc.Encrypt(7, group.RandomScalar())},
		"all":          {cancelled, cancelled},
	} {
		var columns [][]*group.Point
		for i := 1; i <= 2; i++ {
			st := tr.statement(i, sums)
			shares, proof, err := Prove(st, tr.secret[i-1])
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			var wire []byte
			for _, d := range shares {
				wire = append(wire, d.Bytes()...)
			}
			if shares, err = ParseShares(wire, len(sums)); err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			if err := Verify(st, shares, proof); err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			columns = append(columns, shares)

			// Any other share of it is as false as of other sums.
			wrong := slices.Clone(shares)
			wrong[1] = tr.key
			wantError(t, Verify(st, wrong, forge(st, tr.secret[i-1], wrong)), group.ErrEquation, "response to the shares")
		}
		m, err := Combine(sums[1].Beta, []uint64{1, 2}, []*group.Point{columns[0][1], columns[1][1]})
		if err != nil || !m.Equal(tr.key.Mul(group.ScalarFromUint64(2))) {
			t.Errorf("%s: the total is not 2: %v", name, err)
		}
	}
}

// TestIdentityAsShare of a sum whose alpha is something else, by a trustee who
// proves it as well as it can.
func TestIdentityAsShare(t *testing.T) {
	h := newHonest(t)
	shares := slices.Clone(h.shares)
	shares[1] = group.Identity()
	wantError(t, Verify(h.st, shares, forge(h.st, h.tr.secret[1], shares)), group.ErrEquation, "response to the shares")
	for i := range shares {
		shares[i] = group.Identity()
	}
	wantError(t, Verify(h.st, shares, forge(h.st, h.tr.secret[1], shares)), group.ErrEquation, "response to the shares")
	wantError(t, Verify(h.st, shares, forge(h.st, new(group.Scalar), shares)), group.ErrEquation, "response to the verification share")
}
