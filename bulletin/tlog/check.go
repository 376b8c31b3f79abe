package tlog

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"sync"

	"golang.org/x/sync/errgroup"
)

// TileChecker compares the public files of a tree with what its entries make of
// them: every hash tile of every level, partial ones included. Entries are fed
// to it as they stream by; the hash tiles are fetched beside that. Where the
// Reader can list, as a directory can, older partial tiles that still stand
// beside the tree's are compared as well, so that no byte of the board is
// overlooked.
//
// It is not safe for concurrent use.
type TileChecker struct {
	r      Reader
	ctx    context.Context
	group  *errgroup.Group
	tail   tail
	size   uint64
	bundle *bundleCheck

	mu      sync.Mutex
	missing []error // hash tiles that could not be fetched
}

// maxMissing is how many hash tiles may be missing before no more are fetched: a
// server that does not answer is asked for each of them several times.
const maxMissing = 16

// bundleCheck collects the bundle that the entries are in, where the files
// beside it can be listed.
type bundleCheck struct {
	list siblings
	data []byte
	ends []int // offset after each entry
}

// NewTileChecker starts a check of the tree of the first size entries.
func NewTileChecker(ctx context.Context, r Reader, size uint64) *TileChecker {
	return ResumeTileChecker(ctx, r, size, 0, nil)
}

// CheckTiles streams the entries of a tree once and compares all its files with
// them. The error names the path of a wrong one.
func CheckTiles(ctx context.Context, r Reader, size uint64) error {
	c := NewTileChecker(ctx, r, size)
	err := Entries(ctx, r, 0, size, func(_ uint64, entry []byte) error { return c.Append(entry, LeafHash(entry)) })
	if ferr := c.Finish(); err == nil {
		err = ferr
	}
	return err
}

// Append takes the next entry, as Entries hands it out, and its leaf hash, which
// the caller has computed. It does not wait for the tiles that it fills; Finish
// tells about them, and so may a later Append.
func (c *TileChecker) Append(entry []byte, leaf Hash) error {
	if c.ctx.Err() != nil {
		if err := c.group.Wait(); err != nil {
			return err
		}
		return fmt.Errorf("%w tiles: %w", ErrFetch, context.Cause(c.ctx))
	}
	index := c.tail.index
	if c.bundle != nil {
		if err := c.bundle.append(entry); err != nil {
			return err
		}
	}
	// The tail "writes" its full tiles into the comparison.
	c.tail.write = func(path string, data []byte) error {
		t, err := ParseTilePath(path)
		if err != nil {
			return err
		}
		c.compare(t, data)
		return nil
	}
	if err := c.tail.appendLeaf(entry, leaf); err != nil {
		return err
	}
	c.tail.filled = nil
	if c.bundle != nil && c.tail.index != index {
		return c.bundle.compare(c.ctx, c.r, index)
	}
	return nil
}

// Finish compares the partial tiles and waits for all comparisons. It must be
// called even if the stream broke off: then the hashes over the entries that were
// seen are compared. That a tile is wrong comes before that another could not be
// fetched.
func (c *TileChecker) Finish() error {
	n := c.count()
	var err error
	if n == c.size {
		err = c.finishPartials()
	} else {
		c.compareBeginnings()
	}
	if werr := c.group.Wait(); werr != nil {
		return werr
	}
	if err == nil && len(c.missing) > 0 {
		err = c.missing[0]
	}
	if err == nil && n != c.size {
		err = fmt.Errorf("%w tiles of size %d: only %d entries were seen", ErrFetch, c.size, n)
	}
	return err
}

// compareBeginnings compares the hashes of tiles that would have got more.
func (c *TileChecker) compareBeginnings() {
	for level, l := range c.tail.levels {
		if width := min(TileWidth, c.size>>(tileHeight*level)-l.index*TileWidth); len(l.hashes) > 0 {
			c.compare(Tile{level, l.index, int(width)}, EncodeHashTile(l.hashes))
		}
	}
}

func (c *TileChecker) finishPartials() error {
	if err := c.tail.writePartials(); err != nil {
		return err
	}
	if c.bundle != nil && len(c.bundle.ends) > 0 {
		return c.bundle.compare(c.ctx, c.r, c.tail.index)
	}
	return nil
}

// count returns how many entries were appended.
func (c *TileChecker) count() uint64 {
	if len(c.tail.levels) == 0 {
		return 0
	}
	return c.tail.levels[0].index*TileWidth + uint64(len(c.tail.levels[0].hashes))
}

// compare fetches the hash tile t, in its own time, and compares it with want.
func (c *TileChecker) compare(t Tile, want []byte) {
	c.group.Go(func() error {
		if c.gaveUp() {
			return nil
		}
		if err := compareHashes(c.ctx, c.r, t, want); errors.Is(err, ErrFetch) {
			return c.miss(err)
		} else if err != nil {
			return err
		}
		list, ok := c.r.(siblings)
		if !ok {
			return nil
		}
		for _, o := range list.siblings(t) {
			// One that can not be read is none.
			if err := compareHashes(c.ctx, c.r, o, want); err != nil && !errors.Is(err, ErrFetch) {
				return err
			}
		}
		return nil
	})
}

// miss notes that a hash tile could not be fetched: another one may be wrong.
func (c *TileChecker) miss(err error) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.missing = append(c.missing, err)
	return c.ctx.Err()
}

func (c *TileChecker) gaveUp() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.missing) >= maxMissing
}

// compareHashes compares the tile t with the hashes in want as far as both go.
func compareHashes(ctx context.Context, r Reader, t Tile, want []byte) error {
	hashes, err := readHashTile(ctx, r, t)
	if err != nil {
		return err
	}
	got := EncodeHashTile(hashes)
	n := min(len(got), len(want))
	for i := 0; i < n; i += hashSize {
		if !bytes.Equal(got[i:i+hashSize], want[i:i+hashSize]) {
			return fmt.Errorf("%s: %w: hash %d is not that of the entries", t.Path(), ErrWrong, i/hashSize)
		}
	}
	return nil
}

func (b *bundleCheck) append(entry []byte) error {
	var err error
	b.data, err = AppendBundleEntry(b.data, entry)
	b.ends = append(b.ends, len(b.data))
	return err
}

// compare compares the other files at the place of bundle number index with the
// entries collected, and starts the next one.
func (b *bundleCheck) compare(ctx context.Context, r Reader, index uint64) error {
	t := Tile{EntriesLevel, index, len(b.ends)}
	for _, o := range b.list.siblings(t) {
		got, err := r.Tile(ctx, o)
		if errors.Is(err, ErrFetch) {
			continue // a growing board deleted it since it was listed, or it is none
		}
		if err != nil {
			return err
		}
		if _, err := ParseBundle(got, o.Width); err != nil {
			return fmt.Errorf("%s: %w", o.Path(), err)
		}
		end := b.ends[min(o.Width, t.Width)-1]
		if len(got) < end || !bytes.Equal(got[:end], b.data[:end]) {
			return fmt.Errorf("%s: %w: not the entries of the tree", o.Path(), ErrWrong)
		}
	}
	b.data, b.ends = b.data[:0], b.ends[:0]
	if cap(b.data) > aheadBytes { // after roll come ballots, which are smaller
		b.data = nil
	}
	return nil
}
