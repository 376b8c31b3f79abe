package entry

import (
	"errors"
	"strings"
	"testing"

	"rollcall/crypto/schnorr"
)

// verifySample verifies an entry under the keys that sign samples of a kind.
func verifySample(e *Entry, hash []byte, k Kind) error {
	var keys []schnorr.PublicKey
	for _, s := range signers(k) {
		keys = append(keys, s.Public())
	}
	return e.VerifySignatures(hash, keys...)
}

func TestSignatures(t *testing.T) {
	for _, b := range sampleBodies() {
		hash := sampleHash()
		if b.Kind() == KindManifest {
			hash = nil
		}
		if err := verifySample(mustSign(t, b), hash, b.Kind()); err != nil {
			t.Errorf("%v", err)
		}
	}
}

// TestReplay takes valid signatures elsewhere: to another election, kind,
// signer, body and place. None may hold.
func TestReplay(t *testing.T) {
	hash, other := sampleHash(), sampleHash()
	other[63] ^= 1
	first, second := testKey("signer 0"), testKey("signer 1")
	cast := mustSign(t, &Cast{Ballot: 10, Leaf: fill(1, 32)})
	end := mustSign(t, &End{Close: 13})

	// with puts signatures on a body of another entry.
	with := func(body Body, signatures []Signature) *Entry {
		t.Helper()
		b, err := marshal(string(body.Kind()), body)
		if err != nil {
			t.Fatal(err)
		}
		raw, err := marshal("entry", &envelope{Kind: string(body.Kind()), Body: b, Signatures: signatures})
		if err != nil {
			t.Fatal(err)
		}
		e, err := Decode(raw)
		if err != nil {
			t.Fatal(err)
		}
		return e
	}
	renamed := []Signature{{Signer: second.Public().Bytes(), Value: end.Signatures[0].Value}}
	swapped := []Signature{cast.Signatures[1], cast.Signatures[0]}
	one, two := first.Public(), second.Public()
	for _, c := range []struct {
		name string
		err  error
		is   error
		want string
	}{
		{"another election", end.VerifySignatures(other, one), schnorr.ErrSignature, "end: signature 0: "},
		{"no election", end.VerifySignatures(nil, one), schnorr.ErrSignature, "end: signature 0: "},
		{"another body", with(&End{Close: 14}, end.Signatures).VerifySignatures(hash, one), schnorr.ErrSignature, "end: signature 0: "},
		{"another kind", with(&Close{Index: 13, Root: fill(3, 32)}, end.Signatures).VerifySignatures(hash, one), schnorr.ErrSignature, "close: signature 0: "},
		{"another signer expected", end.VerifySignatures(hash, two), ErrSigner, "end: signature 0: "},
		{"another signer named", with(&End{Close: 13}, renamed).VerifySignatures(hash, two), schnorr.ErrSignature, "end: signature 0: "},
		{"signers swapped", with(&Cast{Ballot: 10, Leaf: fill(1, 32)}, swapped).VerifySignatures(hash, one, two), ErrSigner, "cast: signature 0: "},
		{"second by another", cast.VerifySignatures(hash, one, testKey("elsewhere").Public()), ErrSigner, "cast: signature 1: "},
		{"one signer for two", cast.VerifySignatures(hash, one), nil, "cast: 2 signatures, want 1"},
		{"two signers for one", end.VerifySignatures(hash, one, two), nil, "end: 1 signatures, want 2"},
	} {
		switch {
		case c.err == nil:
			t.Errorf("%s: holds", c.name)
		case !strings.HasPrefix(c.err.Error(), c.want), c.is != nil && !errors.Is(c.err, c.is):
			t.Errorf("%s: error %q", c.name, c.err)
		}
	}
}

// TestKindInMessage holds that the same body bytes under two kinds give two
// messages, for every pair of kinds.
func TestKindInMessage(t *testing.T) {
	seen := map[string]Kind{}
	for _, b := range sampleBodies() {
		m := string(SignedMessage(b.Kind(), sampleHash(), fill(0, 32), [32]byte{0xa0}))
		if other, ok := seen[m]; ok {
			t.Errorf("%s and %s have one message", b.Kind(), other)
		}
		seen[m] = b.Kind()
	}
}

// TestSignWrongNumber signs with too few and too many keys.
func TestSignWrongNumber(t *testing.T) {
	k := testKey("signer 0")
	if _, err := Sign(&Close{Index: 1, Root: fill(3, 32)}, sampleHash()); err == nil || err.Error() != "close: 0 signatures, want 1" {
		t.Errorf("no key: %v", err)
	}
	if _, err := Sign(&Close{Index: 1, Root: fill(3, 32)}, sampleHash(), k, k); err == nil || err.Error() != "close: 2 signatures, want 1" {
		t.Errorf("two keys: %v", err)
	}
	if _, err := Sign(&Cast{Leaf: fill(0, 32)}, sampleHash(), k, k, k); err == nil || err.Error() != "entry.Signatures: 3 elements, want at most 2" {
		t.Errorf("three keys: %v", err)
	}
}
