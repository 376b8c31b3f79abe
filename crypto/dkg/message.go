package dkg

import (
	"fmt"

	"rollcall/crypto/group"
)

// Message is a round-1 message: msg_1 of "Protocol Messages".
type Message struct {
	// Commitment is C: t points, none of them the identity.
	Commitment []*group.Point
	// Proof is the proof of possession, R || z, 64 bytes.
	Proof []byte
	// Ephemeral is E, not the identity.
	Ephemeral *group.Point
	// Ciphertexts are the n encrypted shares, in the recipients' order, each
	// of MinCiphertextSize to MaxCiphertextSize bytes.
	Ciphertexts [][]byte
}

// ParseMessage decodes a round-1 message for threshold t and n trustees,
// checking every length before it is used:
//
//	C_0 .. C_(t-1) (32 bytes each) || R || z (64) || E (32) ||
//	n times: length (8, big-endian) || ciphertext
//
// It checks no proof. Errors wrap ErrMessage and say which part is wrong. More
// or fewer than t points shift what follows, which then does not parse.
func ParseMessage(p *Params, b []byte) (*Message, error) {
	m, rest, err := parsePublic(p.Threshold(), b)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrMessage, err)
	}
	if m.Ciphertexts, err = cutFrames(append([]byte(nil), rest...), p.N()); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrMessage, err)
	}
	return m, nil
}

// parsePublic decodes the part before the ciphertexts and returns the rest.
func parsePublic(t int, b []byte) (*Message, []byte, error) {
	if want := t*group.PointSize + signatureSize + group.PointSize; len(b) < want {
		return nil, nil, fmt.Errorf("%d bytes before the ciphertexts, want %d", len(b), want)
	}
	m := &Message{}
	var err error
	if m.Commitment, err = parsePoints(t, b); err != nil {
		return nil, nil, fmt.Errorf("commitment %w", err)
	}
	b = b[t*group.PointSize:]
	m.Proof = append([]byte(nil), b[:signatureSize]...)
	b = b[signatureSize:]
	if m.Ephemeral, err = group.ParseElement(b[:group.PointSize]); err != nil {
		return nil, nil, fmt.Errorf("ephemeral key: %w", err)
	}
	return m, b[group.PointSize:], nil
}

// parsePoints decodes t points off the front of b, which is long enough. The
// error starts with the number of the point.
func parsePoints(t int, b []byte) ([]*group.Point, error) {
	points := make([]*group.Point, t)
	for k := range points {
		var err error
		if points[k], err = group.ParseElement(b[k*group.PointSize : (k+1)*group.PointSize]); err != nil {
			return nil, fmt.Errorf("%d: %w", k, err)
		}
	}
	return points, nil
}

// Bytes returns the wire form that ParseMessage reads.
func (m *Message) Bytes() []byte {
	b := appendPoints(nil, m.Commitment)
	b = append(b, m.Proof...)
	b = append(b, m.Ephemeral.Bytes()...)
	for _, c := range m.Ciphertexts {
		b = appendFrame(b, c)
	}
	return b
}

func appendPoints(b []byte, points []*group.Point) []byte {
	for _, p := range points {
		b = append(b, p.Bytes()...)
	}
	return b
}

// signedByProof is what the proof of possession signs: context || C || E.
func signedByProof(context []byte, commitment []*group.Point, ephemeral *group.Point) []byte {
	b := append([]byte(nil), context...)
	b = appendPoints(b, commitment)
	return append(b, ephemeral.Bytes()...)
}

// verifyProof checks the proof of possession under C_0.
func (m *Message) verifyProof(p *Params) error {
	err := verify(m.Commitment[0], signedByProof(p.context, m.Commitment, m.Ephemeral), m.Proof)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrProof, err)
	}
	return nil
}
