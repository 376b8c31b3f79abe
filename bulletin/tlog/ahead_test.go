package tlog

import (
	"context"
	"sync/atomic"
	"testing"
)

// bundleReader serves full bundles of entries of one size and counts how many it
// was asked for.
type bundleReader struct {
	Reader
	bundle []byte
	asked  atomic.Int64
}

func (r *bundleReader) Tile(context.Context, Tile) ([]byte, error) {
	r.asked.Add(1)
	return r.bundle, nil
}

// TestEntriesAhead: bundles of roll, of 16 MB, are fetched one ahead of the one
// that is read, and those of ballots some, but never more.
func TestEntriesAhead(t *testing.T) {
	for _, tc := range []struct {
		name        string
		size, ahead int64
	}{
		{"roll", 65_000, 1},
		{"half of the room", aheadBytes/2/TileWidth + 1, 1},
		{"ballots", 1400, readAhead},
		{"the smallest", 1, readAhead},
	} {
		r := &bundleReader{}
		for range TileWidth {
			var err error
			if r.bundle, err = AppendBundleEntry(r.bundle, make([]byte, tc.size)); err != nil {
				t.Fatal(err)
			}
		}
		const bundles = 9
		next := uint64(0)
		err := Entries(t.Context(), r, 0, bundles*TileWidth, func(index uint64, _ []byte) error {
			if index != next {
				t.Fatalf("%s: entry %d comes where %d must", tc.name, index, next)
			}
			next++
			if asked, read := r.asked.Load(), int64(index/TileWidth)+1; asked > read+tc.ahead {
				t.Errorf("%s: in bundle %d, %d were asked for", tc.name, read, asked)
			}
			return nil
		})
		if err != nil || next != bundles*TileWidth {
			t.Errorf("%s: %d entries, %v", tc.name, next, err)
		}
	}
}
