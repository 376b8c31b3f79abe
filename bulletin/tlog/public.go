package tlog

import (
	"context"
	"fmt"
)

// ReadEntry reads the entry at index from the public files of a tree of size
// entries. It verifies nothing.
func ReadEntry(ctx context.Context, r Reader, index, size uint64) ([]byte, error) {
	entries, err := ReadEntries(ctx, r, index, 1, size)
	if err != nil {
		return nil, err
	}
	return entries[0], nil
}

// ReadEntries reads up to n entries from index from on, of the public files of a
// tree of size entries: at least one, and none beyond the bundle of the first. It
// reads one file and verifies nothing.
func ReadEntries(ctx context.Context, r Reader, from uint64, n int, size uint64) ([][]byte, error) {
	if from >= size || n < 1 {
		return nil, fmt.Errorf("%d entries from %d of %d", n, from, size)
	}
	first := from / TileWidth * TileWidth
	entries, err := readBundle(ctx, r, Tile{EntriesLevel, from / TileWidth, int(min(size-first, TileWidth))})
	if err != nil {
		return nil, err
	}
	entries = entries[from-first:]
	return entries[:min(n, len(entries))], nil
}
