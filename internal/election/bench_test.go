package election

import (
	"math/rand/v2"
	"runtime"
	"testing"
)

// BenchmarkSimulate is a whole election of ten options, from its keys to its
// result, for each voter. It reports what the board keeps in memory for a
// ballot, and how much of the time was voting.
func BenchmarkSimulate(b *testing.B) {
	ctx := b.Context()
	o, err := Large(b.TempDir(), max(b.N, 1), 10, 1)
	if err != nil {
		b.Fatal(err)
	}
	e, err := New(ctx, o)
	if err != nil {
		b.Fatal(err)
	}
	if err := e.start(ctx); err != nil {
		b.Fatal(err)
	}
	before, began := heap(), b.Elapsed()
	if err := e.vote(ctx, rand.New(rand.NewPCG(1, 2))); err != nil {
		b.Fatal(err)
	}
	voting, sum := b.Elapsed()-began, e.Door.State().Summary()
	ballots := float64(sum.Cast + sum.Tested + sum.Undecided)
	b.ReportMetric(float64(int64(heap()-before))/ballots, "heap-B/ballot")
	b.ReportMetric(float64(voting.Nanoseconds())/ballots, "voting-ns/ballot")
	if _, err := e.finish(ctx); err != nil {
		b.Fatal(err)
	}
	b.StopTimer()
	if err := e.Close(); err != nil {
		b.Fatal(err)
	}
}

// heap returns how many bytes are in use.
func heap() uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}
