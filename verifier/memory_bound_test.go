package verifier

import (
	"math"
	"runtime/debug"
	"testing"
)

// TestBoundMemory: the limit grows with the entries that were judged by no more
// than 150 bytes a ballot of two, and whoever set one keeps it.
func TestBoundMemory(t *testing.T) {
	percent, limit := debug.SetGCPercent(100), debug.SetMemoryLimit(math.MaxInt64)
	t.Cleanup(func() {
		debug.SetGCPercent(percent)
		debug.SetMemoryLimit(limit)
	})
	t.Setenv("GOGC", "")
	t.Setenv("GOMEMLIMIT", "")
	var told [2]uint64
	progress := BoundMemory(func(done, total uint64) { told = [2]uint64{done, total} })
	before := debug.SetMemoryLimit(-1)
	if before > 1<<40 {
		t.Fatal("no limit was set")
	}
	progress(1000, 3000)
	if told != [2]uint64{1000, 3000} {
		t.Errorf("was told %v", told)
	}
	if grown := debug.SetMemoryLimit(-1) - before; grown <= 0 || grown > 1000/2*150 {
		t.Errorf("the limit grew by %d bytes with 500 ballots", grown)
	}
	BoundMemory(nil)(5, 9) // nobody to tell

	for _, name := range []string{"GOGC", "GOMEMLIMIT"} {
		debug.SetMemoryLimit(math.MaxInt64)
		t.Setenv(name, "100")
		if BoundMemory(nil) != nil || debug.SetMemoryLimit(-1) != math.MaxInt64 {
			t.Errorf("%s was not left alone", name)
		}
		t.Setenv(name, "")
	}
}
