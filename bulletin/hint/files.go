package hint

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"rollcall/bulletin/tlog"
)

// ErrNoBoard says that a directory is not the public one of a board.
var ErrNoBoard = errors.New("not the public directory of a board")

// errWrite marks what failed because nothing can be written: the next bundle
// would fail as well.
var errWrite = errors.New("hints can not be written")

// files are the published files of a board, in a directory, and the hints
// beside them. Nothing but hints is ever written, and nothing published changed.
type files struct {
	dir    string
	reader tlog.Reader
}

// open returns the files of the board in dir.
func open(ctx context.Context, dir string) (*files, error) {
	reader, err := tlog.OpenDir(dir)
	if err != nil {
		return nil, err
	}
	if _, err := reader.Checkpoint(ctx); errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("%s is %w: want the one that has the files checkpoint and tile/", dir, ErrNoBoard)
	} else if err != nil {
		return nil, err
	}
	f := &files{dir, reader}
	f.sweep()
	return f, nil
}

// bundle names full entry bundle number index.
func bundle(index uint64) tlog.Tile {
	return tlog.Tile{Level: tlog.EntriesLevel, Index: index, Width: tlog.TileWidth}
}

func (f *files) path(name string) string { return filepath.Join(f.dir, filepath.FromSlash(name)) }

// has reports whether there is a full entry bundle number index. A board has
// them from 0 on without a gap, but for the moment in which it writes several.
func (f *files) has(index uint64) bool {
	info, err := os.Stat(f.path(bundle(index).Path()))
	return err == nil && info.Mode().IsRegular()
}

// fill makes the hints of a bundle unless they are there.
func (f *files) fill(ctx context.Context, index uint64) (made bool, err error) {
	target := f.path(tlog.HintPath(index))
	if _, err := os.Stat(target); err == nil {
		return false, nil
	}
	hints, err := f.hints(ctx, index)
	if err != nil {
		return false, err
	}
	if err := f.write(target, hints); err != nil {
		return false, fmt.Errorf("%w: %w", errWrite, err)
	}
	return true, nil
}

// hints reads a bundle and computes its hints. That takes up to some seconds,
// for a bundle of nothing but roll: so it ends with ctx.
func (f *files) hints(ctx context.Context, index uint64) ([]byte, error) {
	t := bundle(index)
	data, err := f.reader.Tile(ctx, t)
	if err != nil {
		return nil, err
	}
	entries, err := tlog.ParseBundle(data, t.Width)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", t.Path(), err)
	}
	var hints []byte
	for _, raw := range entries {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		hints = appendHints(hints, raw)
	}
	return hints, nil
}

// tmpDir is where hint files are written before they are renamed into place. It
// is not the exporter's own, which clears that.
const tmpDir = "hint/.tmp"

// write puts a file into its place whole: its bytes are synced before it has its
// name, or a machine that loses power could leave a cut one there, which nobody
// would make again. The name itself is not: without it, the file is made again.
func (f *files) write(target string, hints []byte) error {
	for _, dir := range []string{f.path(tmpDir), filepath.Dir(target)} {
		if err := os.MkdirAll(dir, 0o755); err != nil {
			return err
		}
	}
	// Names are drawn, for another process may be at the same board.
	tmp, err := os.CreateTemp(f.path(tmpDir), "*")
	if err != nil {
		return err
	}
	_, err = tmp.Write(hints)
	if err = errors.Join(err, tmp.Chmod(0o644), tmp.Sync(), tmp.Close()); err == nil {
		err = os.Rename(tmp.Name(), target)
	}
	if err != nil {
		_ = os.Remove(tmp.Name()) // or sweep does, some day
	}
	return err
}

// stale is the age at which a temporary file is nobody's any more.
const stale = time.Hour

// sweep removes temporary files that a crash has left. What can not be removed is
// in nobody's way.
func (f *files) sweep() {
	list, err := os.ReadDir(f.path(tmpDir))
	if err != nil {
		return // there is none
	}
	for _, d := range list {
		if info, err := d.Info(); err == nil && time.Since(info.ModTime()) > stale {
			_ = os.Remove(filepath.Join(f.path(tmpDir), d.Name()))
		}
	}
}
