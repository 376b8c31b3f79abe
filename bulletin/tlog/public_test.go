package tlog

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
)

// What the public files say of a tree is what the log says, of the tree just
// published and of older ones, whose partial tiles are gone.
func TestPublicFiles(t *testing.T) {
	ctx, dir := t.Context(), t.TempDir()
	const size = 65536 + 300
	m := newMemLog(size)
	export(t, dir, m, 200, 300, size)
	r, err := OpenDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, tree := range []uint64{200, 300, size} {
		hashes := NewHashReader(r, tree)
		want, err := Root(ctx, m, tree)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := Root(ctx, hashes, tree); err != nil || got != want {
			t.Errorf("root of %d: %x, %v, want %x", tree, got, err, want)
		}
		for _, index := range []uint64{0, 1, 199, 255, 256, 299, 65535, 65536, size - 1} {
			entry, err := ReadEntry(ctx, r, index, tree)
			if index >= tree {
				if err == nil {
					t.Errorf("entry %d of %d was read", index, tree)
				}
				continue
			}
			if err != nil || !bytes.Equal(entry, m.entries[index]) {
				t.Errorf("entry %d of %d: %q, %v", index, tree, entry, err)
			}
			path, err := InclusionProof(ctx, hashes, index, tree)
			if err == nil {
				err = VerifyInclusion(LeafHash(m.entries[index]), index, tree, path, want)
			}
			if err != nil {
				t.Errorf("inclusion of %d in %d: %v", index, tree, err)
			}
		}
	}
}

func TestPublicFilesRefuse(t *testing.T) {
	ctx, dir := t.Context(), t.TempDir()
	export(t, dir, newMemLog(300), 300)
	r, err := OpenDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	hashes := NewHashReader(r, 300)
	for name, c := range map[string]struct {
		level    int
		from, to uint64
	}{
		"no such level":    {-1, 0, 1},
		"level over 2^64":  {8, 0, 1},
		"after the tree":   {0, 299, 301},
		"level not begun":  {2, 0, 1},
		"two tiles":        {0, 255, 257},
		"none":             {0, 5, 5},
		"backwards":        {0, 5, 4},
		"from beyond 2^63": {0, 1<<64 - 2, 1<<64 - 1},
	} {
		if _, err := hashes.Hashes(ctx, c.level, c.from, c.to); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
	if err := os.RemoveAll(filepath.Join(dir, "tile", "entries", "001.p")); err != nil {
		t.Fatal(err)
	}
	if _, err := ReadEntry(ctx, r, 299, 300); !errors.Is(err, ErrFetch) || !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a missing bundle: error %v", err)
	}
	cut(t, filepath.Join(dir, "tile", "entries", "000"))
	if _, err := ReadEntry(ctx, r, 0, 300); !errors.Is(err, ErrWrong) {
		t.Errorf("a bundle that is cut: error %v", err)
	}
	cut(t, filepath.Join(dir, "tile", "0", "000"))
	if _, err := hashes.Hashes(ctx, 0, 0, 1); !errors.Is(err, ErrWrong) {
		t.Errorf("a tile that is cut: error %v", err)
	}
}

func cut(t *testing.T, path string) {
	t.Helper()
	b, err := os.ReadFile(path)
	if err == nil {
		err = os.WriteFile(path, b[:len(b)-1], 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// Files that the exporter does not know are none of its business, such as what
// is published beside the tiles without being part of the tree.
func TestExportLeavesOtherFiles(t *testing.T) {
	ctx, dir := t.Context(), t.TempDir()
	others := []string{"hint/000", "hint/x001/000", "hint/000.p/7", "index.html", "tile/hint/000.p/7"}
	put := func() {
		for _, name := range others {
			path := filepath.Join(dir, filepath.FromSlash(name))
			if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(path, []byte(name), 0o600); err != nil {
				t.Fatal(err)
			}
		}
	}
	put()
	m := newMemLog(600)
	export(t, dir, m, 100, 300) // into a directory that is not empty
	e, err := NewExporter(ctx, dir, m, 300)
	if err != nil {
		t.Fatal(err)
	}
	if err := e.Export(ctx, 600, signed(t, m, 600)); err != nil {
		t.Fatal(err)
	}
	for _, name := range others {
		if b, err := os.ReadFile(filepath.Join(dir, filepath.FromSlash(name))); err != nil || string(b) != name {
			t.Errorf("%s: %q, %v", name, b, err)
		}
	}
	r, err := OpenDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	if err := verify(ctx, r, testPolicy(t)); err != nil {
		t.Errorf("with other files beside it, the board is not what it was: %v", err)
	}
}

// ReadEntries stops at the end of a bundle and of the tree, and never returns nothing.
func TestReadEntries(t *testing.T) {
	ctx, dir := t.Context(), t.TempDir()
	m := newMemLog(600)
	export(t, dir, m, 600)
	r, err := OpenDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		from uint64
		n    int
		want int
	}{{0, 1, 1}, {0, 256, 256}, {0, 1000, 256}, {224, 32, 32}, {250, 32, 6}, {256, 32, 32}, {576, 32, 24}, {599, 5, 1}} {
		entries, err := ReadEntries(ctx, r, c.from, c.n, 600)
		if err != nil || len(entries) != c.want {
			t.Errorf("%d from %d: %d entries, %v, want %d", c.n, c.from, len(entries), err, c.want)
			continue
		}
		for i := range entries {
			if !bytes.Equal(entries[i], m.entries[c.from+uint64(i)]) {
				t.Errorf("%d from %d: entry %d is another", c.n, c.from, i)
			}
		}
	}
	for _, c := range []struct {
		from uint64
		n    int
	}{{600, 1}, {1 << 63, 1}, {0, 0}, {0, -1}} {
		if entries, err := ReadEntries(ctx, r, c.from, c.n, 600); err == nil {
			t.Errorf("%d from %d: %d entries", c.n, c.from, len(entries))
		}
	}
}
