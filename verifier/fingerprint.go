package verifier

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
)

// fingerprinter shortens 32-byte values to 8 bytes under a random key that
// exists only while one record is read: nobody can prepare two values with
// one fingerprint. By chance it happens to some pair of a million values with
// a probability of 2^-25; so whatever a hit decides is looked at again, see
// relook.go.
type fingerprinter struct {
	key  [32]byte
	mask uint64 // all ones; tests make fingerprints shorter to see them collide
}

func newFingerprinter() *fingerprinter {
	f := &fingerprinter{mask: 1<<64 - 1}
	if _, err := rand.Read(f.key[:]); err != nil {
		panic("verifier: crypto/rand failed: " + err.Error()) // crypto/rand never fails
	}
	return f
}

// of returns the fingerprint of a value of 32 bytes.
func (f *fingerprinter) of(value []byte) uint64 {
	var buf [64]byte
	h := sha256.Sum256(append(append(buf[:0], f.key[:]...), value...))
	return binary.LittleEndian.Uint64(h[:]) & f.mask
}
