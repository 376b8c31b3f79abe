package door_test

import (
	"math/rand/v2"
	"path/filepath"
	"testing"

	"rollcall/bulletin/entry"
	"rollcall/bulletin/store"
	"rollcall/internal/election"
	"rollcall/tally/door"
)

// newRecord returns the log of an election of 202 voters who have all cast: so many
// ballots one after the other, a tick, so many casts.
func newRecord(b *testing.B) [][]byte {
	b.Helper()
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
	return log
}

// newDoor returns a door to which entries have been posted.
func newDoor(b *testing.B, entries [][]byte) *door.Door {
	b.Helper()
	d := door.New(door.Config{})
	for _, raw := range entries {
		e, err := entry.Decode(raw)
		must(b, err)
		d.Remember(e)
	}
	return d
}

// report adds the time of each of n entries.
func report(b *testing.B, n int) {
	b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(n), "us/entry")
	b.ReportMetric(float64(n)/b.Elapsed().Seconds(), "entries/s")
}

// BenchmarkAdmit is what the board's one writer does for each ballot and each
// cast, without the database: judging it and moving the state on. All else is
// done beside it, by those who post.
func BenchmarkAdmit(b *testing.B) {
	log := newRecord(b)
	for _, kind := range []entry.Kind{entry.KindBallot, entry.KindCast} {
		from, to := span(b, log, kind)
		b.Run(string(kind), func(b *testing.B) {
			admitter := newDoor(b, log[from:to]).Admitter()
			n := 0
			for b.Loop() {
				b.StopTimer()
				must(b, admitter.Reload(b.Context(), func(fn func(uint64, []byte) error) error {
					for i, raw := range log[:from] {
						if err := fn(uint64(i), raw); err != nil {
							return err
						}
					}
					return nil
				}))
				b.StartTimer()
				for i := from; i < to; i++ {
					if _, err := admitter.Judge(b.Context(), uint64(i), log[i]); err != nil {
						b.Fatal(err)
					}
					admitter.Advance(uint64(i), log[i])
				}
				n += to - from
			}
			report(b, n)
		})
	}
}

// BenchmarkAdmitDurably is all that the writer does: as above, with the database
// and its claims, 202 in one transaction.
func BenchmarkAdmitDurably(b *testing.B) {
	log := newRecord(b)
	for _, kind := range []entry.Kind{entry.KindBallot, entry.KindCast} {
		from, to := span(b, log, kind)
		b.Run(string(kind), func(b *testing.B) {
			n := 0
			for b.Loop() {
				b.StopTimer()
				d := newDoor(b, log[from:to])
				s, err := store.Open(b.Context(), filepath.Join(b.TempDir(), "board.db"), store.Config{Admitter: d.Admitter()})
				must(b, err)
				_, err = s.AppendAll(b.Context(), log[:from])
				must(b, err)
				b.StartTimer()
				_, err = s.AppendAll(b.Context(), log[from:to])
				must(b, err)
				b.StopTimer()
				must(b, s.Close())
				b.StartTimer()
				n += to - from
			}
			report(b, n)
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
