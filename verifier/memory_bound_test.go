package verifier

import (
	"errors"
	"math"
	"runtime"
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

// TestMemoryOfManyCores: what is worked in does not grow with the cores.
func TestMemoryOfManyCores(t *testing.T) {
	percent, limit, cores := debug.SetGCPercent(100), debug.SetMemoryLimit(math.MaxInt64), runtime.GOMAXPROCS(0)
	t.Cleanup(func() {
		debug.SetGCPercent(percent)
		debug.SetMemoryLimit(limit)
		runtime.GOMAXPROCS(cores)
	})
	const size = 9000
	raw := make([]byte, 100)
	for _, cores := range []int{1, 2, 3, 8, 64} {
		runtime.GOMAXPROCS(cores)
		BoundMemory(nil)
		if most := debug.SetMemoryLimit(-1); most > 84<<20 { // the program and its threads take the rest of 100 MB
			t.Errorf("%d cores: a limit of %d bytes", cores, most)
		}
		var last, most uint64
		j := newJudge(nil, Options{NoHints: true, Progress: func(done, _ uint64) { most, last = max(most, done-last), done }})
		j.log.tileErr = errors.New("there are no files")
		b := newBundler(t.Context(), j, size)
		for index := range uint64(size) {
			if err := b.add(index, raw); err != nil {
				t.Fatal(err)
			}
		}
		if want := uint64(min(cores, 2) * chunkEntries); most != want || last != size {
			t.Errorf("%d cores: %d entries at a time, %d in all, want %d and %d", cores, most, last, want, size)
		}
	}
}
