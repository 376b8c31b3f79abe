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
	key [32]byte
}

func newFingerprinter() *fingerprinter {
	f := new(fingerprinter)
	if _, err := rand.Read(f.key[:]); err != nil {
		panic("verifier: crypto/rand failed: " + err.Error()) // crypto/rand never fails
	}
	return f
}

func (f *fingerprinter) of(value []byte) uint64 {
	var buf [64]byte
	copy(buf[:], f.key[:])
	h := sha256.Sum256(append(buf[:32], value...))
	return binary.LittleEndian.Uint64(h[:])
}

// fingerprintSet is a set of fingerprints at little more than 8 bytes each:
// most are kept sorted, the latest in a map until there are enough to merge.
type fingerprintSet struct {
	sorted  []uint64
	recent  map[uint64]struct{}
	removed map[uint64]struct{}
}

// mergeAt is how many recent fingerprints the set holds at least before they
// are merged; beyond that, one in sixteen.
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
	if len(s.recent) >= max(mergeAt, len(s.sorted)/16) {
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

// merge moves the recent fingerprints into the sorted ones, from the back, so
// that no second copy is made. Removed ones that came again are in both.
func (s *fingerprintSet) merge() {
	s.sorted = slices.DeleteFunc(s.sorted, func(f uint64) bool { _, gone := s.removed[f]; return gone })
	clear(s.removed)
	fresh := make([]uint64, 0, len(s.recent))
	for f := range s.recent {
		fresh = append(fresh, f)
	}
	clear(s.recent)
	slices.Sort(fresh)
	old := len(s.sorted)
	s.sorted = slices.Grow(s.sorted, len(fresh))[:old+len(fresh)]
	for i, j, to := old-1, len(fresh)-1, len(s.sorted)-1; j >= 0; to-- {
		if i >= 0 && s.sorted[i] > fresh[j] {
			s.sorted[to] = s.sorted[i]
			i--
			continue
		}
		s.sorted[to] = fresh[j]
		j--
	}
}
