package service

import (
	"testing"

	"rollcall/api/public"
	"rollcall/bulletin"
	"rollcall/bulletin/checkpoint"
	"rollcall/internal/election"
	"rollcall/tally/record"
)

// upTo is a board of which the first entries are published.
type upTo struct {
	published
	size uint64
}

func (u upTo) Latest() bulletin.Published {
	return bulletin.Published{Checkpoint: checkpoint.Checkpoint{Size: u.size}}
}

// TestOnlyPublishedIsTold looks up a ballot that is cast and one that is tested at
// every moment at which witnesses could have gone away: no code is told before its
// tick is published, and no decision before it is, and no time of a tick that is not.
func TestOnlyPublishedIsTold(t *testing.T) {
	ctx := t.Context()
	e, err := election.New(ctx, election.Small(t.TempDir()))
	must(t, err)
	t.Cleanup(func() { must(t, e.Close()) })
	must(t, e.Ceremony(ctx))
	must(t, e.Open(ctx))
	var ballots []record.Ballot
	var lastTicks []uint64 // of the tick that covers the decision
	// counted holds the numbers of a board against the decisions that are published.
	counted := func(size uint64, decided ...bool) {
		t.Helper()
		told := &told{door: e.Door, board: upTo{e.Board, size}}
		status, err := told.Status(ctx)
		must(t, err)
		turnout, err := told.Turnout(ctx)
		must(t, err)
		var want public.Counts
		for i, yes := range decided {
			switch {
			case !yes:
				want.Undecided++
			case i == 0:
				want.Cast++
			default:
				want.Tested++
			}
		}
		var cast uint64
		for _, u := range turnout {
			cast += u.Cast
		}
		if status.Ballots != want || cast != want.Cast {
			t.Errorf("%d published: %+v, and %d by unit, want %+v", size, status.Ballots, cast, want)
		}
	}
	for i, v := range e.Voters[:2] {
		choices := make([][]int, len(e.Manifest.ContestsOf(v.Unit)))
		made, s, err := e.Booth.Make(v.Ballot, v.Unit, choices)
		must(t, err)
		s.Index, err = e.Door.Post(ctx, made.Bytes())
		must(t, err)
		e.Advance(2e9)
		must(t, e.Door.Tick(ctx))
		decide, err := e.Booth.MakeCast(s, v.Cast)
		if i == 1 {
			decide, err = e.Booth.MakeTest(s, v.Ballot)
		}
		must(t, err)
		at, err := e.Door.Post(ctx, decide.Bytes())
		must(t, err)
		counted(at, [][]bool{{false}, {true, false}}[i]...) // no witness has signed it
		counted(at+1, []bool{true, true}[:i+1]...)
		e.Advance(2e9)
		must(t, e.Door.Tick(ctx))
		b, _ := e.Door.State().Ballot(s.Index)
		_, tick := e.Door.State().LastTick()
		ballots, lastTicks = append(ballots, b), append(lastTicks, tick)
	}
	for size := ballots[0].Index; size <= e.Door.State().Size(); size++ {
		told := &told{door: e.Door, board: upTo{e.Board, size}}
		for i, b := range ballots {
			coded, decided := b.CodeTick < size, b.DecidedAt < size
			list, err := told.FindCode(ctx, b.Code)
			must(t, err)
			if (len(list) == 1) != coded {
				t.Errorf("%d published, code of the tick at %d: %d ballots found", size, b.CodeTick, len(list))
			}
			list, err = told.FindBallotNumber(ctx, b.Voter.BallotNumber)
			must(t, err)
			if len(list) != 1 {
				t.Fatalf("%d ballots of the number", len(list))
			}
			got := list[0]
			if (got.Code != "") != coded || got.SealedBefore.IsZero() == coded || got.DecideBefore.IsZero() == coded {
				t.Errorf("%d published, code tick at %d: told %+v", size, b.CodeTick, got)
			}
			want := []public.State{public.StateCast, public.StateTested}[i]
			if !decided {
				want = public.StateUndecided
			}
			if got.State != want || got.Casting != (i == 0 && !decided) || (got.Decision != 0) != decided || len(got.Opened) > 0 && !decided {
				t.Errorf("%d published, decided at %d: told %+v", size, b.DecidedAt, got)
			}
			// Of earlier ballots only the last tick's time is in doubt.
			if last := i == len(ballots)-1; last && got.Decided.IsZero() == (lastTicks[i] < size) {
				t.Errorf("%d published, decision covered at %d: told %v", size, lastTicks[i], got.Decided)
			}
		}
	}
}
