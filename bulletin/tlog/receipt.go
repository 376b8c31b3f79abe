package tlog

import (
	"bytes"
	"fmt"

	"github.com/transparency-dev/formats/proof"

	"rollcall/bulletin/checkpoint"
)

// maxReceipt is the most bytes a receipt may have: a checkpoint and at most 64
// hashes in base64.
const maxReceipt = checkpoint.MaxSize + 4096

// Receipt is a proof, to keep, that an entry is in the log
// (c2sp.org/tlog-proof@v1): its index, the audit path, and the checkpoint that
// the path leads to. This log has no use for extra data.
type Receipt struct {
	Index      uint64
	Path       []Hash
	Checkpoint []byte // signed
}

// Marshal writes the receipt.
func (r *Receipt) Marshal() []byte {
	return proof.TLogProof{Index: r.Index, Hashes: r.Path, Checkpoint: r.Checkpoint}.Marshal()
}

// ParseReceipt reads a receipt; only what Marshal writes passes.
func ParseReceipt(text []byte) (*Receipt, error) {
	if len(text) > maxReceipt {
		return nil, fmt.Errorf("%w receipt: %d bytes, at most %d", ErrWrong, len(text), maxReceipt)
	}
	var p proof.TLogProof
	if err := p.Unmarshal(text); err != nil {
		return nil, fmt.Errorf("%w receipt: %w", ErrWrong, err)
	}
	if p.ExtraData != nil {
		return nil, fmt.Errorf("%w receipt: extra data, this log has none", ErrWrong)
	}
	r := &Receipt{Index: p.Index, Path: p.Hashes, Checkpoint: p.Checkpoint}
	if !bytes.Equal(r.Marshal(), text) {
		return nil, fmt.Errorf("%w receipt: not canonical", ErrWrong)
	}
	return r, nil
}

// VerifyReceipt checks that the receipt proves entry to be in the log of the
// policy, under a checkpoint that meets it, and returns the entry's index and
// that checkpoint.
func VerifyReceipt(text, entry []byte, policy *checkpoint.Policy) (index uint64, c checkpoint.Checkpoint, err error) {
	r, err := ParseReceipt(text)
	if err != nil {
		return 0, checkpoint.Checkpoint{}, err
	}
	if c, err = policy.Open(r.Checkpoint); err != nil {
		return 0, checkpoint.Checkpoint{}, fmt.Errorf("receipt: %w", err)
	}
	if err := VerifyInclusion(LeafHash(entry), r.Index, c.Size, r.Path, c.Root); err != nil {
		return 0, checkpoint.Checkpoint{}, fmt.Errorf("receipt: %w", err)
	}
	return r.Index, c, nil
}
