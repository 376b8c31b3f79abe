package tlog

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"
)

// TestResumeRange holds that a builder that was put down and taken up again is
// the same builder.
func TestResumeRange(t *testing.T) {
	m := newMemLog(700)
	for _, size := range []uint64{0, 1, 7, 255, 256, 257, 512, 600} {
		for _, mark := range []uint64{0, 1, 5, 255, 256, 300, size} {
			b := NewRangeBuilder()
			for i := range size {
				b.Append(m.entries[i])
			}
			b.Forget(mark)
			r, err := ResumeRange(b.State())
			if err != nil {
				t.Fatal(err)
			}
			for i := size; i < 700; i++ {
				b.Append(m.entries[i])
				r.Append(m.entries[i])
			}
			if len(r.nodes) != len(b.nodes) {
				t.Errorf("size %d, mark %d: %d nodes, want %d", size, mark, len(r.nodes), len(b.nodes))
			}
			for at := min(mark, size); at <= 700; at++ {
				want, err := b.RootAt(at)
				if err != nil {
					t.Fatal(err)
				}
				if got, err := r.RootAt(at); err != nil || got != want {
					t.Fatalf("size %d, mark %d: root at %d is %x, want %x, %v", size, mark, at, got, want, err)
				}
			}
			if _, err := r.RootAt(min(mark, size) - 1); min(mark, size) > 0 && err == nil {
				t.Errorf("size %d, mark %d: a root before the mark", size, mark)
			}
		}
	}
	if _, err := ResumeRange(RangeState{Mark: 3, Peaks: make([]Hash, 1)}); err == nil {
		t.Error("a range with too few hashes is taken")
	}
}

// resumed checks the tiles of size entries as one who saw the first from.
func resumed(t *testing.T, dir string, m *memLog, from, size uint64) error {
	t.Helper()
	r, ctx := mustDir(t, dir), t.Context()
	old := NewTileChecker(ctx, r, from)
	for i := range from {
		if err := old.Append(m.entries[i], LeafHash(m.entries[i])); err != nil {
			t.Fatal(err)
		}
	}
	edge := old.Edge()
	_ = old.Finish() // a test below has no tiles of that size
	want, err := Root(ctx, m, from)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := edge.Root(from); err != nil || got != want {
		t.Fatalf("root %x of the edge of %d, want %x, %v", got, from, want, err)
	}
	c := ResumeTileChecker(ctx, r, size, from, edge)
	err = Entries(ctx, r, ResumeAt(from), size, func(_ uint64, entry []byte) error { return c.Append(entry, LeafHash(entry)) })
	if ferr := c.Finish(); err == nil {
		err = ferr
	}
	return err
}

// TestResumeTileChecker holds that what an older tree did not have is compared,
// wherever the older one ended.
func TestResumeTileChecker(t *testing.T) {
	m := newMemLog(1000)
	dir := t.TempDir()
	export(t, dir, m, 40, 300, 520, 1000)
	for _, from := range []uint64{0, 1, 255, 256, 257, 511, 512, 800, 999, 1000} {
		if err := resumed(t, dir, m, from, 1000); err != nil {
			t.Errorf("from %d: %v", from, err)
		}
	}
	all := files(t, dir)
	for _, path := range []string{"tile/0/003.p/232", "tile/1/000.p/3", "tile/entries/003.p/232"} {
		bad := []byte(all[path])
		bad[len(bad)-1] ^= 1
		name := filepath.Join(dir, path)
		if err := os.WriteFile(name, bad, 0o644); err != nil {
			t.Fatal(err)
		}
		for _, from := range []uint64{1, 256, 700, 767} {
			if err := resumed(t, dir, m, from, 1000); !wrong(err) {
				t.Errorf("from %d: %s: error %v, want that it is wrong", from, path, err)
			}
		}
		if err := os.WriteFile(name, []byte(all[path]), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

func TestEdgeRefuses(t *testing.T) {
	for _, c := range []struct {
		edge Edge
		size uint64
	}{
		{nil, 1},
		{Edge{make([]Hash, 2)}, 1},
		{Edge{make([]Hash, 256)}, 256},
		{Edge{nil, make([]Hash, 1)}, 1},
		{Edge{nil, nil}, 256},
		{make(Edge, 9), 0},
	} {
		if _, err := c.edge.Root(c.size); !errors.Is(err, ErrWrong) {
			t.Errorf("size %d with %d levels: error %v", c.size, len(c.edge), err)
		}
	}
}

// TestHashReader holds that a consistency proof can be made of public files.
func TestHashReader(t *testing.T) {
	m := newMemLog(600)
	dir := t.TempDir()
	export(t, dir, m, 600)
	ctx := context.Background()
	h := NewHashReader(mustDir(t, dir), 600)
	root, err := Root(ctx, h, 600)
	if err != nil {
		t.Fatal(err)
	}
	for _, size := range []uint64{1, 255, 256, 300, 599} {
		old, err := Root(ctx, h, size)
		if err != nil {
			t.Fatal(err)
		}
		path, err := ConsistencyProof(ctx, h, size, 600)
		if err != nil {
			t.Fatal(err)
		}
		if err := VerifyConsistency(size, 600, path, old, root); err != nil {
			t.Errorf("size %d: %v", size, err)
		}
	}
	for _, c := range [][2]uint64{{0, 0}, {255, 257}, {599, 601}} {
		if _, err := h.Hashes(ctx, 0, c[0], c[1]); err == nil {
			t.Errorf("hashes %d to %d are read", c[0], c[1])
		}
	}
}
