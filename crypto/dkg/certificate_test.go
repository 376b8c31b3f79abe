package dkg

import (
	"bytes"
	"crypto/sha512"
	"errors"
	"testing"

	"rollcall/crypto/schnorr"
)

func TestVerifyPublic(t *testing.T) {
	f := newFixture(t, 3, 5)
	c := f.verified(t)
	states, signatures := f.round2(t, c)
	result, err := VerifyPublic(f.params, f.messages, signatures)
	if err != nil {
		t.Fatal(err)
	}
	if result.TranscriptHash != sha512.Sum512(c.Transcript()) {
		t.Error("transcript hash is not that of the transcript")
	}
	share, err := states[4].Finish(signatures)
	if err != nil {
		t.Fatal(err)
	}
	if !share.Public.JointKey.Equal(result.JointKey) || len(result.VerificationShares) != 5 {
		t.Error("public result is not the trustee's")
	}
	for i, y := range result.VerificationShares {
		if !y.Equal(share.Public.VerificationShares[i]) {
			t.Errorf("verification share %d is not the trustee's", i+1)
		}
	}
	f.messages[3] = flipped(f.messages[3], 8*len(f.messages[3])-1)
	if _, err := VerifyPublic(f.params, f.messages, signatures); !errors.Is(err, ErrSignature) {
		t.Errorf("ciphertext altered: got %v, want %v", err, ErrSignature)
	}
	f.messages[3] = nil
	if _, err := VerifyPublic(f.params, f.messages, signatures); !errors.Is(err, ErrMessage) {
		t.Errorf("message missing: got %v, want %v", err, ErrMessage)
	}
}

// Every signature that is not its trustee's over this transcript names it.
func TestCertificateRefused(t *testing.T) {
	f := newFixture(t, 2, 3)
	c := f.verified(t)
	states, signatures := f.round2(t, c)
	secret := f.trustees[1].secret
	other := *c
	other.extension = flipped(c.extension, 0)
	empty := *c
	empty.extension = nil
	hash := sha512.Sum512(c.Transcript())
	boardKey, err := schnorr.NewSecretKey(secret)
	if err != nil {
		t.Fatal(err)
	}
	for name, signature := range map[string][]byte{
		"missing":               nil,
		"63 bytes":              signatures[1][:63],
		"65 bytes":              append(bytes.Clone(signatures[1]), 0),
		"two in one":            append(bytes.Clone(signatures[1]), signatures[2]...),
		"another trustee's":     signatures[0],
		"z + q":                 append(bytes.Clone(signatures[1][:32]), plusOrder(signatures[1][32:])...),
		"z negated":             append(bytes.Clone(signatures[1][:32]), negated(t, signatures[1][32:])...),
		"R is the identity":     replaced(signatures[1], 0, make([]byte, 32)),
		"R not canonical":       flipped(signatures[1], 255),
		"all zero":              make([]byte, 64),
		"other extension":       signed(t, secret, other.Transcript()),
		"no extension":          signed(t, secret, empty.Transcript()),
		"hash of transcript":    signed(t, secret, hash[:]),
		"truncated transcript":  signed(t, secret, c.Transcript()[:100]),
		"proof of possession":   c.messages[1].Proof,
		"stranger's":            signed(t, scalar(t, "stranger"), c.Transcript()),
		"of the board's scheme": boardKey.Sign(c.Transcript()),
		"of another session":    signed(t, secret, newFixtureIn(t, "another session", 2, 3).verified(t).Transcript()),
		"of another threshold":  signed(t, secret, newFixture(t, 3, 3).verified(t).Transcript()),
	} {
		t.Run(name, func(t *testing.T) {
			list := [][]byte{signatures[0], signature, signatures[2]}
			_, err := c.VerifyCertificate(list)
			wantFault(t, err, 2, ErrSignature, true)
			share, err := states[0].Finish(list)
			wantFault(t, err, 2, ErrSignature, true)
			if share != nil {
				t.Error("key share given out")
			}
		})
	}
	t.Run("swapped", func(t *testing.T) {
		_, err := c.VerifyCertificate([][]byte{signatures[1], signatures[0], signatures[2]})
		wantFault(t, err, 1, ErrSignature, true)
	})
	for bit := range 512 {
		if err := verify(f.params.key(2), c.Transcript(), flipped(signatures[1], bit)); err == nil {
			t.Fatalf("bit %d of a signature changed: taken", bit)
		}
	}
	for _, list := range [][][]byte{nil, signatures[:2], append(append([][]byte(nil), signatures...), signatures[0])} {
		if _, err := c.VerifyCertificate(list); err == nil {
			t.Errorf("%d signatures of 3 taken", len(list))
		}
	}
}

// Split view: the board shows trustee 3 another message of trustee 1. All
// messages are in order and all shares good, and nobody finishes.
func TestSplitView(t *testing.T) {
	f := newFixture(t, 2, 3)
	second, err := f.trustees[0].Round1(random("second message"), nil)
	if err != nil {
		t.Fatal(err)
	}
	here := f.verified(t)
	there, err := VerifyMessages(f.params, [][]byte{second, f.messages[1], f.messages[2]})
	if err != nil {
		t.Fatal(err)
	}
	states := make([]*Round2, 3)
	for i, view := range []*Ceremony{here, here, there} {
		if states[i], err = f.trustees[i].Round2(view, f.messages[i]); err != nil {
			t.Fatal(err)
		}
	}
	signatures := [][]byte{states[0].Signature(), states[1].Signature(), states[2].Signature()}
	_, err = states[1].Finish(signatures)
	wantFault(t, err, 3, ErrSignature, true)
	_, err = states[2].Finish(signatures)
	wantFault(t, err, 1, ErrSignature, true)
}

// The same for one ciphertext: nothing of the specification's transcript
// holds it, the extension does.
func TestSplitViewOfCiphertexts(t *testing.T) {
	f := newFixture(t, 2, 3)
	m := f.parsed(t, 1)
	m.Ciphertexts[2] = flipped(m.Ciphertexts[2], 5)
	there, err := VerifyMessages(f.params, [][]byte{m.Bytes(), f.messages[1], f.messages[2]})
	if err != nil {
		t.Fatal(err)
	}
	_, signatures := f.round2(t, f.verified(t))
	_, err = there.VerifyCertificate(signatures)
	wantFault(t, err, 1, ErrSignature, true)
}

// Results do not share memory with the ceremony.
func TestResultIsOwned(t *testing.T) {
	f := newFixture(t, 2, 3)
	c := f.verified(t)
	first := c.Result()
	first.VerificationShares[0] = multiple(1)
	if c.Result().VerificationShares[0].Equal(multiple(1)) {
		t.Error("ceremony altered through its result")
	}
	context := f.params.Context()
	clear(context)
	if bytes.Equal(f.params.Context(), context) {
		t.Error("setup altered through its context")
	}
	states, _ := f.round2(t, c)
	clear(states[0].Signature())
	if bytes.Equal(states[0].Signature(), make([]byte, 64)) {
		t.Error("state altered through its signature")
	}
}
