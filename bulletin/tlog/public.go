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

// TileHashes returns the hashes of the tree of the first size entries as its
// public files hold them, for Root, InclusionProof and ConsistencyProof. It
// verifies nothing, and reads a tile each time it is asked for hashes of it.
func TileHashes(r Reader, size uint64) HashReader { return tileHashes{r, size} }

type tileHashes struct {
	r    Reader
	size uint64
}

func (t tileHashes) Hashes(ctx context.Context, level int, from, to uint64) ([]Hash, error) {
	if level < 0 || level > maxLevel || tileHeight*level >= 64 || from >= to {
		return nil, fmt.Errorf("hashes %d to %d of level %d: no such", from, to, level)
	}
	count, first := t.size>>(tileHeight*level), from/TileWidth*TileWidth
	if to > count || to > first+TileWidth {
		return nil, fmt.Errorf("hashes %d to %d of level %d: not in one tile of the %d there", from, to, level, count)
	}
	hashes, err := readHashTile(ctx, t.r, Tile{level, from / TileWidth, int(min(count-first, TileWidth))})
	if err != nil {
		return nil, err
	}
	return hashes[from-first : to-first], nil
}
