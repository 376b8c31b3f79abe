package door_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"rollcall/bulletin"
	"rollcall/bulletin/store"
	"rollcall/bulletin/tlog"
	"rollcall/crypto/schnorr"
	"rollcall/internal/election"
	"rollcall/tally/door"
	"rollcall/tally/record"
)

// TestTickWhenDue holds when a tick is made: the log has grown, the last tick
// is old, the deadline of the last ballot is past. Never for nothing.
func TestTickWhenDue(t *testing.T) {
	ctx := context.Background()
	e := opened(t)
	ticks := func(when string, want uint64) {
		t.Helper()
		size := e.Board.Log().Size()
		must(t, e.Door.Tick(ctx))
		if got := e.Board.Log().Size() - size; got != want {
			t.Errorf("%s: %d ticks, want %d", when, got, want)
		}
	}
	ticks("at once", 0)
	e.Advance(29 * time.Second)
	ticks("after 29 seconds", 0)
	e.Advance(time.Second)
	ticks("after 30 seconds", 1)
	sealed(t, e, e.Voters[0])
	ticks("after the tick of a ballot", 0)
	_, err := e.Door.Post(ctx, sign(t, e, e.CloseBody(), e.Authority))
	must(t, err)
	ticks("after close", 1)
	e.Advance(20 * time.Second)
	ticks("20 seconds into the decision time", 0)
	e.Advance(20 * time.Second)
	ticks("40 seconds into it", 1)
	e.Advance(20 * time.Second)
	ticks("at its end, 20 seconds after a tick", 1)
	ticks("once more", 0)
}

// TestTickInTime has the clock woken for nothing, at any time after a tick: the
// next one is not put off, and stays within the minute of SPEC.md, section 8.
func TestTickInTime(t *testing.T) {
	ctx := context.Background()
	e := opened(t)
	must(t, e.Door.Tick(ctx))
	for _, after := range []time.Duration{0, 10 * time.Second, 29 * time.Second} {
		e.Advance(31 * time.Second)
		must(t, e.Door.Tick(ctx))
		size := e.Board.Log().Size()
		e.Advance(after)
		wait, err := e.Door.StepFor(ctx)
		must(t, err)
		if want := 30*time.Second - after; wait != want || e.Board.Log().Size() != size {
			t.Errorf("woken %v after a tick: looks again in %v, want %v; %d new entries", after, wait, want, e.Board.Log().Size()-size)
		}
		e.Advance(wait)
		must(t, e.Door.Step(ctx))
		if got := e.Board.Log().Size(); got != size+1 {
			t.Errorf("woken %v after a tick: %d new entries in half a minute", after, got-size)
		}
	}
	e.Advance(-time.Hour) // the clock may be set back: not for an hour
	if wait, err := e.Door.StepFor(ctx); err != nil || wait != 30*time.Second {
		t.Errorf("after the clock was set back: %v, %v", wait, err)
	}
}

// TestWindowBegins has the last tick a moment before the calling window: the
// first ballot of the day is taken all the same.
func TestWindowBegins(t *testing.T) {
	ctx := context.Background()
	e := started(t) // whose window begins now
	e.Advance(-10 * time.Second)
	must(t, e.Ceremony(ctx))
	must(t, e.Open(ctx))
	v := e.Voters[0]
	made, _, err := e.Booth.Make(v.Ballot, v.Unit, choices(e, v))
	must(t, err)
	if _, err := e.Door.Post(ctx, made.Bytes()); !errors.Is(err, record.ErrClosed) {
		t.Fatalf("before the window: %v", err)
	}
	size := e.Board.Log().Size()
	e.Advance(10 * time.Second)
	index, err := e.Door.Post(ctx, made.Bytes())
	must(t, err)
	if index != size+1 {
		t.Errorf("ballot at %d, want it after one tick at %d", index, size)
	}
}

// TestClockSetBack sets the clock back by an hour: ticks go on, and their times
// never descend.
func TestClockSetBack(t *testing.T) {
	e := opened(t)
	s := sealed(t, e, e.Voters[0])
	before, _ := e.Door.State().LastTick()
	e.Advance(-600 * time.Second)
	must(t, e.Door.Tick(context.Background()))
	_, err := e.Door.Post(context.Background(), castOf(t, e, s, e.Voters[0]))
	must(t, err)
	must(t, e.Door.Tick(context.Background()))
	after, at := e.Door.State().LastTick()
	if after.Time != before.Time || at != e.Board.Log().Size()-1 {
		t.Errorf("tick at %d of time %d, want time %d", at, after.Time, before.Time)
	}
	must(t, e.Door.Covered(context.Background(), s.Index+2))
}

// running opens the small election with a door that runs in real time, its
// clock at the simulated moment.
func running(t *testing.T) (*election.Election, context.Context) {
	t.Helper()
	e := opened(t)
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- e.Door.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; !errors.Is(err, context.Canceled) {
			t.Errorf("Run returned %v", err)
		}
	})
	return e, ctx
}

// TestRunTicks votes through the running door: codes and decisions come without
// anybody asking for a tick. Run ends when its context does.
func TestRunTicks(t *testing.T) {
	e, ctx := running(t)
	v := e.Voters[0]
	s, err := e.Booth.Seal(ctx, v.Ballot, v.Unit, choices(e, v))
	must(t, err)
	if len(s.Code) != 16 {
		t.Errorf("code %q", s.Code)
	}
	index, err := e.Booth.Cast(ctx, s, v.Cast)
	must(t, err)
	tick, at := e.Door.State().LastTick()
	if tick.Size <= index || at <= index {
		t.Errorf("cast %d is said to be covered by tick %d of size %d", index, at, tick.Size)
	}
}

// TestRunEnds closes an election: the running door ends it and posts the totals
// when the last ballot can be decided no more.
func TestRunEnds(t *testing.T) {
	e, ctx := running(t)
	v := e.Voters[0]
	s, err := e.Booth.Seal(ctx, v.Ballot, v.Unit, choices(e, v))
	must(t, err)
	for {
		_, err := e.Door.Post(ctx, sign(t, e, e.CloseBody(), e.Authority))
		if err == nil {
			break
		}
		if !errors.Is(err, record.ErrLate) { // a tick came in between
			t.Fatal(err)
		}
	}
	must(t, e.Door.Wait(ctx, func(s *record.State, published uint64) bool {
		_, covered, _ := s.Closed()
		return covered
	}))
	e.Advance(time.Duration(e.Manifest.DecisionSeconds) * time.Second)
	// The door sleeps in real time; a cast, just in time, wakes it. If it was
	// awake already, the cast may be late.
	if _, err := e.Door.Post(ctx, castOf(t, e, s, v)); err != nil && !errors.Is(err, record.ErrPhase) {
		t.Fatal(err)
	}
	must(t, e.Door.Wait(ctx, func(s *record.State, published uint64) bool {
		_, ok := s.Totals()
		return ok && published == s.Size()
	}))
}

// late is a log whose publication takes until somebody says so.
type late struct {
	door.Log
	publish chan struct{}
}

func (l *late) Append(ctx context.Context, raw []byte, claims ...store.Claim) (uint64, error) {
	index, err := l.Log.Append(ctx, raw, claims...)
	<-l.publish
	return index, err
}

func (l *late) AppendFunc(ctx context.Context, fn func(uint64, tlog.Hash) ([]byte, []store.Claim, error)) (uint64, error) {
	index, err := l.Log.AppendFunc(ctx, fn)
	<-l.publish
	return index, err
}

// TestCodeAfterPublication holds that a code is given out only once its tick is
// published: before that the tick could still be lost, and the code with it.
func TestCodeAfterPublication(t *testing.T) {
	ctx := context.Background()
	e := opened(t)
	v := e.Voters[0]
	made, s, err := e.Booth.Make(v.Ballot, v.Unit, choices(e, v))
	must(t, err)
	s.Index, err = e.Door.Post(ctx, made.Bytes())
	must(t, err)
	log := &late{e.Board, make(chan struct{})}
	e.Door.Attach(log)
	ticked := make(chan error, 1)
	go func() { ticked <- e.Door.Tick(ctx) }()
	for b, _ := e.Door.State().Ballot(s.Index); b.Code == ""; b, _ = e.Door.State().Ballot(s.Index) {
		time.Sleep(time.Millisecond)
	}
	// The state knows the code; nobody else may.
	over, cancel := context.WithCancel(ctx)
	cancel()
	if code, err := e.Door.Code(over, s.Index); !errors.Is(err, context.Canceled) {
		t.Errorf("code %q, %v before publication", code, err)
	}
	if err := e.Door.Covered(over, s.Index); !errors.Is(err, context.Canceled) {
		t.Errorf("covered, %v before publication", err)
	}
	close(log.publish)
	must(t, <-ticked)
	if code, err := e.Door.Code(over, s.Index); err != nil || len(code) != 16 {
		t.Errorf("code %q, %v after publication", code, err)
	}
	must(t, e.Door.Covered(over, s.Index))
	if err := e.Door.Covered(over, s.Index+1); !errors.Is(err, context.Canceled) {
		t.Errorf("the tick itself is covered: %v", err)
	}
	if _, err := e.Door.Code(over, 0); !errors.Is(err, context.Canceled) {
		t.Errorf("the manifest has a code: %v", err)
	}
}

// TestUnpublishedTick loses the publication of a tick. The next step ticks
// again, though nothing has been added, and the caller gets the code.
func TestUnpublishedTick(t *testing.T) {
	ctx := context.Background()
	e := opened(t)
	v := e.Voters[0]
	made, s, err := e.Booth.Make(v.Ballot, v.Unit, choices(e, v))
	must(t, err)
	s.Index, err = e.Door.Post(ctx, made.Bytes())
	must(t, err)
	e.Door.Attach(&flaky{Log: e.Board, left: -1, silent: true})
	if err := e.Door.Tick(ctx); !errors.Is(err, errBroken) {
		t.Fatal(err)
	}
	size := e.Board.Log().Size()
	// As Attach does, but without what it takes for published.
	e.Door.Attach(&flaky{Log: e.Board, left: -1})
	must(t, e.Door.Tick(ctx))
	if e.Board.Log().Size() != size+1 {
		t.Error("no further tick")
	}
	must(t, e.Door.Tick(ctx))
	if e.Board.Log().Size() != size+1 {
		t.Error("a tick for nothing")
	}
	if code, err := e.Door.Code(ctx, s.Index); err != nil || code == "" {
		t.Errorf("code %q, %v", code, err)
	}
}

// TestUnpublishedPost says of an entry that is not published that the board is
// unavailable: nobody may be told that it is there.
func TestUnpublishedPost(t *testing.T) {
	e := opened(t)
	v := e.Voters[0]
	made, _, err := e.Booth.Make(v.Ballot, v.Unit, choices(e, v))
	must(t, err)
	e.Door.Attach(&unpublished{e.Board})
	if _, err := e.Door.Post(context.Background(), made.Bytes()); !errors.Is(err, door.ErrUnavailable) || !errors.Is(err, bulletin.ErrNotPublished) {
		t.Errorf("%v", err)
	}
	e.Door.Attach(e.Board)
	_, err = e.Door.Post(context.Background(), made.Bytes())
	must(t, err)
}

type unpublished struct{ door.Log }

func (u *unpublished) Append(ctx context.Context, raw []byte, claims ...store.Claim) (uint64, error) {
	index, err := u.Log.Append(ctx, raw, claims...)
	return index, errors.Join(err, bulletin.ErrNotPublished)
}

// TestWrongBoardKey starts a board with a key that is not the manifest's. It
// must not tick: no verifier would count what comes of it.
func TestWrongBoardKey(t *testing.T) {
	ctx := context.Background()
	e := opened(t)
	e.BoardKey = schnorr.GenerateKey()
	must(t, e.Restart(ctx))
	e.Advance(time.Hour)
	size := e.Board.Log().Size()
	if err := e.Door.Tick(ctx); !errors.Is(err, record.ErrSignature) {
		t.Errorf("tick under a wrong key: %v", err)
	}
	if e.Board.Log().Size() != size {
		t.Error("the log has grown")
	}
}
