package main

import (
	"slices"
	"strings"
	"testing"
)

// TestBoard makes a small board, verifies it in the way that is measured, and
// checks its ballots one by one.
func TestBoard(t *testing.T) {
	ctx := t.Context()
	dir := t.TempDir()
	quiet := func(string) {}
	const n = 12
	b, err := makeBoard(ctx, dir, n, quiet)
	if err != nil {
		t.Fatal(err)
	}
	if err := verifyBoard(ctx, b.dir, n, nil); err != nil {
		t.Error(err)
	}
	if err := verifyBoard(ctx, b.dir, n+1, nil); err == nil || !strings.Contains(err.Error(), "12 cast ballots, want 13") {
		t.Errorf("a ballot that is missing: error is %v", err)
	}
	if size, err := b.bytes(); err != nil || size < n*3000 {
		t.Errorf("%d bytes, error %v", size, err)
	}
	again, err := makeBoard(ctx, dir, n, quiet)
	if err != nil || again.made != 0 {
		t.Errorf("the board is made anew: %v", err)
	}

	r, err := readRecord(ctx, b, n)
	if err != nil {
		t.Fatal(err)
	}
	hints, err := r.hints()
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
	floor, err := r.batchFloor(in.points, hints)
	if err != nil {
		t.Fatal(err)
	}
	ways := map[string]func() error{
		"one by one":         r.oneByOne,
		"batch":              func() error { return r.batch(nil) },
		"batch, hints":       func() error { return r.batch(hints) },
		"batch, no use":      func() error { return r.batch(make([]byte, len(hints))) },
		"batch, hints short": func() error { return r.batch(hints[:100]) },
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
