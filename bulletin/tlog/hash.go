package tlog

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"math/bits"
	"strings"

	"github.com/transparency-dev/merkle/compact"
	"github.com/transparency-dev/merkle/proof"
	"github.com/transparency-dev/merkle/rfc6962"
)

// Hash is a SHA-256 hash of the tree: of a leaf, a node or the root.
type Hash = [32]byte

// ParseHash reads 32 bytes of base64, in the only form that they have.
func ParseHash(s string) (Hash, error) {
	b, err := base64.StdEncoding.Strict().DecodeString(s)
	if err != nil || len(b) != len(Hash{}) || strings.ContainsAny(s, "\r\n") { // which base64 skips
		return Hash{}, errors.New("a hash that is not 32 bytes of base64")
	}
	return Hash(b), nil
}

// MaxEntry is the most bytes an entry may have: the length field of an entry
// bundle has 16 bits.
const MaxEntry = 1<<16 - 1

// ErrWrong is wrapped by every error that says that what was read is wrong, as
// against ErrFetch.
var ErrWrong = errors.New("wrong")

var factory = compact.RangeFactory{Hash: rfc6962.DefaultHasher.HashChildren}

// LeafHash returns the RFC 6962 leaf hash of an entry: SHA-256(0x00 || entry).
func LeafHash(entry []byte) Hash { return Hash(rfc6962.DefaultHasher.HashLeaf(entry)) }

// EmptyRoot returns the root of the tree without entries.
func EmptyRoot() Hash { return Hash(rfc6962.DefaultHasher.EmptyRoot()) }

// HashReader gives stored hashes of full subtrees at tile levels: number i at
// level l is the RFC 6962 hash of entries i*256^l to (i+1)*256^l - 1. Level 0
// is the leaf hashes.
type HashReader interface {
	// Hashes returns numbers from to to-1 at a tile level, at most 256 of them
	// and all of one tile.
	Hashes(ctx context.Context, level int, from, to uint64) ([]Hash, error)
}

// nodeHash returns the hash of one full subtree, folding up to 128 stored
// hashes of the tile level below it.
func nodeHash(ctx context.Context, r HashReader, id compact.NodeID) ([]byte, error) {
	level, up := int(id.Level/tileHeight), id.Level%tileHeight
	stored, err := r.Hashes(ctx, level, id.Index<<up, (id.Index+1)<<up)
	if err != nil {
		return nil, err
	}
	if uint64(len(stored)) != 1<<up {
		return nil, fmt.Errorf("%d hashes of level %d from %d, want %d", len(stored), level, id.Index<<up, 1<<up)
	}
	for ; up > 0; up-- {
		for i := range 1 << (up - 1) {
			stored[i] = Hash(factory.Hash(stored[2*i][:], stored[2*i+1][:]))
		}
	}
	return stored[0][:], nil
}

// Range returns the compact range of the first size entries: the roots of its
// full subtrees, left to right.
func Range(ctx context.Context, r HashReader, size uint64) (*compact.Range, error) {
	ids := compact.RangeNodes(0, size, nil)
	hashes, err := nodeHashes(ctx, r, ids)
	if err != nil {
		return nil, fmt.Errorf("tree of size %d: %w", size, err)
	}
	return factory.NewRange(0, size, hashes)
}

// RangeRoot returns the root of a compact range that starts at 0.
func RangeRoot(r *compact.Range) (Hash, error) {
	if r.End() == 0 {
		return EmptyRoot(), nil
	}
	root, err := r.GetRootHash(nil)
	if err != nil {
		return Hash{}, fmt.Errorf("root of size %d: %w", r.End(), err)
	}
	return Hash(root), nil
}

// Root returns the root of the first size entries.
func Root(ctx context.Context, r HashReader, size uint64) (Hash, error) {
	cr, err := Range(ctx, r, size)
	if err != nil {
		return Hash{}, err
	}
	return RangeRoot(cr)
}

// InclusionProof returns the audit path (RFC 6962, section 2.1.1) of the entry
// at index in the tree of the first size entries.
func InclusionProof(ctx context.Context, r HashReader, index, size uint64) ([]Hash, error) {
	nodes, err := proof.Inclusion(index, size)
	if err != nil {
		return nil, fmt.Errorf("inclusion of %d in size %d: %w", index, size, err)
	}
	return proofHashes(ctx, r, nodes)
}

// ConsistencyProof returns the proof (RFC 6962, section 2.1.2) that the first
// size1 entries are a prefix of the first size2.
func ConsistencyProof(ctx context.Context, r HashReader, size1, size2 uint64) ([]Hash, error) {
	nodes, err := proof.Consistency(size1, size2)
	if err != nil {
		return nil, fmt.Errorf("consistency of %d with %d: %w", size1, size2, err)
	}
	return proofHashes(ctx, r, nodes)
}

func proofHashes(ctx context.Context, r HashReader, nodes proof.Nodes) ([]Hash, error) {
	hashes, err := nodeHashes(ctx, r, nodes.IDs)
	if err != nil {
		return nil, err
	}
	hashes, err = nodes.Rehash(hashes, factory.Hash)
	if err != nil {
		return nil, fmt.Errorf("folding proof: %w", err)
	}
	out := make([]Hash, len(hashes))
	for i, h := range hashes {
		out[i] = Hash(h)
	}
	return out, nil
}

func nodeHashes(ctx context.Context, r HashReader, ids []compact.NodeID) ([][]byte, error) {
	hashes := make([][]byte, len(ids))
	for i, id := range ids {
		h, err := nodeHash(ctx, r, id)
		if err != nil {
			return nil, err
		}
		hashes[i] = h
	}
	return hashes, nil
}

// VerifyInclusion checks that the leaf hash stands at index in the tree of
// size and root.
func VerifyInclusion(leaf Hash, index, size uint64, path []Hash, root Hash) error {
	if size == 0 || index >= size {
		return fmt.Errorf("%w proof: index %d in a tree of size %d", ErrWrong, index, size)
	}
	if len(path) > bits.Len64(size) {
		return fmt.Errorf("%w proof: %d hashes for a tree of size %d", ErrWrong, len(path), size)
	}
	if err := proof.VerifyInclusion(rfc6962.DefaultHasher, index, size, leaf[:], byteSlices(path), root[:]); err != nil {
		return fmt.Errorf("%w proof: inclusion of %d in size %d: %w", ErrWrong, index, size, err)
	}
	return nil
}

// VerifyConsistency checks that the tree of size1 and root1 is a prefix of the
// tree of size2 and root2.
func VerifyConsistency(size1, size2 uint64, path []Hash, root1, root2 Hash) error {
	if len(path) > 2*bits.Len64(size2) {
		return fmt.Errorf("%w proof: %d hashes for a tree of size %d", ErrWrong, len(path), size2)
	}
	if size1 == 0 && root1 != EmptyRoot() {
		return fmt.Errorf("%w proof: root of an empty tree is not the empty root", ErrWrong)
	}
	if err := proof.VerifyConsistency(rfc6962.DefaultHasher, size1, size2, byteSlices(path), root1[:], root2[:]); err != nil {
		return fmt.Errorf("%w proof: size %d is not a prefix of size %d: %w", ErrWrong, size1, size2, err)
	}
	return nil
}

func byteSlices(hashes []Hash) [][]byte {
	out := make([][]byte, len(hashes))
	for i := range hashes {
		out[i] = hashes[i][:]
	}
	return out
}

// CloneRange returns a copy of a compact range that can grow on its own.
func CloneRange(r *compact.Range) (*compact.Range, error) {
	return factory.NewRange(r.Begin(), r.End(), append([][]byte(nil), r.Hashes()...))
}

// TileLevel returns the tile level at which the hash of a full subtree is
// stored, and false for one that lies between two.
func TileLevel(id compact.NodeID) (level int, ok bool) {
	return int(id.Level / tileHeight), id.Level%tileHeight == 0
}
