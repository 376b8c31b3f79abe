package door_test

import (
	"math/rand/v2"
	"testing"

	"rollcall/bulletin/entry"
	"rollcall/internal/election"
	"rollcall/tally/door"
)

// BenchmarkAdmit is what the board's one writer does for each ballot and each
// cast, without the database: judging it and moving the state on. All else is
// done beside it, by those who post.
func BenchmarkAdmit(b *testing.B) {
	ctx := b.Context()
	o := election.Small(b.TempDir())
	o.Voters = []int{0, 100, 100, 2}
	e, err := election.New(ctx, o)
	must(b, err)
	b.Cleanup(func() { must(b, e.Close()) })
	must(b, e.Ceremony(ctx))
	must(b, e.Open(ctx))
	votes := election.RandomVotes(e.Manifest, e.Voters, rand.New(rand.NewPCG(1, 2)))
	for i := range votes {
		votes[i].Tests, votes[i].Abandon = 0, false
	}
	must(b, e.Run(ctx, votes))

	var log [][]byte
	must(b, e.Board.Log().Entries(ctx, 0, e.Board.Log().Size(), func(_ uint64, raw []byte) error {
		log = append(log, raw)
		return nil
	}))
	replayTo := func(end int) func(func(uint64, []byte) error) error {
		return func(fn func(uint64, []byte) error) error {
			for i, raw := range log[:end] {
				if err := fn(uint64(i), raw); err != nil {
					return err
				}
			}
			return nil
		}
	}
	for _, kind := range []entry.Kind{entry.KindBallot, entry.KindCast} {
		from, to := span(b, log, kind)
		b.Run(string(kind), func(b *testing.B) {
			d := door.New(door.Config{})
			for _, raw := range log[from:to] {
				e, err := entry.Decode(raw)
				must(b, err)
				d.Remember(e) // as Post does
			}
			admitter := d.Admitter()
			n := 0
			for b.Loop() {
				b.StopTimer()
				must(b, admitter.Reload(ctx, replayTo(from)))
				b.StartTimer()
				for i := from; i < to; i++ {
					if _, err := admitter.Judge(ctx, uint64(i), log[i]); err != nil {
						b.Fatal(err)
					}
					admitter.Advance(uint64(i), log[i])
				}
				n += to - from
			}
			b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(n), "us/entry")
			b.ReportMetric(float64(n)/b.Elapsed().Seconds(), "entries/s")
		})
	}
}

// span returns where the entries of a kind stand, which must be one after the
// other.
func span(b *testing.B, log [][]byte, kind entry.Kind) (from, to int) {
	b.Helper()
	for i, raw := range log {
		e, err := entry.Decode(raw)
		must(b, err)
		if e.Kind() != kind {
			continue
		}
		if from == 0 {
			from, to = i, i
		}
		if i != to {
			b.Fatalf("%s: entries %d and %d and others between them", kind, to-1, i)
		}
		to++
	}
	return from, to
}
