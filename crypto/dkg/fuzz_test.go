package dkg

import (
	"bytes"
	"testing"
)

// What a decoder takes it must write again byte for byte: one encoding for
// one message.

func fuzzParams(f *testing.F) *Params {
	p, err := NewParams([]byte("session"), 2, [][]byte{
		multiple(11).Bytes(), multiple(12).Bytes(), multiple(13).Bytes(),
	})
	if err != nil {
		f.Fatal(err)
	}
	return p
}

// fuzzMessage is well formed; its proof and ciphertexts are filler.
func fuzzMessage(seed uint64) []byte {
	b := appendPoints(nil, pointsFrom(seed, 2))
	b = append(b, bytes.Repeat([]byte{byte(seed)}, signatureSize)...)
	b = appendPoints(b, pointsFrom(seed+2, 1))
	for range 3 {
		b = appendFrame(b, make([]byte, 48+seed))
	}
	return b
}

func FuzzMessage(f *testing.F) {
	p := fuzzParams(f)
	f.Add(fuzzMessage(3))
	f.Add(fuzzMessage(3)[:100])
	f.Fuzz(func(t *testing.T, b []byte) {
		m, err := ParseMessage(p, b)
		if err != nil {
			return
		}
		if !bytes.Equal(m.Bytes(), b) {
			t.Errorf("message read and written is\n%x, want\n%x", m.Bytes(), b)
		}
		if len(m.Commitment) != 2 || len(m.Ciphertexts) != 3 || len(m.Proof) != 64 {
			t.Error("message of another shape taken")
		}
		if _, err := VerifyMessages(p, [][]byte{b, b, b}); err == nil {
			t.Error("three equal messages taken")
		}
	})
}

func FuzzComplaint(f *testing.F) {
	p := fuzzParams(f)
	var messages []*Message
	for i := range 3 {
		m, err := ParseMessage(p, fuzzMessage(uint64(3+4*i)))
		if err != nil {
			f.Fatal(err)
		}
		messages = append(messages, m)
	}
	c := &Ceremony{params: p, messages: messages}
	f.Add(append(appendPoints(nil, pointsFrom(1, 5)), make([]byte, 64)...))
	f.Fuzz(func(t *testing.T, b []byte) {
		if x, err := parseComplaint(1, 2, b); err == nil && !bytes.Equal(x.bytes(), b) {
			t.Errorf("complaint read and written is\n%x, want\n%x", x.bytes(), b)
		}
		// The share is filler, so a proof would convict trustee 2. Bytes alone
		// do not make one.
		verdict, err := JudgeComplaint(c, 1, 2, b)
		if err != nil || verdict.Trustee != 1 {
			t.Errorf("got %v and %v, want the complainer named", verdict, err)
		}
	})
}

func FuzzCertificate(f *testing.F) {
	p := fuzzParams(f)
	c := &Ceremony{params: p}
	for i := range 3 {
		m, err := ParseMessage(p, fuzzMessage(uint64(3+4*i)))
		if err != nil {
			f.Fatal(err)
		}
		c.messages = append(c.messages, m)
	}
	c.extension = c.ciphertextDigest()
	f.Add(c.Transcript(), make([]byte, 192))
	f.Add(c.Transcript()[:300], []byte{})
	f.Fuzz(func(t *testing.T, transcript, certificate []byte) {
		if back, err := parseTranscript(p, transcript); err == nil && !bytes.Equal(back.Transcript(), transcript) {
			t.Error("transcript read and written differs")
		}
		if signatures, err := parseCertificate(p, certificate); err == nil {
			if !bytes.Equal(bytes.Join(signatures, nil), certificate) {
				t.Error("certificate read and written differs")
			}
			if _, err := c.VerifyCertificate(signatures); err == nil {
				t.Error("certificate without the trustees' keys taken")
			}
		}
	})
}
