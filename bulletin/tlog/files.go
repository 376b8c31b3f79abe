package tlog

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
)

// tmpDir is where files are written before they are renamed into place, below
// the directory of the board so that it is one file system.
const tmpDir = ".tmp"

// fileWriter puts files into a directory durably: each is written and synced
// under another name and then renamed, so that a reader, and a machine that
// loses power, sees a whole file or none. The directories are synced by flush.
type fileWriter struct {
	dir   string
	count int             // names of temporary files
	dirty map[string]bool // directories to sync
	known map[string]bool // directories that exist
}

func newFileWriter(dir string) (*fileWriter, error) {
	w := &fileWriter{dir: dir, dirty: map[string]bool{}, known: map[string]bool{}}
	// What is in there was cut off by a crash and was never published.
	if err := w.remove(tmpDir); err != nil {
		return nil, fmt.Errorf("clearing %s: %w", filepath.Join(dir, tmpDir), err)
	}
	return w, nil
}

// write puts data at path, relative to the directory and with slashes. It is
// durable after the next flush.
func (w *fileWriter) write(path string, data []byte) error {
	target := filepath.Join(w.dir, filepath.FromSlash(path))
	parent := filepath.Dir(target)
	tmp := filepath.Join(w.dir, tmpDir)
	for _, dir := range []string{tmp, parent} {
		if err := w.mkdir(dir); err != nil {
			return fmt.Errorf("making %s: %w", dir, err)
		}
	}
	w.count++
	tmp = filepath.Join(tmp, strconv.Itoa(w.count))
	if err := writeSynced(tmp, data); err != nil {
		return fmt.Errorf("writing %s: %w", target, err)
	}
	if err := os.Rename(tmp, target); err != nil {
		return fmt.Errorf("writing %s: %w", target, err)
	}
	w.dirty[parent] = true
	return nil
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

// forget makes the writer look at the disk again, after a failure.
func (w *fileWriter) forget() { clear(w.known) }

// mkdir makes a directory and those above it, and marks the parents of new ones
// for the next flush.
func (w *fileWriter) mkdir(dir string) error {
	if w.known[dir] {
		return nil
	}
	if info, err := os.Stat(dir); err == nil && info.IsDir() {
		w.known[dir] = true
		return nil
	} else if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	parent := filepath.Dir(dir)
	if err := w.mkdir(parent); err != nil {
		return err
	}
	if err := os.Mkdir(dir, 0o755); err != nil {
		return err
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

// flush syncs the directories whose content changed.
func (w *fileWriter) flush() error {
	for dir := range w.dirty {
		if err := syncDir(dir); err != nil {
			return fmt.Errorf("syncing %s: %w", dir, err)
		}
		delete(w.dirty, dir)
	}
	return nil
}

func syncDir(dir string) error {
	f, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}
