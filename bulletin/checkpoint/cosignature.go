package checkpoint

import (
	"bytes"
	"crypto/ed25519"
	"fmt"
	"math"
)

// CosignatureMessage returns what a witness signs to say that at time t (POSIX
// seconds) the log origin had, as its largest consistent tree, size entries
// under root: two header lines and the checkpoint's text
// (c2sp.org/tlog-cosignature, Ed25519 signed message).
func CosignatureMessage(origin string, size uint64, root [32]byte, t uint64) []byte {
	head := fmt.Appendf(nil, "cosignature/v1\ntime %d\n", t)
	return append(head, Checkpoint{Origin: origin, Size: size, Root: root}.Text()...)
}

// SignCosignature returns the 64-byte Ed25519 signature of
// CosignatureMessage(origin, size, root, t) under a witness's key.
func SignCosignature(key ed25519.PrivateKey, origin string, size uint64, root [32]byte, t uint64) ([]byte, error) {
	if len(key) != ed25519.PrivateKeySize {
		return nil, fmt.Errorf("%w witness key: %d bytes, want %d", ErrInvalid, len(key), ed25519.PrivateKeySize)
	}
	if err := checkCosigned(origin, t); err != nil {
		return nil, err
	}
	return ed25519.Sign(key, CosignatureMessage(origin, size, root, t)), nil
}

// VerifyCosignature checks a 64-byte cosignature of a witness's 32-byte key
// over exactly origin, size and root at time t. It is strict: a key that is
// non-canonical or of small order and an S that is not below the group order
// are refused, so that everybody counts the same cosignatures.
func VerifyCosignature(pub []byte, origin string, size uint64, root [32]byte, t uint64, sig []byte) error {
	if err := checkCosigned(origin, t); err != nil {
		return err
	}
	if err := verify(pub, CosignatureMessage(origin, size, root, t), sig); err != nil {
		return fmt.Errorf("cosignature of size %d at time %d: %w", size, t, err)
	}
	return nil
}

// checkCosigned refuses an origin that could hold a newline and so shift the
// lines of the message, and a time beyond C2SP's bound.
func checkCosigned(origin string, t uint64) error {
	if err := checkName(origin); err != nil {
		return fmt.Errorf("cosignature: %w", err)
	}
	if t > math.MaxInt64 {
		return fmt.Errorf("%w cosignature: time %d is above 2^63-1", ErrInvalid, t)
	}
	return nil
}

// Cosignature is one witness's cosignature of one checkpoint.
type Cosignature struct {
	Witness *Verifier
	Time    uint64 // POSIX seconds
	Sig     []byte // 64 bytes of Ed25519, or 2,420 of ML-DSA-44, as the key is
}

// AddCosignatures returns the signed checkpoint with one more signature line
// for each cosignature. It verifies each first: a line that does not verify
// would make readers refuse the whole note, as would one for which there is no
// room.
func AddCosignatures(signed []byte, cosigs ...Cosignature) ([]byte, error) {
	c, err := Peek(signed)
	if err != nil {
		return nil, err
	}
	out := bytes.Clone(signed)
	for _, cs := range cosigs {
		if err := cs.Witness.verifyCosignature(c, cs.Time, cs.Sig); err != nil {
			return nil, fmt.Errorf("witness %q: %w", cs.Witness.Name(), err)
		}
		out = append(out, cs.Line()...)
	}
	if len(out) > MaxSize {
		return nil, fmt.Errorf("%w checkpoint: %d bytes with its cosignatures, at most %d are read", ErrInvalid, len(out), MaxSize)
	}
	return out, nil
}
