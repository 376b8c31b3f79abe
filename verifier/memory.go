package verifier

import (
	"runtime"
	"runtime/debug"
)

// How much memory a process that judges a record may take before it collects
// garbage: a part that is worked in, one for each core, and one for each entry
// that was judged, of which a decided ballot has two.
const (
	memoryBase  = 44 << 20
	memoryCore  = 20 << 20
	memoryEntry = 72
)

// BoundMemory has the process collect garbage when it would take more than 100
// MB and 150 bytes a ballot on two cores, and hardly ever before: with each chunk
// much is thrown away, and looking for it costs a tenth of the time. It returns
// what to give as Options.Progress, which calls next as well, if that is not nil.
// It is for a program that does nothing else.
func BoundMemory(next func(done, total uint64)) func(done, total uint64) {
	bound := func(done uint64) {
		debug.SetMemoryLimit(memoryBase + int64(runtime.GOMAXPROCS(0))*memoryCore + int64(done)*memoryEntry)
	}
	debug.SetGCPercent(400)
	bound(0)
	return func(done, total uint64) {
		bound(done)
		if next != nil {
			next(done, total)
		}
	}
}
