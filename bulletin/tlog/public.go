package tlog

import (
	"context"
	"fmt"
)

// ReadEntry reads the entry at index from the public files of a tree of size
// entries. It verifies nothing.
func ReadEntry(ctx context.Context, r Reader, index, size uint64) ([]byte, error) {
	if index >= size {
		return nil, fmt.Errorf("entry %d of %d", index, size)
	}
	first := index / TileWidth * TileWidth
	entries, err := readBundle(ctx, r, Tile{EntriesLevel, index / TileWidth, int(min(size-first, TileWidth))})
	if err != nil {
		return nil, err
	}
	return entries[index-first], nil
}
