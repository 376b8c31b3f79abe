package tlog

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"rollcall/bulletin/checkpoint"
)

// wrong says whether err means "read, and wrong".
func wrong(err error) bool {
	return errors.Is(err, ErrWrong) || errors.Is(err, checkpoint.ErrInvalid)
}

// The sweep: no byte of a board can be changed unnoticed, in no file, not even
// in the partial tiles of older checkpoints.
func TestEveryChangedByteIsFound(t *testing.T) {
	m := newMemLog(600)
	dir := t.TempDir()
	export(t, dir, m, 40, 300, 520, 600)
	policy, r := testPolicy(t), mustDir(t, dir)
	if err := verify(t.Context(), r, policy); err != nil {
		t.Fatal(err)
	}
	all := files(t, dir)
	paths := slices.Sorted(maps.Keys(all))
	for _, want := range []string{"checkpoint", "tile/0/000", "tile/1/000.p/1", "tile/1/000.p/2", "tile/0/002.p/8", "tile/entries/002.p/8", "tile/entries/002.p/88"} {
		if !slices.Contains(paths, want) {
			t.Fatalf("%s is not there: the sweep would miss it", want)
		}
	}
	rng := rand.New(rand.NewPCG(1, 2))
	try := func(path string, i int, bit byte) {
		name := filepath.Join(dir, path)
		bad := []byte(all[path])
		bad[i] ^= bit
		if err := os.WriteFile(name, bad, 0o644); err != nil {
			t.Fatal(err)
		}
		if err := verify(t.Context(), r, policy); !wrong(err) {
			t.Errorf("%s, byte %d: error %v, want ErrWrong or ErrInvalid", path, i, err)
		}
		if err := os.WriteFile(name, []byte(all[path]), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	for _, path := range paths {
		for range 8 {
			try(path, rng.IntN(len(all[path])), 1<<rng.IntN(8))
		}
		try(path, 0, 1)
		try(path, len(all[path])-1, 0x80)
	}
	if err := verify(t.Context(), r, policy); err != nil {
		t.Errorf("after putting all back: %v", err)
	}
}

// A file that is cut, longer or gone is found, and told apart.
func TestCutAndMissingFiles(t *testing.T) {
	m := newMemLog(600)
	dir := t.TempDir()
	export(t, dir, m, 600)
	policy, r := testPolicy(t), mustDir(t, dir)
	for path, data := range files(t, dir) {
		name := filepath.Join(dir, path)
		for what, c := range map[string]struct {
			change func() error
			want   func(error) bool
		}{
			"cut":    {func() error { return os.WriteFile(name, []byte(data[:len(data)-1]), 0o644) }, wrong},
			"empty":  {func() error { return os.WriteFile(name, nil, 0o644) }, wrong},
			"longer": {func() error { return os.WriteFile(name, []byte(data+"\x00"), 0o644) }, wrong},
			"gone":   {func() error { return os.Remove(name) }, func(err error) bool { return errors.Is(err, ErrFetch) && !wrong(err) }},
		} {
			if err := c.change(); err != nil {
				t.Fatal(err)
			}
			if err := verify(t.Context(), r, policy); !c.want(err) {
				t.Errorf("%s %s: error %v", path, what, err)
			}
			if err := os.WriteFile(name, []byte(data), 0o644); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// The error of a wrong tile names its path and the hash.
func TestCheckTilesNamesThePath(t *testing.T) {
	m := newMemLog(66_000)
	dir := t.TempDir()
	export(t, dir, m, 66_000)
	for path, at := range map[string]int{"tile/0/123": 5*32 + 3, "tile/1/001.p/1": 0, "tile/2/000.p/1": 31, "tile/0/257.p/208": 207 * 32} {
		name := filepath.Join(dir, path)
		good, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		bad := slices.Clone(good)
		bad[at] ^= 1
		if err := os.WriteFile(name, bad, 0o644); err != nil {
			t.Fatal(err)
		}
		if err := CheckTiles(t.Context(), mustDir(t, dir), 66_000); !errors.Is(err, ErrWrong) || !strings.HasPrefix(err.Error(), path+":") {
			t.Errorf("%s: error %v does not name it", path, err)
		}
		if err := os.WriteFile(name, good, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if err := CheckTiles(t.Context(), mustDir(t, dir), 66_000); err != nil {
		t.Error(err)
	}
}

// Entries changed together with their hash tiles are consistent in themselves:
// only the root tells.
func TestRewrittenBoardNeedsTheRoot(t *testing.T) {
	m := newMemLog(300)
	dir := t.TempDir()
	export(t, dir, m, 300)
	other := newMemLog(300)
	other.entries[7] = []byte("another vote")
	other.grow(300)
	e, err := NewExporter(t.Context(), dir, other, 0)
	if err != nil {
		t.Fatal(err)
	}
	if err := e.Export(t.Context(), 300, signed(t, m, 300)); err != nil {
		t.Fatal(err)
	}
	r := mustDir(t, dir)
	if err := CheckTiles(t.Context(), r, 300); err != nil {
		t.Errorf("the tiles are those of the entries: %v", err)
	}
	if err := verify(t.Context(), r, testPolicy(t)); !errors.Is(err, ErrWrong) {
		t.Errorf("error %v, want ErrWrong", err)
	}
}

// A wrong tile is found whichever other files are gone, and as far as the entries
// go that were read.
func TestWrongTileBesideMissingFiles(t *testing.T) {
	m := newMemLog(600)
	dir := t.TempDir()
	export(t, dir, m, 600)
	all := files(t, dir)
	for _, c := range []struct {
		wrong string
		at    int
		gone  []string
		found bool
	}{
		{"tile/0/000", 0, []string{"tile/0/001", "tile/1/000.p/2"}, true},
		{"tile/0/002.p/88", 0, []string{"tile/0/000", "tile/0/001", "tile/1/000.p/2"}, true},
		{"tile/1/000.p/2", 40, []string{"tile/0/000", "tile/0/001"}, true},
		{"tile/0/001", 0, []string{"tile/entries/002.p/88"}, true},
		{"tile/1/000.p/2", 31, []string{"tile/entries/001"}, true},
		{"tile/1/000.p/2", 32, []string{"tile/entries/001"}, false},
		{"tile/0/002.p/88", 0, []string{"tile/entries/002.p/88"}, false},
		{"tile/0/000", 0, []string{"tile/entries/000"}, false},
	} {
		for path, data := range all {
			name := filepath.Join(dir, path)
			var err error
			switch {
			case path == c.wrong:
				bad := []byte(data)
				bad[c.at] ^= 1
				err = os.WriteFile(name, bad, 0o644)
			case slices.Contains(c.gone, path):
				err = os.Remove(name)
			default:
				err = os.WriteFile(name, []byte(data), 0o644)
			}
			if err != nil && !errors.Is(err, os.ErrNotExist) {
				t.Fatal(err)
			}
		}
		checker := NewTileChecker(t.Context(), mustDir(t, dir), 600)
		read := Entries(t.Context(), mustDir(t, dir), 0, 600, func(_ uint64, e []byte) error { return checker.Append(e, LeafHash(e)) })
		if err := checker.Finish(); errors.Is(err, ErrWrong) != c.found || !c.found && !errors.Is(err, ErrFetch) {
			t.Errorf("%s wrong at byte %d without %v: error %v, of reading %v", c.wrong, c.at, c.gone, err, read)
		}
	}
}

// Other files at the place of a tile that can not be read are none, and hide no wrong
// tile; those that are there and are no file are wrong.
func TestOtherFilesThatCanNotBeRead(t *testing.T) {
	m := newMemLog(600)
	for _, c := range []struct {
		name    string
		change  func(at func(string) string) error
		missing bool // of the tree itself
		wrong   bool
	}{
		{"nothing", func(func(string) string) error { return nil }, false, false},
		{"a dangling link for a hash tile", func(at func(string) string) error { return os.Symlink("gone", at("tile/0/002.p/7")) }, false, false},
		{"a dangling link for a bundle", func(at func(string) string) error { return os.Symlink("gone", at("tile/entries/002.p/7")) }, false, false},
		{"a link to itself", func(at func(string) string) error { return os.Symlink("7", at("tile/entries/000.p/7")) }, false, false},
		{"a dangling link for a full one", func(at func(string) string) error { return os.Symlink("gone", at("tile/0/002")) }, false, false},
		{"a file for a directory of hash tiles", func(at func(string) string) error { return os.WriteFile(at("tile/0/000.p"), nil, 0o644) }, false, false},
		{"a file for a directory of bundles", func(at func(string) string) error { return os.WriteFile(at("tile/entries/000.p"), nil, 0o644) }, false, false},
		{"a directory for a hash tile", func(at func(string) string) error { return os.Mkdir(at("tile/0/000.p/7"), 0o755) }, false, true},
		{"a directory for a bundle", func(at func(string) string) error { return os.Mkdir(at("tile/entries/001.p/7"), 0o755) }, false, true},
		{"a file for the directory of the tree's tile, with the full one", func(at func(string) string) error {
			full := make([]byte, 0, TileWidth*hashSize)
			for i := range TileWidth {
				h := LeafHash(testEntry(512 + i))
				full = append(full, h[:]...)
			}
			return errors.Join(os.WriteFile(at("tile/0/002"), full, 0o644), os.RemoveAll(at("tile/0/002.p")), os.WriteFile(at("tile/0/002.p"), nil, 0o644))
		}, false, false},
		{"a file for the directory of the tree's tile", func(at func(string) string) error {
			return errors.Join(os.RemoveAll(at("tile/0/002.p")), os.WriteFile(at("tile/0/002.p"), nil, 0o644))
		}, true, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir := t.TempDir()
			export(t, dir, m, 600)
			at := func(path string) string {
				name := filepath.Join(dir, path)
				if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
					t.Fatal(err)
				}
				return name
			}
			if err := c.change(at); err != nil {
				t.Fatal(err)
			}
			if err := CheckTiles(t.Context(), mustDir(t, dir), 600); wrong(err) != c.wrong || errors.Is(err, ErrFetch) != c.missing {
				t.Errorf("error %v, want that a file is wrong: %v, missing: %v", err, c.wrong, c.missing)
			}
			// Whatever there is, a wrong tile is found.
			bad, err := os.ReadFile(at("tile/0/001"))
			if err != nil {
				t.Fatal(err)
			}
			bad[0] ^= 1
			if err := os.WriteFile(at("tile/0/001"), bad, 0o644); err != nil {
				t.Fatal(err)
			}
			if err := CheckTiles(t.Context(), mustDir(t, dir), 600); !wrong(err) {
				t.Errorf("with a wrong tile: error %v", err)
			}
		})
	}
}

// A server that answers nothing is not asked for every tile.
func TestManyMissingTiles(t *testing.T) {
	m := newMemLog(66_000)
	dir := t.TempDir()
	export(t, dir, m, 66_000)
	r := &withoutHashes{Reader: mustDir(t, dir)}
	if err := CheckTiles(t.Context(), r, 66_000); !errors.Is(err, ErrFetch) {
		t.Errorf("error %v, want ErrFetch", err)
	}
	if n := r.asked.Load(); n < maxMissing || n > 2*(maxMissing+readAhead) {
		t.Errorf("%d of some 260 hash tiles were asked for, want about %d", n, maxMissing)
	}
}

// withoutHashes is a board without hash tiles that can not be listed.
type withoutHashes struct {
	Reader
	asked atomic.Int64
}

func (w *withoutHashes) Tile(ctx context.Context, t Tile) ([]byte, error) {
	if t.Level != EntriesLevel {
		w.asked.Add(1)
		return nil, fmt.Errorf("%w %s: %w", ErrFetch, t.Path(), fs.ErrNotExist)
	}
	return w.Reader.Tile(ctx, t)
}

func TestTileCheckerCounts(t *testing.T) {
	m := newMemLog(300)
	dir := t.TempDir()
	export(t, dir, m, 300)
	c := NewTileChecker(t.Context(), mustDir(t, dir), 300)
	for _, e := range m.entries[:299] {
		if err := c.Append(e, LeafHash(e)); err != nil {
			t.Fatal(err)
		}
	}
	if err := c.Finish(); err == nil {
		t.Error("a check of 299 of 300 entries passed")
	}
	ctx, cancel := context.WithCancel(t.Context())
	c = NewTileChecker(ctx, mustDir(t, dir), 300)
	cancel()
	if err := c.Append(m.entries[0], LeafHash(m.entries[0])); !errors.Is(err, ErrFetch) {
		t.Errorf("after the context ended: error %v, want ErrFetch", err)
	}
	if err := c.Finish(); err == nil {
		t.Error("an interrupted check passed")
	}
}
