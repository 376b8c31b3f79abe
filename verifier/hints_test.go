package verifier

import (
	"bytes"
	"runtime"
	"slices"
	"testing"

	"rollcall/bulletin/entry"
	"rollcall/bulletin/hint"
	"rollcall/bulletin/tlog"
	"rollcall/crypto/group"
	"rollcall/crypto/schnorr"
)

// TestDecodeAhead: entries that were given no hints have their points decoded, but
// for the roll; those that were keep what they have, right or wrong.
func TestDecodeAhead(t *testing.T) {
	key := schnorr.GenerateKey()
	var entries []*prepared
	for i := range 6 {
		e, err := entry.Sign(&entry.Cast{Ballot: uint64(i), Leaf: make([]byte, 32)}, make([]byte, entry.HashSize), key, key)
		if err != nil {
			t.Fatal(err)
		}
		entries = append(entries, &prepared{index: uint64(i), entry: e})
	}
	given := []byte("anything")
	entries[1].hints = given
	entries[4].entry = nil // it did not decode
	roll, err := entry.Sign(&entry.Roll{Voters: make([]byte, entry.VoterSize)}, make([]byte, entry.HashSize), key)
	if err != nil {
		t.Fatal(err)
	}
	entries = append(entries, &prepared{index: 6, entry: roll})
	decodeAhead(entries)
	for i, p := range entries {
		if i == 1 || i == 4 || i == 6 {
			if p.ahead != nil || bytes.Equal(p.hints, given) != (i == 1) {
				t.Errorf("entry %d has %d points and hints %x", i, len(p.ahead), p.hints)
			}
			continue
		}
		if p.hints != nil || !slices.Equal(p.ahead, group.DecodeAhead(3, hint.Points(p.entry))) || len(p.ahead) != 3 {
			t.Errorf("entry %d has %d points of its own, want 3", i, len(p.ahead))
		}
	}
}

// TestPrepareHints: an entry gets its hints wherever its bundle is cut in two, and
// a bundle of which only the end is judged goes without.
func TestPrepareHints(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(3))
	key := schnorr.GenerateKey()
	const first, end = 200, 3 * tlog.TileWidth
	var entries []*prepared
	bundles := map[uint64][]byte{}
	for i := range uint64(end) {
		e, err := entry.Sign(&entry.Cast{Ballot: i, Leaf: make([]byte, 32)}, make([]byte, entry.HashSize), key, key)
		if err != nil {
			t.Fatal(err)
		}
		bundles[i/tlog.TileWidth] = append(bundles[i/tlog.TileWidth], hint.Make([][]byte{e.Bytes()})...)
		if i >= first {
			entries = append(entries, &prepared{index: i, raw: e.Bytes()})
		}
	}
	j := newJudge(nil, Options{})
	j.plan = newPlan(&entry.Manifest{})
	chunks := j.prepare(entries, bundles)
	if len(chunks) != 3 || chunks[1][0].index%tlog.TileWidth == 0 {
		t.Fatalf("%d chunks, the second from entry %d: no bundle is cut", len(chunks), chunks[1][0].index)
	}
	for _, p := range entries {
		var want []byte
		if p.index >= tlog.TileWidth {
			want = hint.Make([][]byte{p.raw})
		}
		if !bytes.Equal(p.hints, want) {
			t.Errorf("entry %d has %d bytes of hints, want %d", p.index, len(p.hints), len(want))
		}
	}
}
