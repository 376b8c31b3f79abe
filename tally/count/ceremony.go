package count

import (
	"bytes"
	"fmt"
	"slices"

	"rollcall/bulletin/entry"
	"rollcall/crypto/dkg"
	"rollcall/tally/record"
)

// Params returns the public setup of an attempt at the key ceremony.
func Params(m *entry.Manifest, hash [entry.HashSize]byte, attempt uint64) (*dkg.Params, error) {
	keys := make([][]byte, len(m.Trustees))
	for i := range m.Trustees {
		keys[i] = m.Trustees[i].Ceremony
	}
	return dkg.NewParams(dkg.SessionID(hash, attempt), int(m.Threshold), keys)
}

// Messages verifies the round-1 messages of an attempt, all of which must be
// there, against their commitments. A trustee at fault is named.
func Messages(s *record.State, a *record.Attempt) (*dkg.Ceremony, error) {
	m, hash := s.Manifest(), s.Hash()
	params, err := Params(m, hash, a.Number)
	if err != nil {
		return nil, err
	}
	messages := make([][]byte, len(m.Trustees))
	for i := range messages {
		t := uint64(i + 1)
		if a.Messages[t] == nil {
			return nil, fmt.Errorf("trustee %d (%s) has posted no message", t, m.Trustees[i].Name)
		}
		messages[i] = a.Messages[t]
		want := dkg.CommitmentHash(dkg.SessionID(hash, a.Number), int(t), messages[i])
		if !slices.Equal(a.Commitments[t], want[:]) {
			return nil, &dkg.Fault{Trustee: int(t), Err: fmt.Errorf("message is not the one whose hash was posted"), Public: true}
		}
	}
	return dkg.VerifyMessages(params, messages)
}

// Ceremony verifies a complete attempt and returns its keys.
func Ceremony(s *record.State, attempt uint64) (*dkg.Result, error) {
	a := s.Attempt(attempt)
	if a == nil {
		return nil, fmt.Errorf("there is no attempt %d at the key ceremony", attempt)
	}
	c, err := Messages(s, a)
	if err != nil {
		return nil, err
	}
	signatures := make([][]byte, len(s.Manifest().Trustees))
	for i := range signatures {
		if signatures[i] = a.Confirms[uint64(i+1)]; signatures[i] == nil {
			return nil, fmt.Errorf("trustee %d (%s) has not confirmed the key", i+1, s.Manifest().Trustees[i].Name)
		}
	}
	return c.VerifyCertificate(signatures)
}

// VerifyOpen checks that an open entry has the key that its attempt at the
// ceremony has made. The error is a *record.Refusal.
func VerifyOpen(s *record.State, open *entry.Open) error {
	refusal := &record.Refusal{Kind: open.Kind(), Reason: record.ErrContent, Detail: "joint_key: not the one of the key ceremony"}
	result, err := Ceremony(s, open.Attempt)
	switch {
	case err != nil:
		refusal.Reason, refusal.Detail = record.ErrProof, fmt.Sprintf("key ceremony: %v", err)
	case bytes.Equal(result.JointKey.Bytes(), open.JointKey):
		return nil
	}
	return refusal
}
