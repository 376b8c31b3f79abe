package dkg

import (
	"bytes"
	"encoding/binary"
	"errors"
	"strings"
	"testing"
)

// Offsets in a 2-of-3 message: C 64, proof 64, E 32, then three frames of 56.
const (
	testFrames  = 160
	testMessage = testFrames + 3*56
)

// replaced returns b with the bytes at offset overwritten.
func replaced(b []byte, offset int, with []byte) []byte {
	out := bytes.Clone(b)
	copy(out[offset:], with)
	return out
}

func be64(v uint64) []byte { return binary.BigEndian.AppendUint64(nil, v) }
func le64(v uint64) []byte { return binary.LittleEndian.AppendUint64(nil, v) }

// frames returns a message of trustee 1 whose frames are replaced.
func frames(m []byte, list ...[]byte) []byte {
	return append(bytes.Clone(m[:testFrames]), bytes.Join(list, nil)...)
}

func frameOf(size int) []byte { return appendFrame(nil, make([]byte, size)) }

// malformed lists messages that no parser may take, made of a good one.
func malformed(t *testing.T, m []byte) map[string]struct {
	message []byte
	text    string
} {
	t.Helper()
	if len(m) != testMessage {
		t.Fatalf("message has %d bytes, want %d", len(m), testMessage)
	}
	identity := make([]byte, 32)
	odd := append([]byte{1}, make([]byte, 31)...)
	good := frameOf(48)
	return map[string]struct {
		message []byte
		text    string
	}{
		"empty":                    {nil, "0 bytes before the ciphertexts"},
		"C_0 is the identity":      {replaced(m, 0, identity), "commitment 0: point is the identity"},
		"C_1 is the identity":      {replaced(m, 32, identity), "commitment 1: point is the identity"},
		"E is the identity":        {replaced(m, 128, identity), "ephemeral key: point is the identity"},
		"C_0 is not canonical":     {replaced(m, 0, odd), "commitment 0: not a canonical"},
		"C_1 has its high bit set": {flipped(m, 32*8+255), "commitment 1: not a canonical"},
		"E is not canonical":       {replaced(m, 128, odd), "ephemeral key: not a canonical"},
		"one coefficient too few":  {bytes.Clone(m[32:]), ""},
		"one coefficient too many": {append(multiple(5).Bytes(), m...), ""},
		"one more at the end of C": {bytes.Join([][]byte{m[:64], multiple(5).Bytes(), m[64:]}, nil), ""},
		"one frame too few":        {bytes.Clone(m[:testMessage-56]), "ciphertext 3: 0 bytes left"},
		"one frame too many":       {append(bytes.Clone(m), good...), "56 bytes after ciphertext 3"},
		"trailing byte":            {append(bytes.Clone(m), 0), "1 bytes after ciphertext 3"},
		"frame of 0":               {frames(m, frameOf(0), good, good), "ciphertext 1: length is 0"},
		"frame of 47":              {frames(m, good, frameOf(47), good), "ciphertext 2: length is 47"},
		"frame of 65,537":          {frames(m, good, good, frameOf(65537)), "ciphertext 3: length is 65537"},
		"length 2^64-1":            {replaced(m, testFrames, be64(1<<64-1)), "ciphertext 1: length is 18446744073709551615"},
		"length 2^63":              {replaced(m, testFrames, be64(1<<63)), "ciphertext 1: length is 9223372036854775808"},
		"length 2^32 + 48":         {replaced(m, testFrames, be64(1<<32+48)), "ciphertext 1: length is 4294967344"},
		"little-endian length":     {replaced(m, testFrames, le64(48)), "ciphertext 1: length is 3458764513820540928"},
		"length one too long":      {replaced(m, testFrames+2*56, be64(49)), "ciphertext 3: 48 bytes left, want 49"},
		"length one too short":     {replaced(m, testFrames+2*56, be64(47)), "ciphertext 3: length is 47"},
		"length in 4 bytes": {frames(m, append([]byte{0, 0, 0, 48}, make([]byte, 48)...),
			append([]byte{0, 0, 0, 48}, make([]byte, 48)...), append([]byte{0, 0, 0, 48}, make([]byte, 48)...)), ""},
	}
}

func TestMalformedMessage(t *testing.T) {
	f := newFixture(t, 2, 3)
	for name, test := range malformed(t, f.messages[1]) {
		t.Run(name, func(t *testing.T) {
			_, err := ParseMessage(f.params, test.message)
			if !errors.Is(err, ErrMessage) || !strings.Contains(err.Error(), test.text) {
				t.Fatalf("got %v, want %v: %s", err, ErrMessage, test.text)
			}
			_, err = VerifyMessages(f.params, [][]byte{f.messages[0], test.message, f.messages[2]})
			wantFault(t, err, 2, ErrMessage, true)
		})
	}
}

func TestTruncatedMessage(t *testing.T) {
	f := newFixture(t, 2, 3)
	for n := range f.messages[0] {
		if _, err := ParseMessage(f.params, f.messages[0][:n]); !errors.Is(err, ErrMessage) {
			t.Fatalf("%d of %d bytes: got %v, want %v", n, len(f.messages[0]), err, ErrMessage)
		}
	}
}

// A dealer of another threshold makes a message that is well formed for it.
// Raising the threshold is an attack on a ceremony that does not count.
func TestOtherThreshold(t *testing.T) {
	f := newFixture(t, 2, 3)
	for name, threshold := range map[string]int{"t-1": 1, "t+1": 3} {
		t.Run(name, func(t *testing.T) {
			poly := randomPolynomial(t, threshold, "raised")
			m := f.deal(t, 3, poly, scalar(t, "e"), honest)
			_, err := VerifyMessages(f.params, [][]byte{f.messages[0], f.messages[1], m.Bytes()})
			wantFault(t, err, 3, ErrMessage, true)
		})
	}
}

func TestFrameBounds(t *testing.T) {
	f := newFixture(t, 2, 3)
	for _, size := range []int{48, 49, 65535, 65536} {
		b := frames(f.messages[0], frameOf(48), frameOf(size), frameOf(48))
		m, err := ParseMessage(f.params, b)
		if err != nil {
			t.Errorf("frame of %d bytes: %v", size, err)
			continue
		}
		if len(m.Ciphertexts[1]) != size {
			t.Errorf("frame of %d bytes gives %d", size, len(m.Ciphertexts[1]))
		}
		same(t, "message read and written", m.Bytes(), b)
	}
}

// A parsed message does not share memory with its input.
func TestMessageIsOwned(t *testing.T) {
	f := newFixture(t, 2, 3)
	input := bytes.Clone(f.messages[0])
	m, err := ParseMessage(f.params, input)
	if err != nil {
		t.Fatal(err)
	}
	clear(input)
	same(t, "message", m.Bytes(), f.messages[0])
}

func TestNumberOfMessages(t *testing.T) {
	f := newFixture(t, 2, 3)
	fourth := f.deal(t, 1, randomPolynomial(t, 2, "fourth"), scalar(t, "fourth e"), honest).Bytes()
	for _, list := range [][][]byte{nil, f.messages[:2], append(append([][]byte(nil), f.messages...), fourth)} {
		if c, err := VerifyMessages(f.params, list); err == nil || c != nil {
			t.Errorf("%d messages of 3 taken", len(list))
		}
	}
	missing := [][]byte{f.messages[0], nil, f.messages[2]}
	_, err := VerifyMessages(f.params, missing)
	wantFault(t, err, 2, ErrMessage, true)
}

func TestRound1Refused(t *testing.T) {
	f := newFixture(t, 2, 3)
	trustee := f.trustees[0]
	for name, payloads := range map[string][][]byte{
		"too few payloads":  {{1}, {2}},
		"too many payloads": {{1}, {2}, {3}, {4}},
		"payload too long":  {{1}, {2}, make([]byte, 65536-48+1)},
	} {
		if m, err := trustee.Round1(random(name), payloads); err == nil || m != nil {
			t.Errorf("%s: taken", name)
		}
	}
	longest := [][]byte{nil, make([]byte, 65536-48), nil}
	if _, err := trustee.Round1(random("longest"), longest); err != nil {
		t.Errorf("longest payload: %v", err)
	}
	for n := range 3 {
		short := bytes.NewReader(make([]byte, 64*n+63))
		if m, err := trustee.Round1(short, nil); err == nil || m != nil {
			t.Errorf("random source of %d bytes: taken", 64*n+63)
		}
	}
}
