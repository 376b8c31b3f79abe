package tlog

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"

	"rollcall/bulletin/checkpoint"
)

// ErrFetch is wrapped by every error that says that a file could not be read:
// it is missing, the server does not answer, the reader was interrupted. What
// was read and is wrong is ErrWrong.
var ErrFetch = errors.New("could not fetch")

// Reader reads the public files of a board. It verifies nothing: it bounds what
// it reads and says ErrFetch when it can not.
type Reader interface {
	// Checkpoint returns the signed checkpoint, at most checkpoint.MaxSize bytes.
	Checkpoint(ctx context.Context) ([]byte, error)
	// Tile returns the file of one tile, at most Tile.MaxSize bytes. A missing
	// one is ErrFetch and fs.ErrNotExist.
	Tile(ctx context.Context, t Tile) ([]byte, error)
}

// HintReader is what a Reader has that can read the hints of full entry bundle
// number index, at most as many bytes as the bundle may have. Hints are optional:
// an error means no more than that there are none.
type HintReader interface {
	Hints(ctx context.Context, index uint64) ([]byte, error)
}

// siblings is what a Reader has that can list: the other files, partial or
// full, at the place of a tile. What can not be listed or read is not there.
type siblings interface {
	siblings(t Tile) []Tile
}

// dirReader reads a directory.
type dirReader struct{ dir string }

// OpenDir returns a Reader of the directory of an exported board.
func OpenDir(path string) (Reader, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, fmt.Errorf("%w board: %w", ErrFetch, err)
	}
	if !info.IsDir() {
		return nil, fmt.Errorf("%w board: %s is not a directory", ErrFetch, path)
	}
	return dirReader{path}, nil
}

func (d dirReader) Checkpoint(context.Context) ([]byte, error) {
	return d.read(CheckpointPath, checkpoint.MaxSize)
}

func (d dirReader) Tile(_ context.Context, t Tile) ([]byte, error) {
	return d.read(t.Path(), t.MaxSize())
}

// Hints implements HintReader.
func (d dirReader) Hints(_ context.Context, index uint64) ([]byte, error) {
	return d.read(HintPath(index), TileWidth*MaxEntry)
}

func (d dirReader) read(path string, limit int) ([]byte, error) {
	name := filepath.Join(d.dir, filepath.FromSlash(path))
	// Stat first: opening a pipe or a device could block for ever.
	info, err := os.Stat(name)
	if err != nil {
		return nil, fmt.Errorf("%w %s: %w", ErrFetch, path, err)
	}
	if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("%s: %w: not a regular file", path, ErrWrong)
	}
	f, err := os.Open(name)
	if err != nil {
		return nil, fmt.Errorf("%w %s: %w", ErrFetch, path, err)
	}
	defer f.Close()
	return readLimited(f, path, limit, info.Size())
}

// readLimited reads a file that must not have more than limit bytes, and is said
// to have size; a negative one is not known.
func readLimited(r io.Reader, path string, limit int, size int64) ([]byte, error) {
	var b bytes.Buffer
	// With room for the read that finds nothing more.
	b.Grow(int(min(max(size, 0), int64(limit))) + bytes.MinRead)
	if _, err := b.ReadFrom(io.LimitReader(r, int64(limit)+1)); err != nil {
		return nil, fmt.Errorf("%w %s: %w", ErrFetch, path, err)
	}
	if b.Len() > limit {
		return nil, fmt.Errorf("%s: %w: more than %d bytes", path, ErrWrong, limit)
	}
	return b.Bytes(), nil
}

func (d dirReader) siblings(t Tile) []Tile {
	var found []Tile
	full := t.Full()
	if _, err := os.Stat(filepath.Join(d.dir, filepath.FromSlash(full.Path()))); err == nil && t != full {
		found = append(found, full)
	}
	names, _ := os.ReadDir(filepath.Join(d.dir, filepath.FromSlash(full.Path()+".p")))
	for _, n := range names {
		w, err := strconv.Atoi(n.Name())
		if err != nil || w < 1 || w >= TileWidth || strconv.Itoa(w) != n.Name() || w == t.Width {
			continue // not a file of the layout, or t itself
		}
		found = append(found, Tile{t.Level, t.Index, w})
	}
	return found
}

// readTile reads a tile. A partial one that is gone is cut out of the full one,
// as c2sp.org/tlog-tiles allows once that exists. The result holds at least
// t.Width entries or hashes, more only if it is the full tile's, which is said.
func readTile(ctx context.Context, r Reader, t Tile) (data []byte, full bool, err error) {
	data, err = r.Tile(ctx, t)
	if t.Width == TileWidth || !absent(r, err) {
		return data, t.Width == TileWidth, err
	}
	if data, ferr := r.Tile(ctx, t.Full()); ferr == nil {
		return data, true, nil
	}
	return nil, false, err
}

// absent reports whether err says that a tile is not there. In a directory that is
// one that can not be read for any reason, such as a file where its directory would be.
func absent(r Reader, err error) bool {
	_, lists := r.(siblings)
	return errors.Is(err, fs.ErrNotExist) || lists && errors.Is(err, ErrFetch)
}

// readBundle reads and splits the entry bundle t.
func readBundle(ctx context.Context, r Reader, t Tile) ([][]byte, error) {
	data, full, err := readTile(ctx, r, t)
	if err != nil {
		return nil, err
	}
	width := t.Width
	if full {
		width = TileWidth
	}
	entries, err := ParseBundle(data, width)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", t.Path(), err)
	}
	return entries[:t.Width], nil
}

// readHashTile reads and splits the hash tile t.
func readHashTile(ctx context.Context, r Reader, t Tile) ([]Hash, error) {
	data, full, err := readTile(ctx, r, t)
	if err != nil {
		return nil, err
	}
	width := t.Width
	if full {
		width = TileWidth
	}
	hashes, err := ParseHashTile(data, width)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", t.Path(), err)
	}
	return hashes[:t.Width], nil
}

// readAhead is how many entry bundles are fetched at the same time, if they are
// not expected to have more than aheadBytes together: a bundle of nothing but roll
// has 16 MB, one of ballots less than one.
const (
	readAhead  = 4
	aheadBytes = 4 << 20
)

// Entries streams the entries from to size-1 of the tree of size entries, in
// order. size comes from a checkpoint that the caller has verified; that the
// entries hash to its root is for the caller to check. Each entry is fn's to
// keep. fn's first error ends the stream and is returned as it is.
func Entries(ctx context.Context, r Reader, from, size uint64, fn func(index uint64, entry []byte) error) error {
	if from > size {
		return fmt.Errorf("entries from %d of %d", from, size)
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	type result struct {
		entries [][]byte
		err     error
	}
	results := make(chan chan result, readAhead)
	// A bundle is fetched for every token. There is one until the first is there.
	tokens, given := make(chan struct{}, readAhead), uint64(0)
	give := func(upTo uint64) {
		for ; given < upTo; given++ {
			tokens <- struct{}{}
		}
	}
	give(1)
	go func() {
		defer close(results)
		for i := from / TileWidth; i*TileWidth < size; i++ {
			select {
			case <-tokens:
			case <-ctx.Done():
				return
			}
			t := Tile{EntriesLevel, i, int(min(size-i*TileWidth, TileWidth))}
			c := make(chan result, 1)
			results <- c
			go func() {
				entries, err := readBundle(ctx, r, t)
				c <- result{entries, err}
			}()
		}
	}()
	index, taken := from/TileWidth*TileWidth, uint64(0)
	for c := range results {
		res := <-c
		if res.err != nil {
			return res.err
		}
		bytes := 0
		for _, e := range res.entries {
			bytes += len(e)
		}
		taken++
		give(taken + uint64(max(1, min(readAhead, aheadBytes/max(1, bytes)))))
		for _, e := range res.entries {
			if index >= from {
				if err := fn(index, e); err != nil {
					return err
				}
			}
			index++
		}
	}
	if index < size {
		return fmt.Errorf("%w entries: %w", ErrFetch, context.Cause(ctx))
	}
	return nil
}
