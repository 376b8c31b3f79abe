package schnorr

import (
	"bytes"
	"encoding/hex"
	"errors"
	"slices"
	"strings"
	"testing"

	"rollcall/crypto/group"
)

func unhex(t testing.TB, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(s)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// The vector of RFC 9591, appendix E.3: FROST(ristretto255, SHA-512), two of
// three signers.
const (
	rfcSecret    = "1b25a55e463cfd15cf14a5d3acc3d15053f08da49c8afcf3ab265f2ebc4f970b"
	rfcPublic    = "e2a62f39eede11269e3bd5a7d97554f5ca384f9f6d3dd9c3c0d05083c7254f57"
	rfcMessage   = "test"
	rfcSignature = "fc45655fbc66bbffad654ea4ce5fdae253a49a64ace25d9adb62010dd9fb2555" +
		"2164141787162e5b4cab915b4aa45d94655dbb9ed7c378a53b980a0be220a802"
)

// rfcNonces are, of signers 1 and 3, the hiding nonce, the binding nonce and
// the binding factor.
var rfcNonces = [][3]string{{
	"214f2cabb86ed71427ea7ad4283b0fae26b6746c801ce824b83ceb2b99278c03",
	"c9b8f5e16770d15603f744f8694c44e335e8faef00dad182b8d7a34a62552f0c",
	"8967fd70fa06a58e5912603317fa94c77626395a695a0e4e4efc4476662eba0c",
}, {
	"3f7927872b0f9051dd98dd73eb2b91494173bbe0feb65a3e7e58d3e2318fa40f",
	"ffd79445fb8030f0a3ddd3861aa4b42b618759282bfe24f1f9304c7009728305",
	"f2c1bb7c33a10511158c2f1766a4a5fadf9f86f2a92692ed333128277cc31006",
}}

func rfcKey(t testing.TB) PublicKey {
	t.Helper()
	p, err := ParsePublicKey(unhex(t, rfcPublic))
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestRFC9591Verifies(t *testing.T) {
	if err := rfcKey(t).Verify([]byte(rfcMessage), unhex(t, rfcSignature)); err != nil {
		t.Error(err)
	}
	k, err := ParseSecretKey(unhex(t, rfcSecret))
	if err != nil {
		t.Fatal(err)
	}
	if got := hex.EncodeToString(k.Public().Bytes()); got != rfcPublic {
		t.Errorf("public key is %s", got)
	}
}

// TestRFC9591Recomputed makes the vector's signature from its nonces: one
// signer's z = r + c*x is what the signers' shares add up to.
func TestRFC9591Recomputed(t *testing.T) {
	scalar := func(s string) *group.Scalar {
		x, err := group.ParseScalar(unhex(t, s))
		if err != nil {
			t.Fatal(err)
		}
		return x
	}
	nonce := new(group.Scalar)
	for _, n := range rfcNonces {
		nonce = nonce.Add(scalar(n[0])).Add(scalar(n[1]).Mul(scalar(n[2])))
	}
	r := group.MulBase(nonce)
	z := nonce.Add(challenge(r, rfcKey(t).Point(), []byte(rfcMessage)).Mul(scalar(rfcSecret)))
	if got := hex.EncodeToString(append(r.Bytes(), z.Bytes()...)); got != rfcSignature {
		t.Errorf("signature is %s", got)
	}
}

func TestSignAndVerify(t *testing.T) {
	k := GenerateKey()
	restored, err := ParseSecretKey(k.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	for _, message := range [][]byte{nil, {}, {0}, bytes.Repeat([]byte("long"), 5000)} {
		first, second := k.Sign(message), restored.Sign(message)
		if bytes.Equal(first[:32], second[:32]) {
			t.Error("two signatures share a nonce")
		}
		for _, s := range [][]byte{first, second} {
			if len(s) != SignatureSize {
				t.Fatalf("signature has %d bytes", len(s))
			}
			if err := k.Public().Verify(message, s); err != nil {
				t.Error(err)
			}
		}
	}
}

// addOrder adds l to a scalar, which stays below 2^256.
func addOrder(b []byte) []byte {
	l := group.ScalarFromUint64(1).Neg().Bytes() // l-1
	l[0]++                                       // its lowest byte is 0xec
	out, carry := bytes.Clone(b), 0
	for i := range out {
		carry += int(out[i]) + int(l[i])
		out[i] = byte(carry)
		carry >>= 8
	}
	return out
}

func TestVerifyRefuses(t *testing.T) {
	one := group.ScalarFromUint64(1)
	k, other := GenerateKey(), GenerateKey()
	message := []byte("ballot 1")
	good := k.Sign(message)
	identity := make([]byte, 32)
	negative := unhex(t, "ed57ffd8c914fb201471d1c3d245ce3c746fcbe63a3679d51b6a516ebebe0e20")

	for _, tc := range []struct {
		name      string
		key       PublicKey
		message   string
		signature []byte
		want      error
		text      string
	}{
		{"another message", k.Public(), "ballot 2", good, ErrSignature, ""},
		{"message cut short", k.Public(), "ballot ", good, ErrSignature, ""},
		{"message with a trailing byte", k.Public(), "ballot 1\x00", good, ErrSignature, ""},
		{"another key", other.Public(), "ballot 1", good, ErrSignature, ""},
		{"R of another signature", k.Public(), "ballot 1", slices.Concat(k.Sign(message)[:32], good[32:]), ErrSignature, ""},
		{"R negated", k.Public(), "ballot 1", slices.Concat(mustPoint(t, good[:32]).Neg().Bytes(), good[32:]), ErrSignature, ""},
		{"z plus one", k.Public(), "ballot 1", slices.Concat(good[:32], mustScalar(t, good[32:]).Add(one).Bytes()), ErrSignature, ""},
		{"z negated", k.Public(), "ballot 1", slices.Concat(good[:32], mustScalar(t, good[32:]).Neg().Bytes()), ErrSignature, ""},
		{"z is zero", k.Public(), "ballot 1", slices.Concat(good[:32], identity), ErrSignature, ""},
		{"z plus the order", k.Public(), "ballot 1", slices.Concat(good[:32], addOrder(good[32:])), group.ErrScalar, "signature z"},
		{"R is the identity", k.Public(), "ballot 1", slices.Concat(identity, good[32:]), group.ErrIdentity, "signature R"},
		{"R is a negative field element", k.Public(), "ballot 1", slices.Concat(negative, good[32:]), group.ErrPoint, "signature R"},
		{"R and z exchanged", k.Public(), "ballot 1", slices.Concat(good[32:], good[:32]), nil, "signature"},
		{"empty", k.Public(), "ballot 1", nil, nil, "0 bytes"},
		{"truncated", k.Public(), "ballot 1", good[:63], nil, "63 bytes"},
		{"trailing byte", k.Public(), "ballot 1", append(bytes.Clone(good), 0), nil, "65 bytes"},
		{"twice", k.Public(), "ballot 1", slices.Concat(good, good), nil, "128 bytes"},
	} {
		err := tc.key.Verify([]byte(tc.message), tc.signature)
		if err == nil || (tc.want != nil && !errors.Is(err, tc.want)) || !strings.Contains(err.Error(), tc.text) {
			t.Errorf("%s: error is %v, want %v %q", tc.name, err, tc.want, tc.text)
		}
	}
	if err := k.Public().Verify(message, good); err != nil {
		t.Errorf("the signature all these are made of: %v", err)
	}
}

// TestForgeriesWithoutTheKey are what verifies where the key is left out of
// the challenge or the identity is taken as a key.
func TestForgeriesWithoutTheKey(t *testing.T) {
	message := []byte("message")
	victim := GenerateKey()

	// For P = identity any (r*G, r) would verify.
	if _, err := ParsePublicKey(make([]byte, 32)); !errors.Is(err, group.ErrIdentity) {
		t.Errorf("identity as a key: error is %v", err)
	}

	// A signature under P moved to the related key P + d*G by z + c*d.
	s := victim.Sign(message)
	d := group.RandomScalar()
	c := challenge(mustPoint(t, s[:32]), victim.Public().Point(), message)
	moved := slices.Concat(s[:32], mustScalar(t, s[32:]).Add(c.Mul(d)).Bytes())
	related, err := ParsePublicKey(victim.Public().Point().Add(group.MulBase(d)).Bytes())
	if err != nil {
		t.Fatal(err)
	}
	if err := related.Verify(message, moved); !errors.Is(err, ErrSignature) {
		t.Errorf("signature moved to a related key: error is %v", err)
	}

	// R chosen after a guessed challenge: R = z*G - c*P.
	z, guess := group.RandomScalar(), group.RandomScalar()
	r := group.MulBase(z).Sub(victim.Public().Point().Mul(guess))
	if err := victim.Public().Verify(message, slices.Concat(r.Bytes(), z.Bytes())); !errors.Is(err, ErrSignature) {
		t.Errorf("R made for a guessed challenge: error is %v", err)
	}
}

func TestKeysRefused(t *testing.T) {
	zero := make([]byte, 32)
	for name, b := range map[string][]byte{
		"zero": zero, "order": addOrder(zero), "31 bytes": zero[:31], "33 bytes": make([]byte, 33),
	} {
		if _, err := ParseSecretKey(b); err == nil || strings.Contains(err.Error(), hex.EncodeToString(b)) {
			t.Errorf("secret key, %s: error is %v", name, err)
		}
	}
	for name, b := range map[string][]byte{
		"identity": zero, "31 bytes": zero[:31], "33 bytes": make([]byte, 33), "negative": append([]byte{1}, zero[1:]...),
	} {
		if _, err := ParsePublicKey(b); err == nil {
			t.Errorf("public key, %s was taken", name)
		}
	}
}

func TestWipedKeySignsNothing(t *testing.T) {
	k := GenerateKey()
	public := k.Public()
	k.Wipe()
	if !bytes.Equal(k.Bytes(), make([]byte, 32)) {
		t.Error("secret is still there")
	}
	if err := public.Verify(nil, k.Sign(nil)); !errors.Is(err, ErrSignature) {
		t.Errorf("error is %v", err)
	}
}

func mustPoint(t testing.TB, b []byte) *group.Point {
	t.Helper()
	p, err := group.ParsePoint(b)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func mustScalar(t testing.TB, b []byte) *group.Scalar {
	t.Helper()
	s, err := group.ParseScalar(b)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// FuzzVerify changes the vector's signature: nothing else verifies, and
// nothing panics.
func FuzzVerify(f *testing.F) {
	key, good := rfcKey(f), unhex(f, rfcSignature)
	f.Add([]byte(rfcMessage), good)
	f.Add([]byte(rfcMessage), good[:40])
	f.Add([]byte{}, slices.Concat(make([]byte, 32), good[32:]))
	f.Fuzz(func(t *testing.T, message, signature []byte) {
		isGood := string(message) == rfcMessage && bytes.Equal(signature, good)
		if err := key.Verify(message, signature); (err == nil) != isGood {
			t.Fatalf("error is %v", err)
		}
	})
}

func BenchmarkSign(b *testing.B) {
	k, message := GenerateKey(), make([]byte, 1000)
	for b.Loop() {
		k.Sign(message)
	}
}

func BenchmarkVerify(b *testing.B) {
	k, message := GenerateKey(), make([]byte, 1000)
	s := k.Sign(message)
	for b.Loop() {
		if err := k.Public().Verify(message, s); err != nil {
			b.Fatal(err)
		}
	}
}
