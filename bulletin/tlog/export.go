package tlog

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// Source is where an Exporter takes the log from.
type Source interface {
	HashReader
	// Entries calls fn for the entries from to to-1, in order.
	Entries(ctx context.Context, from, to uint64, fn func(index uint64, entry []byte) error) error
}

// Exporter keeps a directory of the C2SP tlog-tiles files of a growing log:
// entry bundles, hash tiles and the checkpoint, for any static web server.
//
// The order on disk is what makes it safe to stop at any moment: all tiles of a
// tree are durable before its checkpoint is, and no partial tile is deleted
// before a checkpoint that has the full tile is. Partial tiles of a tile that
// is not full yet are all kept, since a reader may hold an older checkpoint
// (c2sp.org/tlog-tiles, "Partial Tiles").
//
// It is not safe for concurrent use.
type Exporter struct {
	src   Source
	files *fileWriter
	size  uint64 // entries whose tiles and checkpoint are durable
	tail  *tail  // of the tree of size; nil if it must be loaded
}

// NewExporter continues an export into dir, creating it where it does not
// exist. from is the size of the checkpoint that stands there, 0 for none; the
// caller has seen to it that the source has the same tree.
func NewExporter(ctx context.Context, dir string, src Source, from uint64) (*Exporter, error) {
	files, err := newFileWriter(dir)
	if err != nil {
		return nil, err
	}
	e := &Exporter{src: src, files: files, size: from}
	if err := e.removeObsolete(); err != nil {
		return nil, err
	}
	return e, nil
}

// ReadCheckpoint returns the signed checkpoint in dir, nil if there is none.
func ReadCheckpoint(dir string) ([]byte, error) {
	b, err := os.ReadFile(filepath.Join(dir, CheckpointPath))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	return b, err
}

// Size returns the size of the last exported tree.
func (e *Exporter) Size() uint64 { return e.size }

// Export writes the tiles of the tree of the first size entries and then its
// signed checkpoint, all durable when it returns. size must not be less than
// Size. After an error the files still are a whole board of the old size.
func (e *Exporter) Export(ctx context.Context, size uint64, signed []byte) error {
	if size < e.size {
		return fmt.Errorf("exporting size %d: %d is published already", size, e.size)
	}
	t := e.tail
	e.tail = nil // until all has gone well
	if err := e.export(ctx, t, size, signed); err != nil {
		e.files.reset()
		return fmt.Errorf("exporting size %d: %w", size, err)
	}
	return nil
}

func (e *Exporter) export(ctx context.Context, t *tail, size uint64, signed []byte) error {
	if t == nil {
		var err error
		if t, err = loadTail(ctx, e.src, e.size); err != nil {
			return err
		}
	}
	// Written beside the tiles, and put in place after them.
	publish, err := e.files.prepare(CheckpointPath, signed)
	if err != nil {
		return err
	}
	t.write = e.files.write
	if err := e.src.Entries(ctx, e.size, size, func(_ uint64, entry []byte) error { return t.append(entry) }); err != nil {
		return err
	}
	if err := t.writePartials(); err != nil {
		return err
	}
	if err := e.files.flush(); err != nil {
		return err
	}
	if err := publish(); err != nil {
		return err
	}
	if err := e.files.flush(); err != nil {
		return err
	}
	e.size, e.tail = size, t
	for _, full := range t.filled {
		if err := e.files.remove(full.Path() + ".p"); err != nil {
			return err
		}
	}
	t.filled = t.filled[:0]
	return nil
}

// removeObsolete deletes partial tiles that a crash left beside their full tile.
func (e *Exporter) removeObsolete() error {
	root := filepath.Join(e.files.dir, "tile")
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil || !d.IsDir() || !strings.HasSuffix(path, ".p") {
			return err
		}
		rel, err := filepath.Rel(e.files.dir, strings.TrimSuffix(path, ".p"))
		if err != nil {
			return err
		}
		full, err := ParseTilePath(filepath.ToSlash(rel))
		if err != nil {
			return fs.SkipDir // not ours
		}
		if end, ok := full.End(); ok && end <= e.size {
			if err := os.RemoveAll(path); err != nil {
				return err
			}
		}
		return fs.SkipDir
	})
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("removing partial tiles: %w", err)
	}
	return nil
}

// tail is the right edge of a tree: what is in its partial tiles.
type tail struct {
	write  func(path string, data []byte) error
	index  uint64 // of the partial bundle
	bundle []byte // entries since the last full bundle
	levels []tailLevel
	filled []Tile // full tiles whose partials are obsolete
	// hashesOnly leaves entry bundles out: nothing is kept of them or written.
	hashesOnly bool
}

type tailLevel struct {
	index   uint64 // of the partial tile
	hashes  []Hash // fewer than 256
	changed bool   // since the last writePartials
}

// loadTail reads the right edge of the first size entries.
func loadTail(ctx context.Context, src Source, size uint64) (*tail, error) {
	t := &tail{index: size / TileWidth}
	var err error
	add := func(_ uint64, entry []byte) error {
		t.bundle, err = AppendBundleEntry(t.bundle, entry)
		return err
	}
	if err := src.Entries(ctx, t.index*TileWidth, size, add); err != nil {
		return nil, fmt.Errorf("loading the right edge of size %d: %w", size, err)
	}
	for level := 0; ; level++ {
		count := size >> (tileHeight * level)
		if count == 0 {
			return t, nil
		}
		l := tailLevel{index: count / TileWidth}
		if from := l.index * TileWidth; from < count {
			if l.hashes, err = src.Hashes(ctx, level, from, count); err != nil {
				return nil, fmt.Errorf("loading the right edge of size %d: %w", size, err)
			}
		}
		t.levels = append(t.levels, l)
	}
}

// append adds an entry and writes the tiles it fills.
func (t *tail) append(entry []byte) error { return t.appendLeaf(entry, LeafHash(entry)) }

// appendLeaf is append with the entry's leaf hash at hand.
func (t *tail) appendLeaf(entry []byte, hash Hash) error {
	if !t.hashesOnly {
		var err error
		if t.bundle, err = AppendBundleEntry(t.bundle, entry); err != nil {
			return err
		}
	}
	for level := 0; ; level++ {
		if level == len(t.levels) {
			t.levels = append(t.levels, tailLevel{})
		}
		l := &t.levels[level]
		l.hashes, l.changed = append(l.hashes, hash), true
		if len(l.hashes) < TileWidth {
			return nil
		}
		if err := t.fill(Tile{level, l.index, TileWidth}, EncodeHashTile(l.hashes)); err != nil {
			return err
		}
		if level == 0 {
			if !t.hashesOnly {
				if err := t.fill(Tile{EntriesLevel, t.index, TileWidth}, t.bundle); err != nil {
					return err
				}
			}
			// The old one is on its way to a file; the next will be of its size.
			t.index, t.bundle = t.index+1, make([]byte, 0, len(t.bundle))
		}
		hash = fold(l.hashes)
		l.index, l.hashes, l.changed = l.index+1, l.hashes[:0], false
	}
}

func (t *tail) fill(full Tile, data []byte) error {
	t.filled = append(t.filled, full)
	return t.write(full.Path(), data)
}

// writePartials writes the partial tiles that changed.
func (t *tail) writePartials() error {
	for level := range t.levels {
		l := &t.levels[level]
		if !l.changed || len(l.hashes) == 0 {
			continue
		}
		if level == 0 && !t.hashesOnly {
			if err := t.write(Tile{EntriesLevel, t.index, len(l.hashes)}.Path(), t.bundle); err != nil {
				return err
			}
		}
		if err := t.write(Tile{level, l.index, len(l.hashes)}.Path(), EncodeHashTile(l.hashes)); err != nil {
			return err
		}
		l.changed = false
	}
	return nil
}

// fold returns the root of a full tile, without changing it.
func fold(hashes []Hash) Hash {
	hashes = append([]Hash(nil), hashes...)
	for n := len(hashes) / 2; n > 0; n /= 2 {
		for i := range n {
			hashes[i] = Hash(factory.Hash(hashes[2*i][:], hashes[2*i+1][:]))
		}
	}
	return hashes[0]
}
