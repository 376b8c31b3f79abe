package tlog

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"

	"golang.org/x/sync/errgroup"
)

// tmpDir is where files are written before they are renamed into place, below
// the directory of the board so that it is one file system.
const tmpDir = ".tmp"

// fileWriter puts files into a directory durably: each is written and synced
// under another name and then renamed, so that a reader, and a machine that
// loses power, sees a whole file or none. Files are synced beside one another;
// flush waits for them and syncs the directories.
type fileWriter struct {
	dir   string
	count int // names of temporary files
	group *errgroup.Group
	dirty map[string]bool // directories to sync
	known map[string]bool // directories that exist
}

func newFileWriter(dir string) (*fileWriter, error) {
	w := &fileWriter{dir: filepath.Clean(dir), dirty: map[string]bool{}, known: map[string]bool{}}
	// What is in there was cut off by a crash and was never published.
	if err := w.remove(tmpDir); err != nil {
		return nil, fmt.Errorf("clearing %s: %w", filepath.Join(dir, tmpDir), err)
	}
	return w, nil
}

// syncsAtOnce is how many files are synced at the same time: file systems
// commit them together.
const syncsAtOnce = 16

// write puts data, which must not change until then, at path, relative to the
// directory and with slashes. It is there and durable after the next flush,
// which also tells whether it failed.
func (w *fileWriter) write(path string, data []byte) error {
	tmp, target, err := w.name(path)
	if err != nil {
		return err
	}
	w.dirty[filepath.Dir(target)] = true
	w.pending().Go(func() error {
		err := writeSynced(tmp, data)
		if err == nil {
			err = os.Rename(tmp, target)
		}
		if err != nil {
			return fmt.Errorf("writing %s: %w", target, err)
		}
		return nil
	})
	return nil
}

// prepare is write in two steps: data is durable under another name after the
// next flush, and place, called after that, puts it at path, durably once there
// was yet another flush. So what must come last need not be written last.
func (w *fileWriter) prepare(path string, data []byte) (place func() error, err error) {
	tmp, target, err := w.name(path)
	if err != nil {
		return nil, err
	}
	w.pending().Go(func() error {
		if err := writeSynced(tmp, data); err != nil {
			return fmt.Errorf("writing %s: %w", target, err)
		}
		return nil
	})
	return func() error {
		w.dirty[filepath.Dir(target)] = true
		return os.Rename(tmp, target)
	}, nil
}

// name makes the directories of a path and returns where to write it, under a
// name not used before, and where it belongs.
func (w *fileWriter) name(path string) (tmp, target string, err error) {
	target = filepath.Join(w.dir, filepath.FromSlash(path))
	tmp = filepath.Join(w.dir, tmpDir)
	for _, dir := range []string{tmp, filepath.Dir(target)} {
		if err := w.mkdir(dir); err != nil {
			return "", "", fmt.Errorf("making %s: %w", dir, err)
		}
	}
	w.count++
	return filepath.Join(tmp, strconv.Itoa(w.count)), target, nil
}

// pending returns the group of writes that flush will wait for.
func (w *fileWriter) pending() *errgroup.Group {
	if w.group == nil {
		w.group = new(errgroup.Group)
		w.group.SetLimit(syncsAtOnce)
	}
	return w.group
}

// wait waits for all writes.
func (w *fileWriter) wait() error {
	err := w.pending().Wait()
	w.group = nil
	return err
}

func writeSynced(path string, data []byte) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o644)
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	if err == nil {
		err = f.Sync()
	}
	return errors.Join(err, f.Close())
}

// reset ends what is under way, deletes what will not be put in place, and makes
// the writer look at the disk again, after a failure.
func (w *fileWriter) reset() {
	// The failure has been reported; another one adds nothing.
	_ = w.wait()
	clear(w.known)
	tmp := filepath.Join(w.dir, tmpDir)
	names, _ := os.ReadDir(tmp)
	for _, n := range names {
		_ = os.Remove(filepath.Join(tmp, n.Name()))
	}
}

// mkdir makes a directory of the board and those above it. Each is synced into
// its parent by the first flush that uses it, even if it was there before: a
// process that was killed may have made it and not come to that.
func (w *fileWriter) mkdir(dir string) error {
	if w.known[dir] {
		return nil
	}
	parent := filepath.Dir(dir)
	if dir == w.dir {
		if _, err := os.Stat(dir); err == nil {
			w.known[dir] = true
			return nil
		}
		if err := os.MkdirAll(parent, 0o755); err != nil {
			return err
		}
		w.known[parent] = true // what is above the board is not ours to sync
	}
	if err := w.mkdir(parent); err != nil {
		return err
	}
	if err := os.Mkdir(dir, 0o755); err != nil {
		if info, serr := os.Stat(dir); serr != nil || !info.IsDir() {
			return err
		}
	}
	w.known[dir], w.dirty[parent] = true, true
	return nil
}

// remove deletes a file or a directory with all that is in it. Nothing rests on
// its being gone for good, so it is not synced.
func (w *fileWriter) remove(path string) error {
	target := filepath.Join(w.dir, filepath.FromSlash(path))
	delete(w.known, target)
	delete(w.dirty, target)
	return os.RemoveAll(target)
}

// flush waits for all writes and syncs the directories whose content changed.
func (w *fileWriter) flush() error {
	if err := w.wait(); err != nil {
		return err
	}
	for dir := range w.dirty {
		w.pending().Go(func() error {
			if err := syncDir(dir); err != nil {
				return fmt.Errorf("syncing %s: %w", dir, err)
			}
			return nil
		})
	}
	if err := w.wait(); err != nil {
		return err
	}
	clear(w.dirty)
	return nil
}

func syncDir(dir string) error {
	f, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}
