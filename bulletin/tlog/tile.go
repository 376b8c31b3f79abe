package tlog

import (
	"encoding/binary"
	"fmt"
	"strconv"
	"strings"
)

const (
	tileHeight = 8
	// TileWidth is the number of hashes, or entries, of a full tile.
	TileWidth = 1 << tileHeight
	// EntriesLevel is the Level of a Tile that is an entry bundle.
	EntriesLevel = -1
	// maxLevel is the highest level of hash tiles, c2sp.org/tlog-tiles.
	maxLevel = 63
	// CheckpointPath is the path of the signed checkpoint.
	CheckpointPath = "checkpoint"
	hashSize       = 32
)

// Tile names one tile: Index counts from the left at Level, and Width is the
// number of hashes, or entries, it holds: 256 for a full tile, less for a
// partial one.
type Tile struct {
	Level int // 0 to 63, or EntriesLevel
	Index uint64
	Width int // 1 to 256
}

// MaxSize returns the most bytes the tile's file can have.
func (t Tile) MaxSize() int {
	if t.Level == EntriesLevel {
		return t.Width * (2 + MaxEntry)
	}
	return t.Width * hashSize
}

// End returns the size of the smallest tree that holds the tile, and false
// where that is beyond 2^64.
func (t Tile) End() (uint64, bool) {
	end := t.Index*TileWidth + uint64(t.Width)
	if t.Index > (1<<64-1)/TileWidth-1 {
		return 0, false
	}
	shift := tileHeight * max(t.Level, 0)
	if shift >= 64 || end<<shift>>shift != end {
		return 0, false
	}
	return end << shift, true
}

// Full returns the full tile at the same place.
func (t Tile) Full() Tile { return Tile{t.Level, t.Index, TileWidth} }

// HintPath returns the path of the hints of full entry bundle number index, which
// are outside the tree: SPEC.md, section 19.
func HintPath(index uint64) string {
	return "hint" + strings.TrimPrefix(Tile{EntriesLevel, index, TileWidth}.Path(), "tile/entries")
}

// ParseHintPath is the inverse of HintPath and takes nothing else.
func ParseHintPath(path string) (index uint64, err error) {
	if name, ok := strings.CutPrefix(path, "hint/"); ok {
		if t, err := ParseTilePath("tile/entries/" + name); err == nil && t.Width == TileWidth {
			return t.Index, nil
		}
	}
	return 0, fmt.Errorf("%w hint path %q", ErrWrong, path)
}

// Path returns the path below the log's prefix: tile/<L>/<N>[.p/<W>], <L> being
// "entries" for a bundle (c2sp.org/tlog-tiles).
func (t Tile) Path() string {
	level := "entries"
	if t.Level != EntriesLevel {
		level = strconv.Itoa(t.Level)
	}
	n := fmt.Sprintf("%03d", t.Index%1000)
	for rest := t.Index / 1000; rest > 0; rest /= 1000 {
		n = fmt.Sprintf("x%03d/%s", rest%1000, n)
	}
	if t.Width < TileWidth {
		n += ".p/" + strconv.Itoa(t.Width)
	}
	return "tile/" + level + "/" + n
}

// ParseTilePath is the inverse of Tile.Path and takes nothing else.
func ParseTilePath(path string) (Tile, error) {
	bad := fmt.Errorf("%w tile path %q", ErrWrong, path)
	parts := strings.Split(path, "/")
	if len(path) > 64 || len(parts) < 3 || parts[0] != "tile" {
		return Tile{}, bad
	}
	t := Tile{Level: EntriesLevel, Width: TileWidth}
	if parts[1] != "entries" {
		level, err := strconv.ParseUint(parts[1], 10, 8)
		if err != nil || level > maxLevel {
			return Tile{}, bad
		}
		t.Level = int(level)
	}
	number := parts[2:]
	if last := len(number) - 1; last > 0 && strings.HasSuffix(number[last-1], ".p") {
		w, err := strconv.ParseUint(number[last], 10, 8)
		if err != nil {
			return Tile{}, bad
		}
		t.Width = int(w)
		number = append(number[:last-1:last-1], strings.TrimSuffix(number[last-1], ".p"))
	}
	digits := strings.ReplaceAll(strings.Join(number, ""), "x", "")
	index, err := strconv.ParseUint(digits, 10, 64)
	if err != nil {
		return Tile{}, bad
	}
	t.Index = index
	if t.Width < 1 || t.Path() != path {
		return Tile{}, bad
	}
	return t, nil
}

// TreeTiles calls fn for every tile of a tree of size entries, in ascending
// order within a level: entry bundles first, then hash tiles level by level.
func TreeTiles(size uint64, fn func(Tile) error) error {
	for level := EntriesLevel; level <= maxLevel; level++ {
		count := size >> (tileHeight * max(level, 0))
		if count == 0 {
			return nil
		}
		for i := uint64(0); i < count; i += TileWidth {
			if err := fn(Tile{level, i / TileWidth, int(min(count-i, TileWidth))}); err != nil {
				return err
			}
			if count-i <= TileWidth {
				break
			}
		}
		if level >= 0 && tileHeight*(level+1) >= 64 {
			return nil
		}
	}
	return nil
}

// AppendBundleEntry appends an entry of 1 to 65,535 bytes to an entry bundle:
// a big-endian uint16 of its length, then its bytes.
func AppendBundleEntry(bundle, entry []byte) ([]byte, error) {
	if len(entry) == 0 || len(entry) > MaxEntry {
		return nil, fmt.Errorf("entry of %d bytes, want 1 to %d", len(entry), MaxEntry)
	}
	bundle = binary.BigEndian.AppendUint16(bundle, uint16(len(entry)))
	return append(bundle, entry...), nil
}

// ParseBundle splits an entry bundle into exactly width entries, which alias
// it. Trailing bytes, a cut, and an empty entry, which this log never has, are
// errors.
func ParseBundle(bundle []byte, width int) ([][]byte, error) {
	if width < 1 || width > TileWidth {
		return nil, fmt.Errorf("bundle of %d entries: want 1 to %d", width, TileWidth)
	}
	entries := make([][]byte, 0, width)
	for i := range width {
		if len(bundle) < 2 {
			return nil, fmt.Errorf("%w bundle: cut at entry %d of %d", ErrWrong, i, width)
		}
		n := int(binary.BigEndian.Uint16(bundle))
		bundle = bundle[2:]
		if n == 0 {
			return nil, fmt.Errorf("%w bundle: entry %d of %d is empty", ErrWrong, i, width)
		}
		if n > len(bundle) {
			return nil, fmt.Errorf("%w bundle: entry %d of %d is cut", ErrWrong, i, width)
		}
		entries = append(entries, bundle[:n:n])
		bundle = bundle[n:]
	}
	if len(bundle) != 0 {
		return nil, fmt.Errorf("%w bundle: %d bytes after entry %d", ErrWrong, len(bundle), width-1)
	}
	return entries, nil
}

// EncodeHashTile returns a hash tile's bytes: its hashes, one after another.
func EncodeHashTile(hashes []Hash) []byte {
	b := make([]byte, 0, len(hashes)*hashSize)
	for _, h := range hashes {
		b = append(b, h[:]...)
	}
	return b
}

// ParseHashTile splits a hash tile into exactly width hashes.
func ParseHashTile(b []byte, width int) ([]Hash, error) {
	if width < 1 || width > TileWidth || len(b) != width*hashSize {
		return nil, fmt.Errorf("%w hash tile: %d bytes for %d hashes", ErrWrong, len(b), width)
	}
	hashes := make([]Hash, width)
	for i := range hashes {
		hashes[i] = Hash(b[i*hashSize:])
	}
	return hashes, nil
}
