package verifier

import (
	"encoding/binary"
	"slices"
)

const (
	// shardBits of a fingerprint choose its shard, the next partBits the part of
	// it; the other restSize bytes stand there.
	shardBits = 12
	partBits  = 4
	restBits  = 64 - shardBits - partBits
	restSize  = restBits / 8
)

// fingerprintSet is a set of fingerprints at little more than restSize bytes
// each. Fingerprints are spread evenly, whatever the values are, since their
// key is random: so all shards have about the same size, and the cost of one
// more hardly grows with how many there are: at ten million it moves seven
// kilobytes. Shards of that size also leave no holes in memory while they grow,
// as a hundred thousand small ones do. The zero value is an empty set.
type fingerprintSet struct {
	shards []shard // by the top bits
	count  int
}

// shard holds the rests of its fingerprints, little-endian and ascending within
// each part.
type shard struct {
	ends  [1 << partBits]uint32 // of the parts, in elements
	rests []byte
}

func newFingerprintSet() *fingerprintSet { return &fingerprintSet{} }

// rest returns number i of a shard.
func (s *shard) rest(i uint32) uint64 {
	b := s.rests[i*restSize:][:restSize]
	return uint64(binary.LittleEndian.Uint32(b)) | uint64(binary.LittleEndian.Uint16(b[4:]))<<32
}

// begin returns where a part begins.
func (s *shard) begin(part uint64) uint32 {
	if part == 0 {
		return 0
	}
	return s.ends[part-1]
}

// find returns the shard of f, its part, and where in it f stands or would stand.
func (s *fingerprintSet) find(f uint64) (in *shard, part uint64, at uint32, ok bool) {
	if s.shards == nil {
		s.shards = make([]shard, 1<<shardBits)
	}
	in, part = &s.shards[f>>(64-shardBits)], f>>restBits&(1<<partBits-1)
	want := f & (1<<restBits - 1)
	low, high := in.begin(part), in.ends[part]
	for low < high {
		middle := (low + high) / 2
		switch got := in.rest(middle); {
		case got == want:
			return in, part, middle, true
		case got < want:
			low = middle + 1
		default:
			high = middle
		}
	}
	return in, part, low, false
}

func (s *fingerprintSet) has(f uint64) bool {
	_, _, _, ok := s.find(f)
	return ok
}

// add puts f into the set and reports whether it was new.
func (s *fingerprintSet) add(f uint64) bool {
	in, part, at, ok := s.find(f)
	if ok {
		return false
	}
	b := in.rests
	if len(b)+restSize > cap(b) {
		b = withRoom(b)
	}
	b = b[:len(b)+restSize]
	place := b[at*restSize:]
	copy(place[restSize:], place)
	binary.LittleEndian.PutUint32(place, uint32(f))
	binary.LittleEndian.PutUint16(place[4:], uint16(f>>32))
	in.rests = b
	for p := part; p < uint64(len(in.ends)); p++ {
		in.ends[p]++
	}
	s.count++
	return true
}

// withRoom copies rests to where they can grow by a sixteenth, or to what the
// allocator hands out anyway. At this size the doubling of append would count.
func withRoom(rests []byte) []byte {
	n := len(rests) + len(rests)/16 + restSize
	return append(append([]byte(nil), make([]byte, n)...)[:0], rests...)
}

func (s *fingerprintSet) remove(f uint64) {
	in, part, at, ok := s.find(f)
	if !ok {
		return
	}
	in.rests = slices.Delete(in.rests, int(at)*restSize, int(at+1)*restSize)
	for p := part; p < uint64(len(in.ends)); p++ {
		in.ends[p]--
	}
	s.count--
}

// ascending returns a function that returns one fingerprint after another. The
// set must not change meanwhile, and has no more than count.
func (s *fingerprintSet) ascending() func() uint64 {
	number, part, at := uint64(0), uint64(0), uint32(0)
	return func() uint64 {
		for at == s.shards[number].ends[part] {
			if part++; part == 1<<partBits {
				number, part, at = number+1, 0, 0
			}
		}
		at++
		return number<<(64-shardBits) | part<<restBits | s.shards[number].rest(at-1)
	}
}
