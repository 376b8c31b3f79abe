package verifier

import (
	"encoding/binary"
	"slices"
)

const (
	// shardBits of a fingerprint choose its shard, the other restSize bytes
	// stand in it.
	shardBits = 16
	restSize  = (64 - shardBits) / 8
)

// fingerprintSet is a set of fingerprints at little more than restSize bytes
// each. Fingerprints are spread evenly, whatever the values are, since their
// key is random: so all shards have about the same size, and the cost of one
// more hardly grows with how many there are: at ten million it moves half a
// kilobyte. The zero value is an empty set.
type fingerprintSet struct {
	shards [][]byte // by the top bits; in each the rests, little-endian, ascending
	count  int
}

func newFingerprintSet() *fingerprintSet { return &fingerprintSet{} }

// rest returns number i of a shard.
func rest(shard []byte, i int) uint64 {
	b := shard[i*restSize : i*restSize+restSize]
	return uint64(binary.LittleEndian.Uint32(b)) | uint64(binary.LittleEndian.Uint16(b[4:]))<<32
}

// find returns the shard of f and where in it f stands or would stand.
func (s *fingerprintSet) find(f uint64) (shard *[]byte, at int, ok bool) {
	if s.shards == nil {
		s.shards = make([][]byte, 1<<shardBits)
	}
	shard = &s.shards[f>>(64-shardBits)]
	want := f & (1<<(64-shardBits) - 1)
	low, high := 0, len(*shard)/restSize
	for low < high {
		middle := (low + high) / 2
		switch got := rest(*shard, middle); {
		case got == want:
			return shard, middle * restSize, true
		case got < want:
			low = middle + 1
		default:
			high = middle
		}
	}
	return shard, low * restSize, false
}

func (s *fingerprintSet) has(f uint64) bool {
	_, _, ok := s.find(f)
	return ok
}

// add puts f into the set and reports whether it was new.
func (s *fingerprintSet) add(f uint64) bool {
	shard, at, ok := s.find(f)
	if ok {
		return false
	}
	b := *shard
	if len(b)+restSize > cap(b) {
		b = withRoom(b)
	}
	b = b[:len(b)+restSize]
	copy(b[at+restSize:], b[at:])
	binary.LittleEndian.PutUint32(b[at:], uint32(f))
	binary.LittleEndian.PutUint16(b[at+4:], uint16(f>>32))
	*shard = b
	s.count++
	return true
}

// withRoom copies a shard to where it can grow by a sixteenth, or to what the
// allocator hands out anyway. At this size the doubling of append would count.
func withRoom(shard []byte) []byte {
	n := len(shard) + len(shard)/16 + restSize
	return append(append([]byte(nil), make([]byte, n)...)[:0], shard...)
}

func (s *fingerprintSet) remove(f uint64) {
	if shard, at, ok := s.find(f); ok {
		*shard = slices.Delete(*shard, at, at+restSize)
		s.count--
	}
}

// ascending returns a function that returns one fingerprint after another. The
// set must not change meanwhile, and has no more than count.
func (s *fingerprintSet) ascending() func() uint64 {
	shard, at := 0, 0
	return func() uint64 {
		for at == len(s.shards[shard])/restSize {
			shard, at = shard+1, 0
		}
		at++
		return uint64(shard)<<(64-shardBits) | rest(s.shards[shard], at-1)
	}
}
