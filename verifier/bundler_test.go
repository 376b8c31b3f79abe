package verifier

import (
	"testing"

	"rollcall/bulletin/tlog"
)

// TestShare: every entry is in one chunk, in order; chunks end with a bundle, are
// no more than the cores, and none has a bundle more than its share.
func TestShare(t *testing.T) {
	for _, first := range []uint64{0, 256, 300, 511} {
		for cores := 1; cores <= 5; cores++ {
			for _, n := range []int{0, 1, 100, 255, 256, 257, 512, 1000, 1536, 3000, 5 * 1536} {
				entries := make([]*prepared, n)
				for i := range entries {
					entries[i] = &prepared{index: first + uint64(i)}
				}
				chunks := share(entries, cores)
				next := first
				for i, c := range chunks {
					if len(c) == 0 || len(c) > (n+cores-1)/cores+tlog.TileWidth-1 {
						t.Errorf("%d entries from %d on %d cores: chunk %d has %d", n, first, cores, i, len(c))
					}
					if i > 0 && c[0].index%tlog.TileWidth != 0 {
						t.Errorf("%d entries from %d on %d cores: chunk %d begins within a bundle", n, first, cores, i)
					}
					for _, p := range c {
						if p.index != next {
							t.Fatalf("%d entries from %d on %d cores: entry %d stands where %d should", n, first, cores, p.index, next)
						}
						next++
					}
				}
				if next != first+uint64(n) || len(chunks) > cores {
					t.Errorf("%d entries from %d on %d cores: %d chunks up to entry %d", n, first, cores, len(chunks), next)
				}
			}
		}
	}
}

// TestRest: whoever decoded the points of an entry decodes the rest of them, since
// decoders of one chunk share their room.
func TestRest(t *testing.T) {
	var entries []*prepared
	for i := range 2048 {
		entries = append(entries, &prepared{index: uint64(i)})
	}
	chunks := share(entries, 3)
	for i, c := range chunks {
		for _, k := range []int{0, 1, 15, len(c) - 1} {
			left := rest(chunks, i, k)
			if len(left) != len(chunks)-i || len(left[0]) != len(c)-k || left[0][0] != c[k] {
				t.Fatalf("from entry %d of chunk %d on: %d chunks", k, i, len(left))
			}
			for n := 1; n < len(left); n++ {
				if len(left[n]) != len(chunks[i+n]) || left[n][0] != chunks[i+n][0] {
					t.Errorf("from entry %d of chunk %d on: chunk %d is cut anew", k, i, i+n)
				}
			}
		}
	}
}
