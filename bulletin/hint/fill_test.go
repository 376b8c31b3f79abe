package hint

import (
	"bytes"
	"context"
	"errors"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"rollcall/bulletin/tlog"
)

// readFiles returns the files below a directory but those in .tmp.
func readFiles(t *testing.T, dir string) map[string][]byte {
	t.Helper()
	files := map[string][]byte{}
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		name, err := filepath.Rel(dir, path)
		if err == nil && !strings.Contains(name, ".tmp") {
			files[filepath.ToSlash(name)], err = os.ReadFile(path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

// sampleBoard is a board of four full bundles, the last but one without hints,
// and a partial one; and the hints it is to have.
func sampleBoard(t *testing.T) (published, hints map[string][]byte) {
	t.Helper()
	raw, _ := sampleEntries(t)
	full := map[string][]byte{"000": fullBundle(t, raw[:3]), "001": fullBundle(t, raw[1:]), "002": fullBundle(t, nil), "003": fullBundle(t, raw[:2])}
	published = map[string][]byte{"checkpoint": []byte("origin\n1030\n"), "tile/0/000": []byte("hashes"),
		"tile/entries/004.p/6": fullBundle(t, raw)[:700], "tile/entries/003.p/7": []byte("obsolete")}
	hints = map[string][]byte{}
	for n, b := range full {
		entries, err := tlog.ParseBundle(b, tlog.TileWidth)
		if err != nil {
			t.Fatal(err)
		}
		published["tile/entries/"+n], hints["hint/"+n] = b, Make(entries)
	}
	return published, hints
}

// checkFiles holds that a directory has exactly the published files, as they
// were, and some hints, and that nothing is left in between.
func checkFiles(t *testing.T, dir string, published, hints map[string][]byte) {
	t.Helper()
	want := maps.Clone(published)
	maps.Copy(want, hints)
	got := readFiles(t, dir)
	if !maps.EqualFunc(got, want, bytes.Equal) {
		t.Errorf("files are %v, want %v, or their contents differ", slices.Sorted(maps.Keys(got)), slices.Sorted(maps.Keys(want)))
	}
	if left, err := os.ReadDir(filepath.Join(dir, tmpDir)); len(left) > 0 || err != nil && !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("left over: %v, %v", left, err)
	}
}

// TestFill: full bundles get the hints that they lack, a partial one none, and
// what is published is not touched.
func TestFill(t *testing.T) {
	published, hints := sampleBoard(t)
	dir := writeFiles(t, t.TempDir(), published)
	kept := []byte("whatever it is: whoever reads it checks it")
	writeFiles(t, dir, map[string][]byte{"hint/001": kept})
	hints["hint/001"] = kept
	var last uint64
	filled, err := Fill(t.Context(), dir, func(done, total uint64) {
		if done != last+1 || total != 4 {
			t.Errorf("progress %d of %d after %d", done, total, last)
		}
		last = done
	})
	if want := (Filled{Bundles: 4, Made: 3, Present: 1}); err != nil || filled != want || last != 4 {
		t.Errorf("%+v, %v, progress up to %d; want %+v", filled, err, last, want)
	}
	checkFiles(t, dir, published, hints)
	if info, err := os.Stat(filepath.Join(dir, "hint", "000")); err != nil || info.Mode().Perm() != 0o644 {
		t.Errorf("mode of a public file: %v, %v", info.Mode(), err)
	}
	if err := os.Remove(filepath.Join(dir, "hint", "003")); err != nil {
		t.Fatal(err)
	}
	filled, err = Fill(t.Context(), dir, nil)
	if want := (Filled{Bundles: 4, Made: 1, Present: 3}); err != nil || filled != want {
		t.Errorf("again: %+v, %v, want %+v", filled, err, want)
	}
	checkFiles(t, dir, published, hints)
}

func TestFillRefuses(t *testing.T) {
	published, _ := sampleBoard(t)
	board := writeFiles(t, t.TempDir(), published)
	for name, tc := range map[string]struct {
		dir  string
		want error
	}{
		"nothing there":              {filepath.Join(board, "none"), fs.ErrNotExist},
		"a file":                     {filepath.Join(board, "checkpoint"), tlog.ErrFetch},
		"a directory inside":         {filepath.Join(board, "tile"), ErrNoBoard},
		"the election's directory":   {writeFiles(t, t.TempDir(), map[string][]byte{"board/checkpoint": nil}), ErrNoBoard},
		"a checkpoint that is none":  {writeFiles(t, t.TempDir(), map[string][]byte{"checkpoint/file": nil}), tlog.ErrWrong},
		"a checkpoint without limit": {writeFiles(t, t.TempDir(), map[string][]byte{"checkpoint": make([]byte, 1<<20)}), tlog.ErrWrong},
	} {
		before := len(readFiles(t, board))
		if filled, err := Fill(t.Context(), tc.dir, nil); !errors.Is(err, tc.want) || filled != (Filled{}) {
			t.Errorf("%s: %+v, %v, want %v", name, filled, err, tc.want)
		}
		if len(readFiles(t, board)) != before {
			t.Errorf("%s: something was written", name)
		}
	}
	// Before its first entry a board has no tiles.
	empty := map[string][]byte{"checkpoint": []byte("origin\n0\n")}
	dir := writeFiles(t, t.TempDir(), empty)
	if filled, err := Fill(t.Context(), dir, nil); err != nil || filled != (Filled{}) {
		t.Errorf("empty board: %+v, %v", filled, err)
	}
	checkFiles(t, dir, empty, nil)
}

// TestFillUnreadable: bundles that are wrong have no hints, and are named; the
// others get theirs.
func TestFillUnreadable(t *testing.T) {
	published, hints := sampleBoard(t)
	cut := published["tile/entries/001"]
	published["tile/entries/001"] = cut[:len(cut)-1]
	published["tile/entries/002"] = append(bytes.Clone(published["tile/entries/002"]), 0)
	delete(hints, "hint/001")
	delete(hints, "hint/002")
	dir := writeFiles(t, t.TempDir(), published)
	for _, made := range []uint64{2, 0} {
		filled, err := Fill(t.Context(), dir, nil)
		if want := (Filled{Bundles: 4, Made: made, Present: 2 - made}); filled != want || !errors.Is(err, tlog.ErrWrong) ||
			!strings.Contains(err.Error(), "2 of 4") || !strings.Contains(err.Error(), "tile/entries/001") {
			t.Errorf("%+v, %v, want %+v", filled, err, want)
		}
		checkFiles(t, dir, published, hints)
	}
}

// TestFillUnwritable: where no hint can be written, that is said, and nothing
// else happens to the board.
func TestFillUnwritable(t *testing.T) {
	for name, file := range map[string]string{"hint is a file": "hint", "no directory to write in": "hint/.tmp"} {
		published, _ := sampleBoard(t)
		published[file] = []byte("in the way")
		dir := writeFiles(t, t.TempDir(), published)
		if _, err := Fill(t.Context(), dir, nil); !errors.Is(err, errWrite) {
			t.Errorf("%s: %v", name, err)
		}
		delete(published, "hint/.tmp")
		got := readFiles(t, dir)
		if !maps.EqualFunc(got, published, bytes.Equal) {
			t.Errorf("%s: files are %v", name, slices.Sorted(maps.Keys(got)))
		}
	}
}

// TestFillInterrupted: whatever is there under a hint's name when Fill is
// interrupted is whole, and the next Fill makes the rest.
func TestFillInterrupted(t *testing.T) {
	published, hints := sampleBoard(t)
	dir := writeFiles(t, t.TempDir(), published)
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(2)) // so that two bundles at most are under way
	ctx, cancel := context.WithCancel(t.Context())
	filled, err := Fill(ctx, dir, func(done, _ uint64) { cancel() })
	if !errors.Is(err, context.Canceled) || filled.Made == 0 || filled.Made == filled.Bundles {
		t.Errorf("%+v, %v", filled, err)
	}
	some := map[string][]byte{}
	for name, b := range readFiles(t, dir) {
		if strings.HasPrefix(name, "hint/") {
			some[name] = b
			if !bytes.Equal(b, hints[name]) {
				t.Errorf("%s is there, and not whole", name)
			}
		}
	}
	checkFiles(t, dir, published, some)
	again, err := Fill(t.Context(), dir, nil)
	if err != nil || again.Made+again.Present != 4 || again.Present != uint64(len(some)) {
		t.Errorf("again: %+v, %v, with %d there", again, err, len(some))
	}
	checkFiles(t, dir, published, hints)
}

// TestFillAfterACrash: what a process that was killed had begun is not taken for
// a hint file, and is removed once it can be nobody's.
func TestFillAfterACrash(t *testing.T) {
	published, hints := sampleBoard(t)
	dir := writeFiles(t, t.TempDir(), published)
	writeFiles(t, dir, map[string][]byte{"hint/.tmp/old": []byte("half"), "hint/.tmp/young": []byte("half")})
	old := filepath.Join(dir, tmpDir, "old")
	if err := os.Chtimes(old, time.Time{}, time.Now().Add(-2*stale)); err != nil {
		t.Fatal(err)
	}
	if filled, err := Fill(t.Context(), dir, nil); err != nil || filled.Made != 4 {
		t.Errorf("%+v, %v", filled, err)
	}
	if _, err := os.Stat(old); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("an old temporary file is still there: %v", err)
	}
	if err := os.Remove(filepath.Join(dir, tmpDir, "young")); err != nil {
		t.Errorf("another process's temporary file: %v", err)
	}
	checkFiles(t, dir, published, hints)
}

// TestFillTogether: two at one board do not get into each other's way.
func TestFillTogether(t *testing.T) {
	published, hints := sampleBoard(t)
	dir := writeFiles(t, t.TempDir(), published)
	failed := make(chan error)
	for range 3 {
		go func() {
			_, err := Fill(t.Context(), dir, nil)
			failed <- err
		}()
	}
	for range 3 {
		if err := <-failed; err != nil {
			t.Error(err)
		}
	}
	checkFiles(t, dir, published, hints)
}
