package dkg

import (
	"crypto/sha512"
	"encoding/binary"
	"fmt"

	"rollcall/crypto/group"
	"rollcall/crypto/transcript"
)

// Ceremony is the public state after round 1: the messages of all trustees,
// every one verified. It holds no secret and is immutable.
type Ceremony struct {
	params    *Params
	messages  []*Message
	extension []byte
	jointKey  *group.Point
	shares    []*group.Point // Y_1 .. Y_n
}

// Result is what everybody knows of a ceremony.
type Result struct {
	// JointKey is Y = sum of all C_(j,0), the election's key.
	JointKey *group.Point
	// VerificationShares are Y_1 .. Y_n with Y_i = x_i*G; none is the identity.
	VerificationShares []*group.Point
	// TranscriptHash is the SHA-512 of the transcript that all trustees sign.
	TranscriptHash [64]byte
}

// VerifyMessages checks the round-1 messages of all trustees, in the order of
// their indices: encoding and number of coefficients, proofs of possession, no
// two equal first commitments or ephemeral keys, a usable joint key. It needs
// no secret; anyone may call it (check V02). Everything that is provable in
// public is settled here, before any share is looked at.
//
// A trustee at fault is named by a *Fault, which is public. The messages'
// hashes and the order of entries on the board are the caller's to compare.
func VerifyMessages(p *Params, messages [][]byte) (*Ceremony, error) {
	if len(messages) != p.N() {
		return nil, fmt.Errorf("%d round-1 messages, want %d", len(messages), p.N())
	}
	c := &Ceremony{params: p}
	for j, b := range messages {
		m, err := ParseMessage(p, b)
		if err != nil {
			return nil, &Fault{Trustee: j + 1, Err: err, Public: true}
		}
		c.messages = append(c.messages, m)
	}
	c.extension = c.ciphertextDigest()
	if err := c.verify(); err != nil {
		return nil, err
	}
	return c, nil
}

// verify checks the parsed messages and computes the public results.
func (c *Ceremony) verify() error {
	for j, m := range c.messages {
		if err := m.verifyProof(c.params); err != nil {
			return &Fault{Trustee: j + 1, Err: err, Public: true}
		}
	}
	firsts := func(m *Message) *group.Point { return m.Commitment[0] }
	ephemerals := func(m *Message) *group.Point { return m.Ephemeral }
	if err := c.checkDistinct("first commitment", firsts); err != nil {
		return err
	}
	if err := c.checkDistinct("ephemeral key", ephemerals); err != nil {
		return err
	}
	return c.combine()
}

// checkDistinct refuses two messages with an equal point.
func (c *Ceremony) checkDistinct(name string, point func(*Message) *group.Point) error {
	seen := make(map[string]int, len(c.messages))
	for j, m := range c.messages {
		key := string(point(m).Bytes())
		if other, ok := seen[key]; ok {
			return &Fault{Trustee: other, Other: j + 1, Err: fmt.Errorf("%s: %w", name, ErrDuplicate), Public: true}
		}
		seen[key] = j + 1
	}
	return nil
}

// combine computes Y and Y_1 .. Y_n from the summed commitments ("Round 2",
// step 4).
func (c *Ceremony) combine() error {
	sum := append([]*group.Point(nil), c.messages[0].Commitment...)
	for _, m := range c.messages[1:] {
		for k, point := range m.Commitment {
			sum[k] = sum[k].Add(point)
		}
	}
	c.jointKey = sum[0].Encoded()
	if c.jointKey.IsIdentity() {
		return fmt.Errorf("joint key %w", ErrDegenerate)
	}
	for i := 1; i <= c.params.N(); i++ {
		y := evaluateCommitment(sum, i).Encoded()
		if y.IsIdentity() {
			return fmt.Errorf("verification share %d %w", i, ErrDegenerate)
		}
		c.shares = append(c.shares, y)
	}
	return nil
}

// ciphertextDigest is Rollcall's extension: the digest of n and, for every
// trustee in order, the concatenation of its framed ciphertexts.
func (c *Ceremony) ciphertextDigest() []byte {
	h := transcript.New(tagCiphertexts).Uint64(uint64(c.params.N()))
	for _, m := range c.messages {
		var frames []byte
		for _, ciphertext := range m.Ciphertexts {
			frames = appendFrame(frames, ciphertext)
		}
		h.Bytes(frames)
	}
	sum := h.Sum()
	return sum[:]
}

// Transcript returns T, which all trustees sign ("Round 3", step 1). Its
// lengths are little-endian.
func (c *Ceremony) Transcript() []byte {
	b := appendField(nil, []byte(SuiteID))
	b = appendField(b, c.params.context)
	b = binary.LittleEndian.AppendUint32(b, uint32(c.params.N()))
	b = binary.LittleEndian.AppendUint32(b, uint32(c.params.Threshold()))
	b = appendPoints(b, c.params.keys)
	for _, m := range c.messages {
		b = appendPoints(b, m.Commitment)
	}
	for _, m := range c.messages {
		b = append(b, m.Proof...)
	}
	for _, m := range c.messages {
		b = append(b, m.Ephemeral.Bytes()...)
	}
	return appendField(b, c.extension)
}

// appendField appends a transcript field behind its length, 8 bytes
// little-endian.
func appendField(b, field []byte) []byte {
	b = binary.LittleEndian.AppendUint64(b, uint64(len(field)))
	return append(b, field...)
}

// Result returns the joint key and verification shares. They are to be relied
// on only when VerifyCertificate, or Round2.Finish, has succeeded.
func (c *Ceremony) Result() *Result {
	return &Result{
		JointKey:           c.jointKey,
		VerificationShares: append([]*group.Point(nil), c.shares...),
		TranscriptHash:     sha512.Sum512(c.Transcript()),
	}
}

// VerifyCertificate checks that every trustee signed the ceremony's one
// transcript and returns the result ("Round 3", step 4; check V03). signatures
// are 64 bytes each, in the order of the trustees' indices. It needs no
// secret. A trustee at fault is named by a *Fault wrapping ErrSignature.
func (c *Ceremony) VerifyCertificate(signatures [][]byte) (*Result, error) {
	if err := verifySignatures(c.params, c.Transcript(), signatures); err != nil {
		return nil, err
	}
	return c.Result(), nil
}

func verifySignatures(p *Params, t []byte, signatures [][]byte) error {
	if len(signatures) != p.N() {
		return fmt.Errorf("certificate has %d signatures, want %d", len(signatures), p.N())
	}
	for j, signature := range signatures {
		if err := verify(p.key(j+1), t, signature); err != nil {
			return &Fault{Trustee: j + 1, Err: fmt.Errorf("%w: %w", ErrSignature, err), Public: true}
		}
	}
	return nil
}

// VerifyPublic checks a whole ceremony from what was posted: VerifyMessages,
// then VerifyCertificate.
func VerifyPublic(p *Params, messages, signatures [][]byte) (*Result, error) {
	c, err := VerifyMessages(p, messages)
	if err != nil {
		return nil, err
	}
	return c.VerifyCertificate(signatures)
}
