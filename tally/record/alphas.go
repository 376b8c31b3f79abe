package record

import (
	"hash/maphash"
	"iter"
	"slices"

	"rollcall/bulletin/entry"
	"rollcall/crypto/elgamal"
	"rollcall/crypto/group"
)

// alphaIndex finds the ballot that an alpha stands in. Every ballot has many and
// none may come twice, so this is the largest part of a state after the
// ciphertexts themselves: it holds 64-bit hashes in place of 32-byte points, and
// what a hash says is looked up in the ballot. The seed is secret, so that nobody
// can make points that share one.
type alphaIndex struct {
	seed maphash.Seed
	at   map[uint64]uint64   // hash of alpha -> index of the first ballot with it
	more map[[32]byte]uint64 // alphas whose hash was taken; as good as none
}

func newAlphaIndex() alphaIndex {
	return alphaIndex{seed: maphash.MakeSeed(), at: map[uint64]uint64{}, more: map[[32]byte]uint64{}}
}

func (x *alphaIndex) hash(alpha [32]byte) uint64 { return maphash.Bytes(x.seed, alpha[:]) }

// find returns the ballot that has an alpha.
func (x *alphaIndex) find(alpha [32]byte, ballots map[uint64]*Ballot) (index uint64, ok bool) {
	if index, ok = x.at[x.hash(alpha)]; ok && ballots[index].has(alpha) {
		return index, true
	}
	index, ok = x.more[alpha]
	return index, ok
}

// add notes an alpha that find has not found.
func (x *alphaIndex) add(alpha [32]byte, index uint64) {
	h := x.hash(alpha)
	if _, taken := x.at[h]; taken {
		x.more[alpha] = index
		return
	}
	x.at[h] = index
}

// remove forgets an alpha of a ballot.
func (x *alphaIndex) remove(alpha [32]byte, index uint64) {
	if _, ok := x.more[alpha]; ok {
		delete(x.more, alpha)
		return
	}
	if h := x.hash(alpha); x.at[h] == index {
		delete(x.at, h)
	}
}

// alphas yields the alphas of a sealed contest, whose size Verify has checked.
func alphas(c *entry.SealedContest) iter.Seq[[32]byte] {
	return func(yield func([32]byte) bool) {
		for piece := range slices.Chunk(c.Ciphertexts, elgamal.CiphertextSize) {
			if !yield([32]byte(piece[:group.PointSize])) {
				return
			}
		}
	}
}

func (b *Ballot) has(alpha [32]byte) bool {
	if b == nil {
		return false
	}
	for i := range b.Contests {
		for a := range alphas(&b.Contests[i]) {
			if a == alpha {
				return true
			}
		}
	}
	return false
}
