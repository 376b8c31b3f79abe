package verifier

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"slices"
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

// fingerprintSet is a set of fingerprints at little more than 8 bytes each:
// most are kept sorted, the latest in a map until there are enough to merge.
type fingerprintSet struct {
	sorted  []uint64
	recent  map[uint64]struct{}
	removed map[uint64]struct{}
}

// mergeAt is how many recent fingerprints the set holds at least before they
// are merged; beyond that, one in 32.
const mergeAt = 1 << 12

func newFingerprintSet() *fingerprintSet {
	return &fingerprintSet{recent: map[uint64]struct{}{}, removed: map[uint64]struct{}{}}
}

func (s *fingerprintSet) has(f uint64) bool {
	if _, ok := s.recent[f]; ok {
		return true
	}
	if _, ok := s.removed[f]; ok {
		return false
	}
	_, ok := slices.BinarySearch(s.sorted, f)
	return ok
}

// add puts f into the set and reports whether it was new.
func (s *fingerprintSet) add(f uint64) bool {
	if s.has(f) {
		return false
	}
	s.recent[f] = struct{}{}
	if len(s.recent) >= max(mergeAt, len(s.sorted)/32) {
		s.merge()
	}
	return true
}

func (s *fingerprintSet) remove(f uint64) {
	delete(s.recent, f)
	if _, ok := slices.BinarySearch(s.sorted, f); ok {
		s.removed[f] = struct{}{}
	}
}

// merge moves the recent fingerprints into the sorted ones, which get exactly
// the room they need: at this size the slack of append would count.
func (s *fingerprintSet) merge() {
	s.sorted = slices.DeleteFunc(s.sorted, func(f uint64) bool { _, gone := s.removed[f]; return gone })
	clear(s.removed)
	fresh := make([]uint64, 0, len(s.recent))
	for f := range s.recent {
		fresh = append(fresh, f)
	}
	clear(s.recent)
	slices.Sort(fresh)
	old, merged := s.sorted, make([]uint64, 0, len(s.sorted)+len(fresh))
	for _, f := range fresh {
		at, _ := slices.BinarySearch(old, f)
		merged = append(append(merged, old[:at]...), f)
		old = old[at:]
	}
	s.sorted = append(merged, old...)
}
