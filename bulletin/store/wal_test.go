package store

import (
	"bytes"
	"context"
	"encoding/binary"
	"os"
	"path/filepath"
	"testing"

	"rollcall/bulletin/tlog"
)

// However much is appended without a pause, the write-ahead log starts again
// and does not grow with the log; and nothing is lost by it.
func TestWALStartsAgain(t *testing.T) {
	ctx := context.Background()
	path := newPath(t)
	s := openTest(t, path, Config{})
	const page, restartAt, copyEvery = 4096, 2048, 256
	s.wal.restartAt, s.wal.copyEvery = restartAt, copyEvery // the writer has not begun
	entry := bytes.Repeat([]byte{7}, 60_000)
	var n uint64
	most := int64(0)
	for written := 0; written < 4*restartAt*page; {
		entries := make([][]byte, 32)
		for i := range entries {
			entries[i] = bytes.Clone(entry)
			binary.BigEndian.PutUint64(entries[i], n)
			n++
			written += len(entry)
		}
		if _, err := s.AppendAll(ctx, entries); err != nil {
			t.Fatal(err)
		}
		info, err := os.Stat(path + "-wal")
		if err != nil {
			t.Fatal(err)
		}
		most = max(most, info.Size())
	}
	if most > 5*restartAt*page/2 {
		t.Errorf("the write-ahead log has grown to %d bytes, want about %d", most, restartAt*page)
	}
	size, root := s.Head()
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if left, err := filepath.Glob(filepath.Dir(path) + "/*-wal"); err != nil || len(left) > 0 {
		t.Errorf("left after closing: %q, %v", left, err)
	}
	s = openTest(t, path, Config{})
	if gotSize, gotRoot := s.Head(); size != n || gotSize != size || gotRoot != root {
		t.Errorf("size %d and root %x after opening, want %d and %x", gotSize, gotRoot, size, root)
	}
	// Every page, not only those that the tree needs, is in the database.
	tree := tlog.NewRangeBuilder()
	if err := s.Entries(ctx, 0, n, func(_ uint64, e []byte) error { tree.Append(e); tree.Forget(tree.Size()); return nil }); err != nil {
		t.Fatal(err)
	}
	if tree.Root() != root {
		t.Error("the entries are not those of the root")
	}
}
