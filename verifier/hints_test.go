package verifier

import (
	"bytes"
	"slices"
	"testing"

	"rollcall/bulletin/entry"
	"rollcall/bulletin/hint"
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
