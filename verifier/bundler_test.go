package verifier

import (
	"testing"
)

// TestShare: every entry is in one chunk, in order; chunks are no more than the
// cores, and none has an entry more than its share of the bytes.
func TestShare(t *testing.T) {
	const ballot, other = 2400, 250
	for name, size := range map[string]func(i int) int{
		"equal":         func(int) int { return ballot },
		"ballots first": func(i int) int { return []int{ballot, other}[min(i/500, 1)] },
		"ballots last":  func(i int) int { return []int{other, ballot}[min(i/500, 1)] },
		"waves":         func(i int) int { return []int{ballot, other}[i/500%2] },
		"one is large":  func(i int) int { return other + 60000/(i+1) },
	} {
		for cores := 1; cores <= 5; cores++ {
			for _, n := range []int{0, 1, 2, 3, 100, 257, 1000, 1536, 5000} {
				entries, total, most := make([]*prepared, n), 0, 0
				for i := range entries {
					entries[i] = &prepared{index: uint64(i), raw: make([]byte, size(i))}
					total, most = total+size(i), max(most, size(i))
				}
				chunks := share(entries, cores)
				next := uint64(0)
				for i, c := range chunks {
					bytes := 0
					for _, p := range c {
						if p.index != next {
							t.Fatalf("%s: %d entries on %d cores: entry %d stands where %d should", name, n, cores, p.index, next)
						}
						next++
						bytes += len(p.raw)
					}
					if len(c) == 0 || bytes > total/cores+most {
						t.Errorf("%s: %d entries on %d cores: chunk %d has %d of %d bytes in %d entries", name, n, cores, i, bytes, total, len(c))
					}
				}
				if next != uint64(n) || len(chunks) > cores {
					t.Errorf("%s: %d entries on %d cores: %d chunks up to entry %d", name, n, cores, len(chunks), next)
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
		entries = append(entries, &prepared{index: uint64(i), raw: make([]byte, 100)})
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
