package verifier

import (
	"bytes"
	"testing"

	"rollcall/bulletin/entry"
	"rollcall/bulletin/hint"
	"rollcall/crypto/schnorr"
)

// TestMakeHints: entries that were given no hints get their own, and those that
// were keep what they have, right or wrong.
func TestMakeHints(t *testing.T) {
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
	makeHints(entries)
	for i, p := range entries {
		want := given
		if i != 1 {
			want = hint.Of([]*entry.Entry{p.entry})[0]
		}
		if !bytes.Equal(p.hints, want) || len(want) == 0 != (i == 4) {
			t.Errorf("entry %d has hints %x, want %x", i, p.hints, want)
		}
	}
}
