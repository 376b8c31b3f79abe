package tlog

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"rollcall/bulletin/checkpoint"
)

const testOrigin = "rollcall.example/7f3a"

// counter gives deterministic randomness for keys.
type counter int

func (c *counter) Read(p []byte) (int, error) {
	for n := 0; n < len(p); {
		h := sha256.Sum256(fmt.Append(nil, *c))
		*c++
		n += copy(p[n:], h[:])
	}
	return len(p), nil
}

func testSigner(t testing.TB) *checkpoint.Signer {
	t.Helper()
	s, err := checkpoint.GenerateSigner(testOrigin, new(counter))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func testPolicy(t testing.TB) *checkpoint.Policy {
	return &checkpoint.Policy{Log: testSigner(t).Verifier()}
}

// signed returns the checkpoint of the first size entries of m.
func signed(t testing.TB, m *memLog, size int) []byte {
	t.Helper()
	root, err := Root(t.Context(), m, uint64(size))
	if err != nil {
		t.Fatal(err)
	}
	b, err := testSigner(t).Sign(uint64(size), root)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// export publishes m in dir at each of sizes in turn.
func export(t testing.TB, dir string, m *memLog, sizes ...int) *Exporter {
	t.Helper()
	e, err := NewExporter(t.Context(), dir, m, 0)
	if err != nil {
		t.Fatal(err)
	}
	for _, size := range sizes {
		if err := e.Export(t.Context(), uint64(size), signed(t, m, size)); err != nil {
			t.Fatal(err)
		}
	}
	return e
}

// verify does what a verifier does with a board: everything against the
// checkpoint.
func verify(ctx context.Context, r Reader, policy *checkpoint.Policy) error {
	note, err := r.Checkpoint(ctx)
	if err != nil {
		return err
	}
	c, err := policy.Open(note)
	if err != nil {
		return err
	}
	b, tiles := NewRangeBuilder(), NewTileChecker(ctx, r, c.Size)
	err = Entries(ctx, r, 0, c.Size, func(_ uint64, entry []byte) error {
		b.Append(entry)
		return tiles.Append(entry, LeafHash(entry))
	})
	if ferr := tiles.Finish(); err == nil {
		err = ferr
	}
	if err != nil {
		return err
	}
	if b.Root() != c.Root {
		return fmt.Errorf("%w: root of the entries is not the checkpoint's", ErrWrong)
	}
	return nil
}

// files returns the files below dir with their content.
func files(t testing.TB, dir string) map[string]string {
	t.Helper()
	found := map[string]string{}
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		b, err := os.ReadFile(path)
		rel, rerr := filepath.Rel(dir, path)
		found[filepath.ToSlash(rel)] = string(b)
		return errors.Join(err, rerr)
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}

func mustDir(t testing.TB, dir string) Reader {
	t.Helper()
	r, err := OpenDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// A board exported at one go has exactly the files of its tree.
func TestExportFiles(t *testing.T) {
	m := newMemLog(65_536)
	for _, size := range []int{0, 1, 255, 256, 257, 511, 512, 65_536} {
		dir := t.TempDir()
		export(t, dir, m, size)
		want := []string{CheckpointPath}
		TreeTiles(uint64(size), func(t Tile) error { want = append(want, t.Path()); return nil })
		slices.Sort(want)
		if got := slices.Sorted(maps.Keys(files(t, dir))); !slices.Equal(got, want) {
			t.Errorf("size %d: files %v, want %v", size, got, want)
		}
		if err := verify(t.Context(), mustDir(t, dir), testPolicy(t)); err != nil {
			t.Errorf("size %d: %v", size, err)
		}
	}
}

// A board that grew in steps, with restarts between them, has the files of one
// exported at one go; besides them only partial tiles of its last tiles.
func TestExportInSteps(t *testing.T) {
	m := newMemLog(66_000)
	sizes := []int{0, 1, 2, 2, 200, 255, 256, 257, 300, 700, 65_535, 65_536, 65_537, 66_000}
	dir := t.TempDir()
	var e *Exporter
	last := 0
	for i, size := range sizes {
		if e == nil || i%3 == 0 {
			var err error
			if e, err = NewExporter(t.Context(), dir, m, uint64(last)); err != nil {
				t.Fatal(err)
			}
		}
		if err := e.Export(t.Context(), uint64(size), signed(t, m, size)); err != nil {
			t.Fatal(err)
		}
		last = size
		if err := verify(t.Context(), mustDir(t, dir), testPolicy(t)); err != nil {
			t.Fatalf("size %d: %v", size, err)
		}
	}
	if e.Size() != 66_000 {
		t.Errorf("exported size %d", e.Size())
	}
	if err := e.Export(t.Context(), 65_999, signed(t, m, 65_999)); err == nil {
		t.Error("the board went backwards")
	}
	once := t.TempDir()
	export(t, once, m, 66_000)
	want, got := files(t, once), files(t, dir)
	for path, data := range want {
		if got[path] != data {
			t.Errorf("%s differs", path)
		}
		delete(got, path)
	}
	// 66,000 = 257*256 + 208: level 0 went from 256 to 257 full tiles at 65,792,
	// so of the last tile only the partial of 66,000 exists; level 1 has one full
	// tile and a partial of width 1, level 2 one of width 1.
	for path := range got {
		t.Errorf("%s is left over", path)
	}
}

// Readers hold checkpoints that are a little old: the partial tiles of every
// published size stay until the full tile is there, and the old trees can be
// read after that.
func TestOldCheckpointsStayReadable(t *testing.T) {
	m := newMemLog(600)
	dir := t.TempDir()
	e := export(t, dir, m, 10, 20, 30)
	read := func(size int) error {
		b := NewRangeBuilder()
		r := mustDir(t, dir)
		err := Entries(t.Context(), r, 0, uint64(size), func(_ uint64, entry []byte) error { b.Append(entry); return nil })
		if err == nil && b.Root() != mth(m.entries[:size]) {
			err = ErrWrong
		}
		return errors.Join(err, CheckTiles(t.Context(), r, uint64(size)))
	}
	for _, size := range []int{10, 20, 30} {
		if err := read(size); err != nil {
			t.Errorf("size %d, of %d: %v", size, e.Size(), err)
		}
	}
	if err := e.Export(t.Context(), 600, signed(t, m, 600)); err != nil {
		t.Fatal(err)
	}
	for path := range files(t, dir) {
		if strings.Contains(path, "/000.p/") && !strings.HasPrefix(path, "tile/1/") {
			t.Errorf("%s is still there", path)
		}
	}
	for _, size := range []int{10, 20, 30, 600} {
		if err := read(size); err != nil {
			t.Errorf("size %d, of %d: %v", size, e.Size(), err)
		}
	}
}

// What a crash leaves is cleared: half-written files, partial tiles beside
// their full one. What is not ours stays.
func TestExportAfterCrash(t *testing.T) {
	m := newMemLog(300)
	dir := t.TempDir()
	export(t, dir, m, 300)
	for path, data := range map[string]string{
		".tmp/17":                 "half a ti",
		"tile/0/000.p/9":          "obsolete",
		"tile/entries/000.p/9":    "obsolete",
		"tile/entries/001.p/99":   "of a tree that was never signed",
		"tile/README.p/note":      "not ours",
		"tile/entries/x001/000.p": "not ours",
	} {
		target := filepath.Join(dir, path)
		if err := errors.Join(os.MkdirAll(filepath.Dir(target), 0o755), os.WriteFile(target, []byte(data), 0o644)); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := NewExporter(t.Context(), dir, m, 300); err != nil {
		t.Fatal(err)
	}
	left := files(t, dir)
	for path, want := range map[string]bool{
		".tmp/17": false, "tile/0/000.p/9": false, "tile/entries/000.p/9": false,
		"tile/entries/001.p/99": true, "tile/entries/001.p/44": true, "tile/README.p/note": true, "tile/0/000": true,
	} {
		if _, ok := left[path]; ok != want {
			t.Errorf("%s is there: %v, want %v", path, ok, want)
		}
	}
}

// A failed export leaves the published board as it was, and the next one works.
func TestExportFailure(t *testing.T) {
	m := newMemLog(600)
	dir := t.TempDir()
	e := export(t, dir, m, 100)
	before := files(t, dir)[CheckpointPath]
	// A file stands where a directory is needed; this stops even root.
	block := filepath.Join(dir, "tile", "1")
	if err := os.WriteFile(block, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	if err := e.Export(t.Context(), 600, signed(t, m, 600)); err == nil {
		t.Fatal("export over a blocked path succeeded")
	}
	if files(t, dir)[CheckpointPath] != before || e.Size() != 100 {
		t.Error("a failed export changed the checkpoint")
	}
	if left, err := os.ReadDir(filepath.Join(dir, tmpDir)); err != nil || len(left) > 0 {
		t.Errorf("a failed export left %v behind: %v", left, err)
	}
	if err := verify(t.Context(), mustDir(t, dir), testPolicy(t)); err != nil {
		t.Errorf("after a failed export: %v", err)
	}
	if err := os.Remove(block); err != nil {
		t.Fatal(err)
	}
	if err := e.Export(t.Context(), 600, signed(t, m, 600)); err != nil {
		t.Fatal(err)
	}
	if err := verify(t.Context(), mustDir(t, dir), testPolicy(t)); err != nil {
		t.Error(err)
	}
	if err := errors.Join(os.RemoveAll(dir), os.WriteFile(dir, nil, 0o644)); err != nil {
		t.Fatal(err)
	}
	if err := e.Export(t.Context(), 600, signed(t, m, 600)); err == nil {
		t.Error("export into a file succeeded")
	}
}

func TestReadCheckpoint(t *testing.T) {
	dir := t.TempDir()
	if b, err := ReadCheckpoint(dir); b != nil || err != nil {
		t.Errorf("no checkpoint: %q, %v", b, err)
	}
	m := newMemLog(3)
	export(t, dir, m, 3)
	if b, err := ReadCheckpoint(dir); !bytes.Equal(b, signed(t, m, 3)) || err != nil {
		t.Errorf("checkpoint: %q, %v", b, err)
	}
}
