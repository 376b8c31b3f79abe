package verifier

import (
	"runtime"
	"runtime/debug"
)

// How much memory a process that judges a record may take before it collects
// garbage: a part that is worked in, one for each core of the first two, which
// others share (see bundler), and one for each entry of the record, of which a
// decided ballot has two. It counts all entries from the start, since the roll comes
// before the ballots and stays. Where more cores share, the process takes more that
// this does not count, for their threads and lists of free memory.
const (
	memoryBase  = 40 << 20
	memoryCore  = 20 << 20
	memoryMore  = 6 << 20
	memoryEntry = 70
)

// BoundMemory has the process collect garbage when it would take more than 100
// MB and 150 bytes a ballot, and hardly ever before: with each chunk
// much is thrown away, and looking for it costs a tenth of the time. It returns
// what to give as Options.Progress, which calls next as well, if that is not nil.
// It is for a program that does nothing else.
func BoundMemory(next func(done, total uint64)) func(done, total uint64) {
	base := int64(memoryBase + shares()*memoryCore)
	if runtime.GOMAXPROCS(0) > shares() {
		base -= memoryMore
	}
	bound := func(total uint64) { debug.SetMemoryLimit(base + int64(total)*memoryEntry) }
	debug.SetGCPercent(400)
	bound(0)
	return func(done, total uint64) {
		bound(total)
		if next != nil {
			next(done, total)
		}
	}
}
