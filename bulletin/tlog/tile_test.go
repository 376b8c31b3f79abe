package tlog

import (
	"bytes"
	"errors"
	"math"
	"strings"
	"testing"

	"filippo.io/torchwood"
)

func TestTilePaths(t *testing.T) {
	for path, tile := range map[string]Tile{
		"tile/0/000":                    {0, 0, 256},
		"tile/0/000.p/1":                {0, 0, 1},
		"tile/0/x001/x234/067":          {0, 1234067, 256}, // the example of c2sp.org/tlog-tiles
		"tile/63/999.p/255":             {63, 999, 255},
		"tile/entries/x001/000.p/112":   {EntriesLevel, 1000, 112},
		"tile/entries/273":              {EntriesLevel, 273, 256},
		"tile/7/x072/x057/x594/037/927": {}, // x forgotten
	} {
		got, err := ParseTilePath(path)
		if tile == (Tile{}) {
			if !errors.Is(err, ErrWrong) {
				t.Errorf("%s: %+v, %v", path, got, err)
			}
			continue
		}
		if err != nil || got != tile {
			t.Errorf("%s: parsed %+v, %v, want %+v", path, got, err, tile)
		}
		if tile.Path() != path {
			t.Errorf("path of %+v: %s, want %s", tile, tile.Path(), path)
		}
	}
}

func TestParseTilePathRefuses(t *testing.T) {
	for _, path := range []string{
		"", "tile", "tile/0", "tile/0/", "tile//000", "checkpoint", "tile/64/000", "tile/00/000", "tile/-1/000",
		"tile/+1/000", "tile/0/0", "tile/0/00", "tile/0/0000", "tile/0/x000/001", "tile/0/001/002", "tile/0/x001",
		"tile/0/000.p", "tile/0/000.p/", "tile/0/000.p/0", "tile/0/000.p/256", "tile/0/000.p/01", "tile/0/000.p/1/",
		"tile/0/000/1", "/tile/0/000", "tile/0/000 ", "tile/entries/../000", "tile/0/.p/1", "tile/0/xx01/000",
		"tile/0/x001/0x0", "tile/0/x018/x446/x744/x073/x709/x551/616", "tile/Entries/000", strings.Repeat("tile/0/", 40),
	} {
		if got, err := ParseTilePath(path); !errors.Is(err, ErrWrong) {
			t.Errorf("%q: parsed %+v, error %v, want ErrWrong", path, got, err)
		}
	}
}

func TestTileEnd(t *testing.T) {
	for _, c := range []struct {
		tile Tile
		end  uint64
		ok   bool
	}{
		{Tile{EntriesLevel, 1, 3}, 259, true},
		{Tile{0, 1, 256}, 512, true},
		{Tile{1, 0, 2}, 512, true},
		{Tile{2, 1, 1}, 257 << 16, true},
		{Tile{8, 0, 1}, 0, false},
		{Tile{63, 0, 256}, 0, false},
		{Tile{0, math.MaxUint64, 256}, 0, false},
		{Tile{1, math.MaxUint64 >> 9, 256}, 0, false},
	} {
		if end, ok := c.tile.End(); end != c.end || ok != c.ok {
			t.Errorf("end of %+v: %d, %v, want %d, %v", c.tile, end, ok, c.end, c.ok)
		}
	}
}

func TestTreeTiles(t *testing.T) {
	list := func(size uint64) map[string]int {
		found := map[string]int{}
		if err := TreeTiles(size, func(t Tile) error { found[t.Path()]++; return nil }); err != nil {
			t.Fatal(err)
		}
		return found
	}
	// The example of c2sp.org/tlog-tiles: size 70,000 is 273 full level 0
	// tiles, one of width 112, one full level 1 tile, one of width 17, and one
	// level 2 tile of width 1; and as many bundles as level 0 tiles.
	got := list(70_000)
	if len(got) != 2*274+2+1 {
		t.Errorf("size 70,000: %d tiles", len(got))
	}
	for _, p := range []string{"tile/0/272", "tile/0/273.p/112", "tile/1/000", "tile/1/001.p/17", "tile/2/000.p/1", "tile/entries/273.p/112"} {
		if got[p] != 1 {
			t.Errorf("size 70,000: %s is there %d times", p, got[p])
		}
	}
	got = list(256)
	if len(got) != 3 || got["tile/0/000"] != 1 || got["tile/1/000.p/1"] != 1 || got["tile/entries/000"] != 1 {
		t.Errorf("size 256: %v", got)
	}
	if got := list(0); len(got) != 0 {
		t.Errorf("size 0: %v", got)
	}
	stop := errors.New("stop")
	if err := TreeTiles(math.MaxUint64, func(Tile) error { return stop }); !errors.Is(err, stop) {
		t.Errorf("the callback's error is lost: %v", err)
	}
}

func TestBundleRefuses(t *testing.T) {
	var b []byte
	for _, e := range []string{"one", "two", "three"} {
		var err error
		if b, err = AppendBundleEntry(b, []byte(e)); err != nil {
			t.Fatal(err)
		}
	}
	if es, err := ParseBundle(b, 3); err != nil || string(es[2]) != "three" {
		t.Fatalf("a good bundle: %q, %v", es, err)
	}
	for name, c := range map[string]struct {
		bundle []byte
		width  int
	}{
		"one entry less":    {b, 2},
		"one entry more":    {b, 4},
		"cut in an entry":   {b[:len(b)-1], 3},
		"cut in a length":   {b[:6], 2},
		"trailing byte":     {append(bytes.Clone(b), 0), 3},
		"empty entry":       {append(bytes.Clone(b), 0, 0), 4},
		"empty file":        {nil, 1},
		"length beyond end": {[]byte{0xff, 0xff, 1}, 1},
	} {
		if _, err := ParseBundle(c.bundle, c.width); !errors.Is(err, ErrWrong) {
			t.Errorf("%s: error %v, want ErrWrong", name, err)
		}
	}
	for _, width := range []int{-1, 0, 257} {
		if _, err := ParseBundle(b, width); err == nil {
			t.Errorf("width %d: accepted", width)
		}
		if _, err := ParseHashTile(make([]byte, max(width, 0)*32), width); err == nil {
			t.Errorf("hash tile of width %d: accepted", width)
		}
	}
	for _, n := range []int{0, MaxEntry + 1} {
		if _, err := AppendBundleEntry(nil, make([]byte, n)); err == nil {
			t.Errorf("an entry of %d bytes is taken", n)
		}
	}
	if _, err := AppendBundleEntry(nil, make([]byte, MaxEntry)); err != nil {
		t.Errorf("an entry of the largest size: %v", err)
	}
	for _, n := range []int{0, 31, 63, 65} {
		if _, err := ParseHashTile(make([]byte, n), 2); !errors.Is(err, ErrWrong) {
			t.Errorf("hash tile of %d bytes: error %v, want ErrWrong", n, err)
		}
	}
}

func FuzzParseBundle(f *testing.F) {
	f.Add([]byte("\x00\x01a\x00\x02bc"), 2)
	f.Fuzz(func(t *testing.T, b []byte, width int) {
		entries, err := ParseBundle(b, width)
		if err != nil {
			return
		}
		var again []byte
		for _, e := range entries {
			if again, err = AppendBundleEntry(again, e); err != nil {
				t.Fatal(err)
			}
		}
		if len(entries) != width || !bytes.Equal(again, b) {
			t.Fatal("what was read is not what would be written")
		}
		for rest := b; len(entries) > 0; entries = entries[1:] {
			var e []byte
			if e, rest, err = torchwood.ReadTileEntry(rest); err != nil || !bytes.Equal(e, entries[0]) {
				t.Fatalf("torchwood reads %q, %v", e, err)
			}
		}
	})
}

func FuzzParseTilePath(f *testing.F) {
	f.Add("tile/0/x001/x234/067")
	f.Add("tile/entries/000.p/3")
	f.Fuzz(func(t *testing.T, path string) {
		tile, err := ParseTilePath(path)
		if err != nil {
			return
		}
		if tile.Path() != path {
			t.Fatal("read but not written")
		}
		if tile.Index < 1<<40 {
			theirs, err := torchwood.ParseTilePath(path)
			if err != nil || theirs.L != tile.Level || theirs.N != int64(tile.Index) || theirs.W != tile.Width {
				t.Fatalf("torchwood reads %+v, %v", theirs, err)
			}
		}
	})
}

func FuzzParseHashTile(f *testing.F) {
	f.Add(make([]byte, 64), 2)
	f.Fuzz(func(t *testing.T, b []byte, width int) {
		if hashes, err := ParseHashTile(b, width); err == nil && !bytes.Equal(EncodeHashTile(hashes), b) {
			t.Fatal("read but not written")
		}
	})
}
