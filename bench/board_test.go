package main

import (
	"slices"
	"strings"
	"testing"

	"rollcall/crypto/group"
)

// TestBoard makes a small board, verifies it in the way that is measured, and
// checks its ballots one by one.
func TestBoard(t *testing.T) {
	ctx := t.Context()
	dir := t.TempDir()
	quiet := func(string) {}
	const n = 130 // more entries than one bundle holds
	b, err := makeBoard(ctx, dir, n, quiet)
	if err != nil {
		t.Fatal(err)
	}
	if err := verifyBoard(ctx, b.dir, n+1, nil); err == nil || !strings.Contains(err.Error(), "130 cast ballots, want 131") {
		t.Errorf("a ballot that is missing: error is %v", err)
	}
	for key, m := range modes {
		if err := verifyBoard(ctx, b.dir, n, m.set); err != nil {
			t.Errorf("%s: %v", key, err)
		}
	}
	files, hints, err := b.bytesABallot()
	if err != nil || files < 2500 || hints < 30*group.HintSize {
		t.Errorf("%v bytes a ballot and %v of hints, error %v", files, hints, err)
	}
	again, err := makeBoard(ctx, dir, n, quiet)
	if err != nil || again.made != 0 {
		t.Errorf("the board is made anew: %v", err)
	}

	r, err := readRecord(ctx, b, n)
	if err != nil {
		t.Fatal(err)
	}
	roots, err := r.hints()
	if err != nil {
		t.Fatal(err)
	}
	in, err := r.floorInputs()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := libraries(in); err != nil {
		t.Errorf("the points of ballots: %v", err)
	}
	floor, err := r.batchFloor(in.points, roots)
	if err != nil {
		t.Fatal(err)
	}
	ways := map[string]func() error{
		"batch":              func() error { return r.batch(nil) },
		"batch, hints":       func() error { return r.batch(roots) },
		"batch, no use":      func() error { return r.batch(make([]byte, len(roots))) },
		"batch, hints short": func() error { return r.batch(roots[:100]) },
	}
	for name, verify := range ways {
		if err := verify(); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := floor(); err != nil {
		t.Errorf("floor: %v", err)
	}
	if _, err := readRecord(ctx, b, n+1); err == nil {
		t.Error("more ballots than there are")
	}

	// What is measured does find what is wrong.
	good := r.pairs[3]
	for name, bad := range map[string]pair{
		"a changed cast":   {good.ballot, tampered(good.cast)},
		"a changed ballot": {tampered(good.ballot), good.cast},
		"two casts":        {good.cast, good.cast},
	} {
		r.pairs[3] = bad
		for way, verify := range ways {
			if err := verify(); err == nil {
				t.Errorf("%s, %s: taken", name, way)
			}
		}
	}
}

// tampered returns an entry with the last bit of its last signature changed.
func tampered(raw []byte) []byte {
	b := slices.Clone(raw)
	b[len(b)-32] ^= 1
	return b
}
