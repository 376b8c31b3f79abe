package hint_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"rollcall/bulletin"
	"rollcall/bulletin/checkpoint"
	"rollcall/bulletin/entry"
	"rollcall/bulletin/hint"
	"rollcall/bulletin/tlog"
	"rollcall/crypto/schnorr"
)

// patience is how long a test waits for what has to come: it fails by it, and
// never passes by it.
const patience = time.Minute

// reports collects what Follow reports.
type reports struct {
	mu   sync.Mutex
	list []string
}

func (r *reports) add(err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.list = append(r.list, err.Error())
}

func (r *reports) all() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return append([]string(nil), r.list...)
}

// follow runs Follow until the returned function is called, which waits for its
// end.
func follow(t *testing.T, dir string) (*reports, func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	r, done := new(reports), make(chan struct{})
	go func() {
		defer close(done)
		hint.Follow(ctx, dir, time.Millisecond, r.add)
	}()
	stop := sync.OnceFunc(func() { cancel(); <-done })
	t.Cleanup(stop)
	return r, stop
}

// until waits for a condition.
func until(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for end := time.Now().Add(patience); !ok(); time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("no %s within %v", what, patience)
		}
	}
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

// casts are entries with three hints each.
func casts(t *testing.T, n int) [][]byte {
	t.Helper()
	a, b := schnorr.GenerateKey(), schnorr.GenerateKey()
	list := make([][]byte, n)
	for i := range list {
		e, err := entry.Sign(&entry.Cast{Ballot: uint64(i), Leaf: make([]byte, 32)}, make([]byte, entry.HashSize), a, b)
		if err != nil {
			t.Fatal(err)
		}
		list[i] = e.Bytes()
	}
	return list
}

// TestFollow: a board that grows gets the hints of each bundle once it is full.
func TestFollow(t *testing.T) {
	signer, err := checkpoint.GenerateSigner("rollcall/follow", rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	public := filepath.Join(dir, "board")
	reports, stop := follow(t, public) // before there is any board
	until(t, "report of a missing directory", func() bool { return len(reports.all()) > 0 })
	board, err := bulletin.Open(t.Context(), bulletin.Config{Database: filepath.Join(dir, "board.db"), Dir: public, Signer: signer})
	if err != nil {
		t.Fatal(err)
	}
	defer board.Close()
	file := func(index uint64) string { return filepath.Join(public, filepath.FromSlash(tlog.HintPath(index))) }
	entries := casts(t, 2*tlog.TileWidth+40)
	for i, size := range []int{200, tlog.TileWidth + 1, len(entries)} {
		if _, err := board.AppendAll(t.Context(), entries[board.Log().Size():size]); err != nil {
			t.Fatal(err)
		}
		if i > 0 {
			until(t, file(uint64(i-1)), func() bool { return exists(file(uint64(i - 1))) })
		}
		if exists(file(uint64(i))) {
			t.Errorf("hints of bundle %d, of which there are %d entries in all", i, size)
		}
	}
	if err := board.Close(); err != nil {
		t.Fatal(err)
	}
	stop()
	for i := range 2 {
		got, err := os.ReadFile(file(uint64(i)))
		if err != nil || !bytes.Equal(got, hint.Make(entries[i*tlog.TileWidth:(i+1)*tlog.TileWidth])) {
			t.Errorf("hints of bundle %d are others: %v", i, err)
		}
	}
	reader, err := tlog.OpenDir(public)
	if err != nil {
		t.Fatal(err)
	}
	if err := tlog.CheckTiles(t.Context(), reader, uint64(len(entries))); err != nil {
		t.Errorf("the board beside its hints: %v", err)
	}
	for _, r := range reports.all() {
		if !strings.Contains(r, "no such file") && !strings.Contains(r, hint.ErrNoBoard.Error()) {
			t.Errorf("reported: %s", r)
		}
	}
	// Opened again, the board is as it was: the exporter clears its own files only.
	again, err := bulletin.Open(t.Context(), bulletin.Config{Database: filepath.Join(dir, "board.db"), Dir: public, Signer: signer})
	if err != nil {
		t.Fatal(err)
	}
	defer again.Close()
	if !exists(file(0)) || !exists(file(1)) {
		t.Error("hints are gone after the board was opened again")
	}
}

// writeBundles writes a directory of full bundles of casts.
func writeBundles(t *testing.T, n int) string {
	t.Helper()
	dir := t.TempDir()
	if err := os.MkdirAll(filepath.Join(dir, "tile", "entries"), 0o755); err != nil {
		t.Fatal(err)
	}
	var bundle []byte
	for _, e := range casts(t, tlog.TileWidth) {
		var err error
		if bundle, err = tlog.AppendBundleEntry(bundle, e); err != nil {
			t.Fatal(err)
		}
	}
	for i := range n {
		write(t, filepath.Join(dir, filepath.FromSlash(tlog.Tile{Level: tlog.EntriesLevel, Index: uint64(i), Width: tlog.TileWidth}.Path())), bundle)
	}
	write(t, filepath.Join(dir, "checkpoint"), nil)
	return dir
}

func write(t *testing.T, path string, b []byte) {
	t.Helper()
	if err := os.WriteFile(path, b, 0o644); err != nil {
		t.Fatal(err)
	}
}

// TestFollowPassesOver: a bundle that is wrong is reported once, and those after
// it get their hints.
func TestFollowPassesOver(t *testing.T) {
	dir := writeBundles(t, 3)
	write(t, filepath.Join(dir, "tile", "entries", "001"), []byte("cut"))
	reports, stop := follow(t, dir)
	until(t, "hint/002", func() bool { return exists(filepath.Join(dir, "hint", "002")) })
	write(t, filepath.Join(dir, "tile", "entries", "003"), []byte("cut as well"))
	until(t, "second report", func() bool { return len(reports.all()) > 1 })
	stop()
	if list := reports.all(); len(list) != 2 || !strings.Contains(list[0], "tile/entries/001") || !strings.Contains(list[1], "tile/entries/003") {
		t.Errorf("reported %q", list)
	}
	if exists(filepath.Join(dir, "hint", "001")) {
		t.Error("a bundle that is wrong has hints")
	}
}

// TestFollowGoesOn: when hints can be written again, they are, and a fault that
// lasts was reported once.
func TestFollowGoesOn(t *testing.T) {
	dir := writeBundles(t, 2)
	write(t, filepath.Join(dir, "hint"), []byte("in the way"))
	reports, stop := follow(t, dir)
	until(t, "report", func() bool { return len(reports.all()) > 0 })
	if err := os.Remove(filepath.Join(dir, "hint")); err != nil {
		t.Fatal(err)
	}
	until(t, "hint/001", func() bool { return exists(filepath.Join(dir, "hint", "001")) })
	stop()
	if list := reports.all(); len(list) != 1 {
		t.Errorf("reported %q", list)
	}
}
