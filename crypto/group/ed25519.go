package group

import (
	"bytes"
	"errors"
	"fmt"

	"filippo.io/edwards25519"
)

// ErrEd25519Key says that 32 bytes are no safe Ed25519 public key.
var ErrEd25519Key = errors.New("not the canonical encoding of an Ed25519 key of prime order")

// CheckEd25519Key holds that b is the canonical encoding (RFC 8032, section
// 5.1.3) of a point of prime order. crypto/ed25519 takes keys of small and
// mixed order, under which one signature can be valid for many messages or for
// some verifiers only; the keys that a manifest names for checkpoints and
// cosignatures are held to more.
func CheckEd25519Key(b []byte) error {
	if len(b) != 32 {
		return fmt.Errorf("ed25519 key has %d bytes, want 32", len(b))
	}
	p, err := new(edwards25519.Point).SetBytes(b)
	if err != nil || !bytes.Equal(p.Bytes(), b) {
		return ErrEd25519Key
	}
	identity := edwards25519.NewIdentityPoint()
	if p.Equal(identity) == 1 {
		return ErrEd25519Key
	}
	minusOne := ScalarFromUint64(1).Neg()
	lP := new(edwards25519.Point).ScalarMult(&minusOne.s, p) // (l-1)*p
	if lP.Add(lP, p).Equal(identity) != 1 {
		return ErrEd25519Key
	}
	return nil
}
