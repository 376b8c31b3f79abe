package tlog

import (
	"context"
	"fmt"

	"github.com/transparency-dev/merkle/compact"
	"golang.org/x/sync/errgroup"
)

// maxTreeLevels is how many tile levels a tree of 2^64 entries has.
const maxTreeLevels = 8

// RangeState is what a RangeBuilder can be made from again.
type RangeState struct {
	Mark   uint64 // roots of sizes Mark.. are kept
	Peaks  []Hash // of the first Mark entries: their full subtrees, left to right
	Leaves []Hash // of the entries since
}

// State returns a copy of what the builder is made of.
func (b *RangeBuilder) State() RangeState {
	s := RangeState{Mark: b.mark}
	for _, id := range compact.RangeNodes(0, b.mark, nil) {
		s.Peaks = append(s.Peaks, b.nodes[id])
	}
	for i := b.mark; i < b.Size(); i++ {
		s.Leaves = append(s.Leaves, b.nodes[compact.NewNodeID(0, i)])
	}
	return s
}

// ResumeRange returns a builder that goes on from a state. That its root is the
// one expected is for the caller to check.
func ResumeRange(s RangeState) (*RangeBuilder, error) {
	tip, err := factory.NewRange(0, s.Mark, byteSlices(s.Peaks))
	if err != nil {
		return nil, fmt.Errorf("range of %d entries: %w", s.Mark, err)
	}
	b := &RangeBuilder{mark: s.Mark, tip: tip, nodes: map[compact.NodeID]Hash{}}
	for i, id := range compact.RangeNodes(0, s.Mark, nil) {
		b.nodes[id] = s.Peaks[i]
	}
	for _, leaf := range s.Leaves {
		b.AppendLeaf(leaf)
	}
	return b, nil
}

// Edge is the right edge of a tree: the hashes of its partial tiles by tile
// level, fewer than 256 each; level 0 is leaf hashes.
type Edge [][]Hash

// Edge returns a copy of the right edge of the entries appended so far.
func (c *TileChecker) Edge() Edge {
	e := make(Edge, len(c.tail.levels))
	for i, l := range c.tail.levels {
		e[i] = append([]Hash(nil), l.hashes...)
	}
	return e
}

// Root returns the root of a tree of size entries with this edge. An edge that
// is none of such a tree is an error.
func (e Edge) Root(size uint64) (Hash, error) {
	if len(e) > maxTreeLevels {
		return Hash{}, fmt.Errorf("%w edge: %d levels", ErrWrong, len(e))
	}
	for level := range maxTreeLevels {
		n := 0
		if level < len(e) {
			n = len(e[level])
		}
		if want := int(size >> (tileHeight * level) % TileWidth); n != want {
			return Hash{}, fmt.Errorf("%w edge: %d hashes at level %d of a tree of size %d, want %d", ErrWrong, n, level, size, want)
		}
	}
	return Root(context.Background(), e, size)
}

// Hashes implements HashReader for the partial tiles.
func (e Edge) Hashes(_ context.Context, level int, from, to uint64) ([]Hash, error) {
	first := from / TileWidth * TileWidth
	if level >= len(e) || to-first > uint64(len(e[level])) {
		return nil, fmt.Errorf("%w edge: has no hashes %d to %d of level %d", ErrWrong, from, to, level)
	}
	return append([]Hash(nil), e[level][from-first:to-first]...), nil
}

// ResumeTileChecker starts a check of what the tree of the first size entries
// has beyond an older one: from and edge are the older one's size and right
// edge. It must be fed the entries from ResumeAt(from) on: those that the older
// tree has in a partial bundle come again.
func ResumeTileChecker(ctx context.Context, r Reader, size, from uint64, edge Edge) *TileChecker {
	c := &TileChecker{r: r, size: size}
	c.group, c.ctx = errgroup.WithContext(ctx)
	c.group.SetLimit(readAhead)
	if list, ok := r.(siblings); ok {
		c.bundle = &bundleCheck{list: list}
	}
	c.tail.index, c.tail.hashesOnly = from/TileWidth, true // entries have been read; there is one way to write them
	for level := range edge {
		l := tailLevel{index: from >> (tileHeight * level) / TileWidth}
		if level > 0 {
			l.hashes = append(l.hashes, edge[level]...)
		}
		c.tail.levels = append(c.tail.levels, l)
	}
	return c
}

// ResumeAt returns the index of the first entry of the bundle that the entry at
// index size is in.
func ResumeAt(size uint64) uint64 { return size / TileWidth * TileWidth }

// tileHashes reads hashes from the public tiles of a tree.
type tileHashes struct {
	r    Reader
	size uint64
}

// NewHashReader returns the hashes of the tree of size entries as its public
// files have them, which nobody has checked.
func NewHashReader(r Reader, size uint64) HashReader { return tileHashes{r, size} }

// Hashes implements HashReader.
func (h tileHashes) Hashes(ctx context.Context, level int, from, to uint64) ([]Hash, error) {
	if level < 0 {
		return nil, fmt.Errorf("hashes of level %d: no such level", level)
	}
	index := from / TileWidth
	count := h.size >> (tileHeight * level)
	if to <= from || to > count || (to-1)/TileWidth != index {
		return nil, fmt.Errorf("hashes %d to %d of level %d: not of one tile of a tree of size %d", from, to, level, h.size)
	}
	hashes, err := readHashTile(ctx, h.r, Tile{level, index, int(min(count-index*TileWidth, TileWidth))})
	if err != nil {
		return nil, err
	}
	return hashes[from-index*TileWidth : to-index*TileWidth], nil
}
