package verifier

import (
	"math"
	"runtime/debug"
	"testing"
)

// TestBoundMemory: the limit grows with the entries of the record by no more
// than 150 bytes a ballot of two.
func TestBoundMemory(t *testing.T) {
	percent, limit := debug.SetGCPercent(100), debug.SetMemoryLimit(math.MaxInt64)
	t.Cleanup(func() {
		debug.SetGCPercent(percent)
		debug.SetMemoryLimit(limit)
	})
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
	if grown := debug.SetMemoryLimit(-1) - before; grown <= 0 || grown > 3000/2*150 {
		t.Errorf("the limit grew by %d bytes with 1,500 ballots", grown)
	}
	BoundMemory(nil)(5, 9) // nobody to tell
}
