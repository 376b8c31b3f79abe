package dkg

import (
	"bytes"
	"encoding/binary"
	"fmt"

	"rollcall/crypto/group"
)

// Bundle returns the ciphertexts for trustee i, from 1: C_rec of "Recovery
// Data". It is nil for an index that is not 1 to n.
func (c *Ceremony) Bundle(i int) []byte {
	if c.params.checkIndex(i) != nil {
		return nil
	}
	var b []byte
	for _, m := range c.messages {
		b = appendFrame(b, m.Ciphertexts[i-1])
	}
	return b
}

// Recover rebuilds a trustee's key share from its long-term secret and public
// data alone ("Recovery Algorithm"): the transcript T, the certificate (all n
// signatures one behind the other, 64 bytes each), and the trustee's bundle.
// The transcript must be of the setup p. Errors wrap ErrRecovery; a trustee
// whose signature, proof or share is wrong is named by a *Fault inside.
func Recover(p *Params, secret *group.Scalar, t, certificate, bundle []byte) (*KeyShare, error) {
	share, err := recoverShare(p, secret, t, certificate, bundle)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrRecovery, err)
	}
	return share, nil
}

func recoverShare(p *Params, secret *group.Scalar, t, certificate, bundle []byte) (*KeyShare, error) {
	c, err := parseTranscript(p, t)
	if err != nil {
		return nil, fmt.Errorf("transcript: %w", err)
	}
	signatures, err := parseCertificate(p, certificate)
	if err != nil {
		return nil, err
	}
	if err := verifySignatures(p, t, signatures); err != nil {
		return nil, err
	}
	if err := c.verify(); err != nil {
		return nil, err
	}
	i := p.indexOf(group.MulBase(secret))
	if i == 0 {
		return nil, fmt.Errorf("secret key belongs to none of the %d trustees", p.N())
	}
	trustee, err := NewTrustee(p, i, secret)
	if err != nil {
		return nil, err
	}
	ciphertexts, err := cutFrames(bundle, p.N())
	if err != nil {
		return nil, fmt.Errorf("bundle: %w", err)
	}
	r := &Round2{ceremony: c, index: i, secret: new(group.Scalar)}
	for j, ciphertext := range ciphertexts {
		m := c.messages[j]
		share, payload, err := c.openWith(trustee.shared(m.Ephemeral, p.key(j+1)), j+1, i, ciphertext)
		if err != nil {
			r.Wipe()
			return nil, &Fault{Trustee: j + 1, Err: err}
		}
		r.add(share, payload)
	}
	return &KeyShare{Index: i, Secret: r.secret, Payloads: r.payloads, Public: c.Result()}, nil
}

// indexOf returns the index of the trustee with ceremony key q, and 0 if there
// is none. Keys are distinct, so there is never a second.
func (p *Params) indexOf(q *group.Point) int {
	for i := 1; i <= p.N(); i++ {
		if p.key(i).Equal(q) {
			return i
		}
	}
	return 0
}

// parseCertificate splits aggregated_sigs of "Protocol Messages".
func parseCertificate(p *Params, b []byte) ([][]byte, error) {
	if len(b) != p.N()*signatureSize {
		return nil, fmt.Errorf("certificate has %d bytes, want %d", len(b), p.N()*signatureSize)
	}
	signatures := make([][]byte, p.N())
	for j := range signatures {
		signatures[j] = b[j*signatureSize : (j+1)*signatureSize]
	}
	return signatures, nil
}

// parseTranscript reads T back into the messages it was made of, without their
// ciphertexts. Suite, context, n, t and keys must be those of p.
func parseTranscript(p *Params, t []byte) (*Ceremony, error) {
	r := &reader{b: t}
	if suite := r.field(); r.err == nil && string(suite) != SuiteID {
		return nil, fmt.Errorf("ciphersuite is not %s", SuiteID)
	}
	if context := r.field(); r.err == nil && !bytes.Equal(context, p.context) {
		return nil, fmt.Errorf("context is of another session")
	}
	if n, k := r.uint32(), r.uint32(); r.err == nil && (uint64(n) != uint64(p.N()) || uint64(k) != uint64(p.Threshold())) {
		return nil, fmt.Errorf("%d of %d trustees, want %d of %d", k, n, p.Threshold(), p.N())
	}
	if keys := r.take(uint64(p.N() * group.PointSize)); r.err == nil && !bytes.Equal(keys, appendPoints(nil, p.keys)) {
		return nil, fmt.Errorf("ceremony keys are others")
	}
	c := &Ceremony{params: p, messages: make([]*Message, p.N())}
	for j := range c.messages {
		b := r.take(uint64(p.Threshold() * group.PointSize))
		if r.err != nil {
			return nil, r.err
		}
		points, err := parsePoints(p.Threshold(), b)
		if err != nil {
			return nil, fmt.Errorf("trustee %d: commitment %w", j+1, err)
		}
		c.messages[j] = &Message{Commitment: points}
	}
	for _, m := range c.messages {
		m.Proof = r.take(signatureSize)
	}
	for j, m := range c.messages {
		b := r.take(group.PointSize)
		if r.err != nil {
			return nil, r.err
		}
		var err error
		if m.Ephemeral, err = group.ParseElement(b); err != nil {
			return nil, fmt.Errorf("trustee %d: ephemeral key: %w", j+1, err)
		}
	}
	c.extension = r.field()
	if r.err == nil && len(r.b) != 0 {
		return nil, fmt.Errorf("%d trailing bytes", len(r.b))
	}
	return c, r.err
}

// reader cuts a transcript into its parts. After an error it gives nil.
type reader struct {
	b   []byte
	err error
}

func (r *reader) take(n uint64) []byte {
	if r.err == nil && n > uint64(len(r.b)) {
		r.err = fmt.Errorf("%d bytes left, want %d", len(r.b), n)
	}
	if r.err != nil {
		return nil
	}
	b := r.b[:n:n]
	r.b = r.b[n:]
	return b
}

func (r *reader) uint32() uint32 {
	if b := r.take(4); b != nil {
		return binary.LittleEndian.Uint32(b)
	}
	return 0
}

// field takes a field behind its length, 8 bytes little-endian.
func (r *reader) field() []byte {
	if b := r.take(8); b != nil {
		return r.take(binary.LittleEndian.Uint64(b))
	}
	return nil
}
