package tlog

import (
	"fmt"

	"github.com/transparency-dev/merkle/compact"
)

// RangeBuilder recomputes the tree while entries stream by. It gives the root
// of every prefix from the last Forget on, in O(log size) each, and keeps two
// hashes for each entry since then: enough to check ticks, which name a tree
// somewhere behind them, without keeping the tree.
//
// It is not safe for concurrent use.
type RangeBuilder struct {
	mark uint64 // roots of sizes mark.. are kept
	tip  *compact.Range
	// nodes holds the full subtrees that some tree of size mark or more has as
	// a peak.
	nodes map[compact.NodeID]Hash
}

// NewRangeBuilder returns a builder of the empty tree.
func NewRangeBuilder() *RangeBuilder {
	return &RangeBuilder{tip: factory.NewEmptyRange(0), nodes: map[compact.NodeID]Hash{}}
}

// Append adds an entry to the tree and returns its leaf hash.
func (b *RangeBuilder) Append(entry []byte) Hash {
	leaf := LeafHash(entry)
	b.AppendLeaf(leaf)
	return leaf
}

// AppendLeaf adds an entry by its leaf hash.
func (b *RangeBuilder) AppendLeaf(leaf Hash) {
	// Append fails only for a range with too few hashes, which this one, grown
	// leaf by leaf from nothing, never is.
	_ = b.tip.Append(leaf[:], func(id compact.NodeID, h []byte) { b.nodes[id] = Hash(h) })
}

// Size returns the number of entries so far.
func (b *RangeBuilder) Size() uint64 { return b.tip.End() }

// Root returns the root of all entries so far.
func (b *RangeBuilder) Root() Hash {
	root, err := b.RootAt(b.Size())
	if err != nil {
		// Size is never below the mark.
		panic(err)
	}
	return root
}

// RootAt returns the root of the first size entries. size must lie between the
// last Forget and Size.
func (b *RangeBuilder) RootAt(size uint64) (Hash, error) {
	if size < b.mark || size > b.Size() {
		return Hash{}, fmt.Errorf("root of size %d: only %d to %d are kept", size, b.mark, b.Size())
	}
	if size == 0 {
		return EmptyRoot(), nil
	}
	ids := compact.RangeNodes(0, size, nil)
	root := b.nodes[ids[len(ids)-1]]
	for i := len(ids) - 2; i >= 0; i-- {
		left := b.nodes[ids[i]]
		root = Hash(factory.Hash(left[:], root[:]))
	}
	return root, nil
}

// Forget says that no root of a size below before will be asked for, and frees
// what only those need. A size above Size counts as Size.
func (b *RangeBuilder) Forget(before uint64) {
	before = min(before, b.Size())
	if before <= b.mark {
		return
	}
	b.mark = before
	kept := make(map[compact.NodeID]Hash)
	for _, id := range compact.RangeNodes(0, before, nil) {
		kept[id] = b.nodes[id]
	}
	for id, h := range b.nodes {
		// A subtree that ends after before is a peak of some later tree only.
		if _, end := id.Coverage(); end > before {
			kept[id] = h
		}
	}
	b.nodes = kept
}
