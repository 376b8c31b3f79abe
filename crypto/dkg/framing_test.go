package dkg

import (
	"bytes"
	"crypto/sha512"
	"encoding/hex"
	"strings"
	"testing"

	"rollcall/crypto/group"
)

// No outside vector holds a framed message, so the frames are written out by
// hand here.

// Multiples of the base point, RFC 9496, appendix A.1.
const (
	hex1G = "e2f2ae0a6abc4e71a884a961c500515f58e30b6aa582dd8db6a65945e08d2d76"
	hex2G = "6a493210f7499cd17fecb510ae0cea23a110e8d5b901f8acadd3095c73a3b919"
	hex3G = "94741f5d5d52755ece4f23f044ee27d5d1ea1e2bd196b462166b16152a9d0259"
	hex4G = "da80862773358b466ffadfe0b3293ab3d9fd53c5ea6c955358f568322daf6a57"
)

func unhex(t *testing.T, parts ...string) []byte {
	t.Helper()
	b, err := hex.DecodeString(strings.Join(parts, ""))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func multiple(v uint64) *group.Point { return group.MulBase(group.ScalarFromUint64(v)).Encoded() }

// handMade is a ceremony of two with known bytes. Its proofs and ciphertexts
// are filler.
func handMade(t *testing.T) (*Params, []*Message, [][]byte) {
	t.Helper()
	p, err := NewParams([]byte("s"), 2, [][]byte{unhex(t, hex1G), unhex(t, hex2G)})
	if err != nil {
		t.Fatal(err)
	}
	messages := []*Message{
		{
			Commitment:  []*group.Point{multiple(1), multiple(2)},
			Proof:       bytes.Repeat([]byte{0x11}, 64),
			Ephemeral:   multiple(3),
			Ciphertexts: [][]byte{bytes.Repeat([]byte{0xaa}, 48), bytes.Repeat([]byte{0xbb}, 49)},
		},
		{
			Commitment:  []*group.Point{multiple(3), multiple(4)},
			Proof:       bytes.Repeat([]byte{0x22}, 64),
			Ephemeral:   multiple(2),
			Ciphertexts: [][]byte{bytes.Repeat([]byte{0xcc}, 48), bytes.Repeat([]byte{0xdd}, 304)},
		},
	}
	return p, messages, [][]byte{
		unhex(t, hex1G, hex2G, strings.Repeat("11", 64), hex3G,
			"0000000000000030", strings.Repeat("aa", 48),
			"0000000000000031", strings.Repeat("bb", 49)),
		unhex(t, hex3G, hex4G, strings.Repeat("22", 64), hex2G,
			"0000000000000030", strings.Repeat("cc", 48),
			"0000000000000130", strings.Repeat("dd", 304)),
	}
}

func TestMessageFraming(t *testing.T) {
	p, messages, wire := handMade(t)
	for i, m := range messages {
		same(t, "message", m.Bytes(), wire[i])
		back, err := ParseMessage(p, wire[i])
		if err != nil {
			t.Fatal(err)
		}
		same(t, "message read and written", back.Bytes(), wire[i])
		for k := range m.Commitment {
			same(t, "commitment", back.Commitment[k].Bytes(), m.Commitment[k].Bytes())
		}
		same(t, "proof", back.Proof, m.Proof)
		same(t, "ephemeral key", back.Ephemeral.Bytes(), m.Ephemeral.Bytes())
		for j := range m.Ciphertexts {
			same(t, "ciphertext", back.Ciphertexts[j], m.Ciphertexts[j])
		}
	}
}

func TestContextFraming(t *testing.T) {
	p, _, _ := handMade(t)
	preimage := unhex(t,
		hex.EncodeToString([]byte("COCKTAIL-DKG-CONTEXT")),
		"0000000000000001", "73",
		"000000000000001f", hex.EncodeToString([]byte("COCKTAIL(Ristretto255, SHA-512)")),
		"02000000", hex1G, hex2G)
	want := sha512.Sum512(preimage)
	same(t, "context", p.Context(), want[:])
}

func TestTranscriptFraming(t *testing.T) {
	p, messages, _ := handMade(t)
	c := &Ceremony{params: p, messages: messages, extension: []byte{0xee, 0xff}}
	want := unhex(t,
		"1f00000000000000", hex.EncodeToString([]byte("COCKTAIL(Ristretto255, SHA-512)")),
		"4000000000000000", hex.EncodeToString(p.Context()),
		"02000000", "02000000",
		hex1G, hex2G,
		hex1G, hex2G, hex3G, hex4G,
		strings.Repeat("11", 64), strings.Repeat("22", 64),
		hex3G, hex2G,
		"0200000000000000", "eeff")
	same(t, "transcript", c.Transcript(), want)
}

func TestExtensionFraming(t *testing.T) {
	p, messages, _ := handMade(t)
	c := &Ceremony{params: p, messages: messages}
	preimage := unhex(t,
		"000000000000001b", hex.EncodeToString([]byte("rollcall/v1/dkg/ciphertexts")),
		"0000000000000008", "0000000000000002",
		"0000000000000071", // 8 + 48 + 8 + 49
		"0000000000000030", strings.Repeat("aa", 48), "0000000000000031", strings.Repeat("bb", 49),
		"0000000000000170", // 8 + 48 + 8 + 304
		"0000000000000030", strings.Repeat("cc", 48), "0000000000000130", strings.Repeat("dd", 304))
	want := sha512.Sum512(preimage)
	same(t, "extension", c.ciphertextDigest(), want[:])
}

func TestBundleFraming(t *testing.T) {
	p, messages, _ := handMade(t)
	c := &Ceremony{params: p, messages: messages}
	same(t, "bundle 1", c.Bundle(1), unhex(t,
		"0000000000000030", strings.Repeat("aa", 48), "0000000000000030", strings.Repeat("cc", 48)))
	same(t, "bundle 2", c.Bundle(2), unhex(t,
		"0000000000000031", strings.Repeat("bb", 49), "0000000000000130", strings.Repeat("dd", 304)))
	for _, i := range []int{-1, 0, 3} {
		if b := c.Bundle(i); b != nil {
			t.Errorf("bundle of trustee %d has %d bytes, want none", i, len(b))
		}
	}
}

func TestCommitmentHashFraming(t *testing.T) {
	preimage := unhex(t,
		"000000000000001a", hex.EncodeToString([]byte("rollcall/v1/dkg/commitment")),
		"0000000000000002", "7331",
		"0000000000000008", "0000000000000003",
		"0000000000000004", "6d736731")
	if got, want := CommitmentHash([]byte("s1"), 3, []byte("msg1")), sha512.Sum512(preimage); got != want {
		t.Errorf("commitment hash is %x, want %x", got, want)
	}
}

func TestSessionIDFraming(t *testing.T) {
	election := [64]byte(bytes.Repeat([]byte{0x5a}, 64))
	same(t, "session", SessionID(election, 0x0102), unhex(t, strings.Repeat("5a", 64), "0000000000000102"))
}

func TestComplaintFraming(t *testing.T) {
	x := &complaint{
		shared:      secretPoints{e: multiple(1), d: multiple(2)},
		commitments: [3]*group.Point{multiple(3), multiple(4), multiple(1)},
		challenge:   group.ScalarFromUint64(7),
		response:    group.ScalarFromUint64(0x0809),
	}
	zeros := strings.Repeat("00", 30)
	wire := unhex(t, hex1G, hex2G, hex3G, hex4G, hex1G, "0700"+zeros, "0908"+zeros)
	same(t, "complaint", x.bytes(), wire)
	if len(wire) != ComplaintSize {
		t.Errorf("complaint has %d bytes, want %d", len(wire), ComplaintSize)
	}
	back, err := parseComplaint(1, 2, wire)
	if err != nil {
		t.Fatal(err)
	}
	same(t, "complaint read and written", back.bytes(), wire)
}

// A message of the largest ceremony fits into one entry of the board.
func TestLargestMessage(t *testing.T) {
	const limit = 60000 // bytes of a message in an entry, SPEC.md, section 6
	size := MaxTrustees*group.PointSize + signatureSize + group.PointSize + MaxTrustees*(frameSize+MinCiphertextSize)
	if size != 45152 || size > limit {
		t.Errorf("largest message has %d bytes, want 45152", size)
	}
	f := newFixture(t, 9, 16)
	if got, want := len(f.messages[0]), 9*32+96+16*56; got != want {
		t.Errorf("message of 9-of-16 has %d bytes, want %d", got, want)
	}
}
