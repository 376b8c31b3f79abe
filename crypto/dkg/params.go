package dkg

import (
	"bytes"
	"crypto/sha512"
	"encoding/binary"
	"fmt"

	"rollcall/crypto/group"
	"rollcall/crypto/transcript"
)

// SuiteID is the ciphersuite's identifier, byte for byte ("Ciphersuite
// Definitions").
const SuiteID = "COCKTAIL(Ristretto255, SHA-512)"

// MaxTrustees bounds n. With it every round-1 message without payloads fits
// into one entry of the board: at most 32*512 + 96 + 56*512 = 45,152 bytes of
// 65,535.
const MaxTrustees = 512

// Domain tags of the hashes that are Rollcall's own.
const (
	tagCommitment  = "rollcall/v1/dkg/commitment"
	tagCiphertexts = "rollcall/v1/dkg/ciphertexts"
)

// Params is the public setup of one attempt at a ceremony, the same for all
// trustees ("Setup"). It is immutable.
type Params struct {
	context   []byte
	threshold int
	keys      []*group.Point // P_1 .. P_n, encoded
}

// SessionID names one attempt at the ceremony of one election: the election
// hash and the attempt as 8 bytes, big-endian; 72 bytes.
func SessionID(electionHash [64]byte, attempt uint64) []byte {
	return binary.BigEndian.AppendUint64(electionHash[:], attempt)
}

// NewParams checks the setup of an attempt: session names it (SessionID) and
// must never be used again; threshold is t, the k of k-of-n; keys are the n
// trustees' ceremony keys of 32 bytes, in the order of their indices 1 to n,
// pairwise distinct. Every error wraps ErrSetup; one about a key is a *Fault
// inside.
func NewParams(session []byte, threshold int, keys [][]byte) (*Params, error) {
	n := len(keys)
	if len(session) == 0 {
		return nil, fmt.Errorf("%w: session is empty", ErrSetup)
	}
	if n < 1 || n > MaxTrustees {
		return nil, fmt.Errorf("%w: %d trustees, want 1 to %d", ErrSetup, n, MaxTrustees)
	}
	if threshold < 1 || threshold > n {
		return nil, fmt.Errorf("%w: threshold is %d, want 1 to %d", ErrSetup, threshold, n)
	}
	points, err := parseKeys(keys)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrSetup, err)
	}
	return &Params{context: sessionContext(session, points), threshold: threshold, keys: points}, nil
}

// parseKeys decodes the ceremony keys, which must be distinct.
func parseKeys(keys [][]byte) ([]*group.Point, error) {
	points := make([]*group.Point, len(keys))
	seen := make(map[string]int, len(keys))
	for j, b := range keys {
		point, err := group.ParseElement(b)
		if err != nil {
			return nil, &Fault{Trustee: j + 1, Err: fmt.Errorf("ceremony key: %w", err), Public: true}
		}
		if other, ok := seen[string(b)]; ok {
			return nil, &Fault{Trustee: other, Other: j + 1, Err: fmt.Errorf("ceremony key: %w", ErrDuplicate), Public: true}
		}
		seen[string(b)] = j + 1
		points[j] = point
	}
	return points, nil
}

// sessionContext is the context that "Setup" recommends. Its lengths are
// big-endian and its n is 4 bytes little-endian.
func sessionContext(session []byte, keys []*group.Point) []byte {
	h := sha512.New()
	h.Write([]byte("COCKTAIL-DKG-CONTEXT"))
	h.Write(binary.BigEndian.AppendUint64(nil, uint64(len(session))))
	h.Write(session)
	h.Write(binary.BigEndian.AppendUint64(nil, uint64(len(SuiteID))))
	h.Write([]byte(SuiteID))
	h.Write(binary.LittleEndian.AppendUint32(nil, uint32(len(keys))))
	for _, k := range keys {
		h.Write(k.Bytes())
	}
	return h.Sum(nil)
}

// N returns the number of trustees.
func (p *Params) N() int { return len(p.keys) }

// Threshold returns t, the number of trustees needed.
func (p *Params) Threshold() int { return p.threshold }

// Context returns the 64 bytes that bind session, suite and keys. Trustees
// compare them before round 1 ("Setup").
func (p *Params) Context() []byte { return append([]byte(nil), p.context...) }

// equal reports whether p and q are one setup. The context binds the keys.
func (p *Params) equal(q *Params) bool {
	return p.threshold == q.threshold && p.N() == q.N() && bytes.Equal(p.context, q.context)
}

// key returns P_i of trustee i, from 1.
func (p *Params) key(i int) *group.Point { return p.keys[i-1] }

// checkIndex refuses an index that is not 1 to n.
func (p *Params) checkIndex(i int) error {
	if i < 1 || i > p.N() {
		return fmt.Errorf("trustee index is %d, want 1 to %d", i, p.N())
	}
	return nil
}

// CommitmentHash is what a trustee posts before anyone's round-1 message: the
// digest of session, its index from 1, and its message. The message holds
// fresh random points, so the digest hides it.
func CommitmentHash(session []byte, index int, message []byte) [64]byte {
	return transcript.New(tagCommitment).Bytes(session).Uint64(uint64(index)).Bytes(message).Sum()
}
