//go:build unix

package tlog

import (
	"errors"
	"os"
	"path/filepath"
	"syscall"
	"testing"
)

// A pipe, a directory or a device in the place of a file must not hang or
// exhaust the reader.
func TestDirOddFiles(t *testing.T) {
	dir := t.TempDir()
	if err := syscall.Mkfifo(filepath.Join(dir, "checkpoint"), 0o644); err != nil {
		t.Skipf("no named pipes here: %v", err)
	}
	r := mustDir(t, dir)
	if _, err := r.Checkpoint(t.Context()); !errors.Is(err, ErrWrong) {
		t.Errorf("a pipe: error %v, want ErrWrong", err)
	}
	if err := os.MkdirAll(filepath.Join(dir, "tile/0/000"), 0o755); err != nil {
		t.Fatal(err)
	}
	if _, err := r.Tile(t.Context(), Tile{0, 0, 256}); !errors.Is(err, ErrWrong) {
		t.Errorf("a directory: error %v, want ErrWrong", err)
	}
	if err := os.WriteFile(filepath.Join(dir, "big"), make([]byte, 101), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := (dirReader{dir}).read("big", 100); !errors.Is(err, ErrWrong) {
		t.Errorf("a file that is too long: error %v, want ErrWrong", err)
	}
}
