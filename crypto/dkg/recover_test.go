package dkg

import (
	"bytes"
	"encoding/hex"
	"errors"
	"strings"
	"testing"

	"rollcall/crypto/group"
)

// recovery is what a trustee kept, for tests to alter.
type recovery struct {
	params                          *Params
	secret                          *group.Scalar
	transcript, certificate, bundle []byte
}

func (r *recovery) run() (*KeyShare, error) {
	return Recover(r.params, r.secret, r.transcript, r.certificate, r.bundle)
}

// newRecovery is of trustee 2.
func newRecovery(t *testing.T) (*fixture, *recovery, *KeyShare) {
	t.Helper()
	f := newFixture(t, 2, 3)
	c := f.verified(t)
	states, signatures := f.round2(t, c)
	share, err := states[1].Finish(signatures)
	if err != nil {
		t.Fatal(err)
	}
	return f, &recovery{
		params: f.params, secret: f.trustees[1].secret,
		transcript: c.Transcript(), certificate: bytes.Join(signatures, nil), bundle: c.Bundle(2),
	}, share
}

func TestRecover(t *testing.T) {
	_, r, want := newRecovery(t)
	got, err := r.run()
	if err != nil {
		t.Fatal(err)
	}
	if got.Index != want.Index || !got.Secret.Equal(want.Secret) {
		t.Error("another share recovered")
	}
	if !got.Public.JointKey.Equal(want.Public.JointKey) || got.Public.TranscriptHash != want.Public.TranscriptHash {
		t.Error("another joint key or transcript recovered")
	}
	for i, y := range got.Public.VerificationShares {
		if !y.Equal(want.Public.VerificationShares[i]) {
			t.Errorf("another verification share %d recovered", i+1)
		}
	}
}

func TestRecoverRefused(t *testing.T) {
	f, good, _ := newRecovery(t)
	_, otherSession, _ := newRecovery(t)
	elsewhere := newFixtureIn(t, "another session", 2, 3)
	ceremony := elsewhere.verified(t)
	_, signatures := elsewhere.round2(t, ceremony)
	otherSession.transcript, otherSession.bundle = ceremony.Transcript(), ceremony.Bundle(2)
	otherSession.certificate = bytes.Join(signatures, nil)
	suite := len(SuiteID)

	for name, test := range map[string]struct {
		change func(r *recovery)
		text   string
	}{
		"stranger's key": {func(r *recovery) { r.secret = scalar(t, "stranger") }, "belongs to none"},
		"secret is zero": {func(r *recovery) { r.secret = new(group.Scalar) }, "belongs to none"},
		"another trustee's key": {func(r *recovery) { r.secret = f.trustees[0].secret },
			"trustee 1: encrypted share does not decrypt"},
		"other suite": {func(r *recovery) {
			r.transcript = appendField(nil, []byte("COCKTAIL(Ed25519, SHA-512)"))
			r.transcript = append(r.transcript, good.transcript[8+suite:]...)
		}, "ciphersuite is not"},
		"suite in lower case": {func(r *recovery) {
			r.transcript = bytes.Replace(good.transcript, []byte("COCKTAIL"), []byte("cocktail"), 1)
		}, "ciphersuite is not"},
		"other session": {func(r *recovery) { *r = *otherSession }, "context is of another session"},
		"other threshold": {func(r *recovery) {
			p := *r.params
			p.threshold = 3
			r.params = &p
		}, "2 of 3 trustees, want 3 of 3"},
		"n and t exchanged": {func(r *recovery) {
			r.transcript = replaced(good.transcript, 8+suite+8+64, []byte{2, 0, 0, 0, 3, 0, 0, 0})
		}, "3 of 2 trustees, want 2 of 3"},
		"big-endian n": {func(r *recovery) {
			r.transcript = replaced(good.transcript, 8+suite+8+64, []byte{0, 0, 0, 3})
		}, "2 of 50331648 trustees"},
		"big-endian suite length": {func(r *recovery) { r.transcript = replaced(good.transcript, 0, be64(uint64(suite))) }, "bytes left"},
		"huge suite length":       {func(r *recovery) { r.transcript = replaced(good.transcript, 0, le64(1<<64-1)) }, "bytes left"},
		"huge context length":     {func(r *recovery) { r.transcript = replaced(good.transcript, 8+suite, le64(1<<63)) }, "bytes left"},
		"huge extension length": {func(r *recovery) {
			r.transcript = replaced(good.transcript, len(good.transcript)-72, le64(1<<63-1))
		}, "bytes left"},
		"huge n": {func(r *recovery) {
			r.transcript = replaced(good.transcript, 8+suite+8+64, []byte{0xff, 0xff, 0xff, 0xff})
		}, "4294967295 trustees"},
		"trailing byte":           {func(r *recovery) { r.transcript = append(bytes.Clone(good.transcript), 0) }, "1 trailing bytes"},
		"certificate longer":      {func(r *recovery) { r.certificate = append(bytes.Clone(good.certificate), 0) }, "193 bytes, want 192"},
		"certificate of two":      {func(r *recovery) { r.certificate = good.certificate[:128] }, "128 bytes, want 192"},
		"bundle with more":        {func(r *recovery) { r.bundle = append(bytes.Clone(good.bundle), 0) }, "1 bytes after ciphertext 3"},
		"bundle of four":          {func(r *recovery) { r.bundle = append(bytes.Clone(good.bundle), good.bundle[:56]...) }, "56 bytes after"},
		"bundle of two":           {func(r *recovery) { r.bundle = good.bundle[:112] }, "ciphertext 3"},
		"huge bundle length":      {func(r *recovery) { r.bundle = replaced(good.bundle, 0, be64(1<<64-1)) }, "length is 18446744073709551615"},
		"little-endian bundle":    {func(r *recovery) { r.bundle = replaced(good.bundle, 0, le64(48)) }, "length is 3458764513820540928"},
		"unframed bundle":         {func(r *recovery) { r.bundle = unframed(good.bundle) }, "ciphertext 1"},
		"bundle of another":       {func(r *recovery) { r.bundle = f.verified(t).Bundle(3) }, "trustee 1: encrypted share does not decrypt"},
		"bundle permuted":         {func(r *recovery) { r.bundle = append(bytes.Clone(good.bundle[56:]), good.bundle[:56]...) }, "does not decrypt"},
		"authentic share+1":       {func(r *recovery) { r.bundle = replaced(good.bundle, 8, forgedShare(t, f)) }, "trustee 1: share does not match"},
		"everything empty":        {func(r *recovery) { r.transcript, r.certificate, r.bundle = nil, nil, nil }, "0 bytes left, want 8"},
		"certificate of zeros":    {func(r *recovery) { r.certificate = make([]byte, 192) }, "trustee 1: transcript signature"},
		"other's signature twice": {func(r *recovery) { r.certificate = replaced(good.certificate, 64, good.certificate[:64]) }, "trustee 2: transcript signature"},
	} {
		t.Run(name, func(t *testing.T) {
			r := *good
			test.change(&r)
			share, err := r.run()
			if !errors.Is(err, ErrRecovery) || share != nil || !strings.Contains(err.Error(), test.text) {
				t.Fatalf("got %v, want %v: %s", err, ErrRecovery, test.text)
			}
			if strings.Contains(err.Error(), hex.EncodeToString(good.secret.Bytes())) {
				t.Error("error holds the secret")
			}
		})
	}
}

func unframed(bundle []byte) []byte {
	var b []byte
	for ; len(bundle) > 0; bundle = bundle[56:] {
		b = append(b, bundle[8:56]...)
	}
	return b
}

// forgedShare is a ciphertext of dealer 1 for trustee 2, authentic under the
// key of this ceremony, whose share is one too large.
func forgedShare(t *testing.T, f *fixture) []byte {
	t.Helper()
	m := f.parsed(t, 1)
	trustee := f.trustees[1]
	shared := trustee.shared(m.Ephemeral, f.params.key(1))
	key, nonce := aeadKey(shared, m.Ephemeral, f.params.key(1), f.params.key(2), f.params.context)
	share, _, err := open(&key, &nonce, m.Ciphertexts[1], 2, m.Commitment)
	if err != nil {
		t.Fatal(err)
	}
	return seal(&key, &nonce, share.Add(group.ScalarFromUint64(1)), nil)
}

// No prefix of anything recovers, and no altered byte.
func TestRecoverEveryByte(t *testing.T) {
	_, good, _ := newRecovery(t)
	for name, field := range map[string]func(r *recovery) *[]byte{
		"transcript":  func(r *recovery) *[]byte { return &r.transcript },
		"certificate": func(r *recovery) *[]byte { return &r.certificate },
		"bundle":      func(r *recovery) *[]byte { return &r.bundle },
	} {
		whole := *field(good)
		for n := range whole {
			r := *good
			*field(&r) = whole[:n]
			if _, err := r.run(); !errors.Is(err, ErrRecovery) {
				t.Fatalf("%s cut to %d of %d bytes: got %v, want %v", name, n, len(whole), err, ErrRecovery)
			}
			*field(&r) = flipped(whole, 8*n+n%8)
			if _, err := r.run(); !errors.Is(err, ErrRecovery) {
				t.Fatalf("%s with byte %d altered: got %v, want %v", name, n, err, ErrRecovery)
			}
		}
	}
}

// Trustees who all sign a transcript of invalid messages still recover
// nothing: the messages are verified again.
func TestRecoverVerifiesMessages(t *testing.T) {
	for name, change := range map[string]func(f *fixture, c *Ceremony){
		"proof of possession": func(_ *fixture, c *Ceremony) {
			c.messages[2].Proof = flipped(c.messages[2].Proof, 300)
		},
		"copied message": func(_ *fixture, c *Ceremony) { c.messages[2] = c.messages[0] },
	} {
		t.Run(name, func(t *testing.T) {
			f, r, _ := newRecovery(t)
			c := f.verified(t)
			change(f, c)
			r.transcript, r.certificate = c.Transcript(), nil
			for _, trustee := range f.trustees {
				r.certificate = append(r.certificate, signed(t, trustee.secret, r.transcript)...)
			}
			if _, err := r.run(); !errors.Is(err, ErrProof) && !errors.Is(err, ErrDuplicate) {
				t.Errorf("got %v, want %v or %v", err, ErrProof, ErrDuplicate)
			}
		})
	}
}

// A transcript read back is the transcript written, whatever its extension.
func TestTranscriptRoundTrip(t *testing.T) {
	f := newFixture(t, 2, 3)
	for _, extension := range [][]byte{nil, {1}, make([]byte, 300)} {
		c := f.verified(t)
		c.extension = extension
		back, err := parseTranscript(f.params, c.Transcript())
		if err != nil {
			t.Fatal(err)
		}
		same(t, "transcript", back.Transcript(), c.Transcript())
	}
}
