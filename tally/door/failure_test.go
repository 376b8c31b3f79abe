package door_test

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"math/rand/v2"
	"path/filepath"
	"testing"
	"time"

	"rollcall/bulletin/store"
	"rollcall/bulletin/tlog"
	"rollcall/internal/election"
	"rollcall/tally/door"
	"rollcall/tally/record"
)

var errBroken = errors.New("broken for a test")

// flaky is a log that fails: after some appends altogether, or by appending and
// then not telling, as when publication fails.
type flaky struct {
	door.Log
	left   int  // appends that still work; negative for all
	silent bool // append, and fail all the same
}

func (f *flaky) fails() error {
	if f.left == 0 {
		return errBroken
	}
	f.left--
	return nil
}

func (f *flaky) Append(ctx context.Context, raw []byte, claims ...store.Claim) (uint64, error) {
	if err := f.fails(); err != nil {
		return 0, err
	}
	index, err := f.Log.Append(ctx, raw, claims...)
	if err == nil && f.silent {
		err = errBroken
	}
	return index, err
}

func (f *flaky) AppendFunc(ctx context.Context, fn func(uint64, tlog.Hash) ([]byte, []store.Claim, error)) (uint64, error) {
	if err := f.fails(); err != nil {
		return 0, err
	}
	index, err := f.Log.AppendFunc(ctx, fn)
	if err == nil && f.silent {
		err = errBroken
	}
	return index, err
}

// sameState holds two states against one another in all that a test can see.
func sameState(t *testing.T, e *election.Election, got, want *record.State) {
	t.Helper()
	if got.Summary() != want.Summary() {
		t.Errorf("state %+v, want %+v", got.Summary(), want.Summary())
	}
	for i := range want.Size() {
		a, okA := got.Ballot(i)
		b, okB := want.Ballot(i)
		if okA != okB || a.Code != b.Code || a.Decision != b.Decision || a.DecidedAt != b.DecidedAt || a.CodeTick != b.CodeTick || a.SealedAfter != b.SealedAfter {
			t.Errorf("ballot %d: %+v, want %+v", i, a, b)
		}
	}
	for _, v := range e.Voters {
		_, castA, okA := got.VoterByKey([32]byte(v.Ballot.Public().Bytes()))
		_, castB, okB := want.VoterByKey([32]byte(v.Ballot.Public().Bytes()))
		if castA != castB || okA != okB {
			t.Errorf("a voter has cast: %v, want %v", castA, castB)
		}
	}
}

// TestCommitError has the database refuse the claim of a decision. The post
// fails as unavailable, the state is built anew and is as before, and the same
// bytes are taken once the database works.
func TestCommitError(t *testing.T) {
	ctx := context.Background()
	e := opened(t)
	v := e.Voters[0]
	s := sealed(t, e, v)
	cast := castOf(t, e, s, v)
	db, err := sql.Open("sqlite", filepath.Join(e.Dir, "board.db"))
	must(t, err)
	defer db.Close()
	_, err = db.Exec(`CREATE TRIGGER fail BEFORE INSERT ON claims WHEN NEW.claim LIKE 'decide/%' BEGIN SELECT RAISE(ABORT, 'disk on fire'); END`)
	must(t, err)
	before, sum := e.Door.State(), e.Door.State().Summary()
	if _, err := e.Door.Post(ctx, cast); !errors.Is(err, door.ErrUnavailable) || !errors.Is(err, store.ErrCommit) {
		t.Fatalf("with a broken database: %v", err)
	}
	after := e.Door.State()
	if after == before {
		t.Error("the state was not built anew")
	}
	if after.Summary() != sum {
		t.Errorf("state %+v, want %+v", after.Summary(), sum)
	}
	other := door.New(door.Config{}) // the state that was thrown away may have the cast in it
	must(t, other.Admitter().Reload(ctx, func(fn func(uint64, []byte) error) error {
		return e.Board.Log().Entries(ctx, 0, e.Board.Log().Size(), fn)
	}))
	sameState(t, e, after, other.State())
	_, err = db.Exec(`DROP TRIGGER fail`)
	must(t, err)
	_, err = e.Door.Post(ctx, cast)
	must(t, err)
	if e.Door.State().Summary().Cast != 1 {
		t.Error("not cast")
	}
}

// TestProvisionalUndone advances the door by an entry whose commit then fails:
// Reload must forget it.
func TestProvisionalUndone(t *testing.T) {
	ctx := context.Background()
	e := opened(t)
	v := e.Voters[0]
	s := sealed(t, e, v)
	cast, size := castOf(t, e, s, v), e.Board.Log().Size()
	admitter := e.Door.Admitter()
	if _, err := admitter.Judge(ctx, size+1, cast); err == nil {
		t.Error("an entry is judged for an index that the state is not at")
	}
	claims, err := admitter.Judge(ctx, size, cast)
	if err != nil || len(claims) != 2 {
		t.Fatalf("claims %q, %v", claims, err)
	}
	admitter.Advance(size, cast)
	if e.Door.State().Summary().Cast != 1 {
		t.Fatal("not cast, provisionally")
	}
	must(t, admitter.Reload(ctx, func(fn func(uint64, []byte) error) error { return e.Board.Log().Entries(ctx, 0, size, fn) }))
	if sum := e.Door.State().Summary(); sum.Cast != 0 || sum.Size != size {
		t.Errorf("state %+v after reload", sum)
	}
	// A log that does not follow the rules stops the door.
	err = admitter.Reload(ctx, func(fn func(uint64, []byte) error) error { return fn(0, cast) })
	if !errors.Is(err, record.ErrPhase) {
		t.Errorf("log that begins with a cast: %v", err)
	}
	if e.Door.State().Size() != size {
		t.Error("a failed reload has replaced the state")
	}
}

// TestRestart restarts the board between all steps of an election, which goes
// on to its result as if nothing had been.
func TestRestart(t *testing.T) {
	ctx := context.Background()
	e := started(t)
	restart := func(when string) {
		t.Helper()
		before := e.Door.State()
		if err := e.Restart(ctx); err != nil {
			t.Fatalf("%s: %v", when, err)
		}
		sameState(t, e, e.Door.State(), before)
	}
	restart("manifest")
	must(t, e.Ceremony(ctx))
	restart("ceremony")
	must(t, e.Open(ctx))
	restart("open")
	v := e.Voters[0]
	made, s, err := e.Booth.Make(v.Ballot, v.Unit, choices(e, v))
	must(t, err)
	s.Index, err = e.Door.Post(ctx, made.Bytes())
	must(t, err)
	restart("a ballot without a code")
	must(t, e.Door.Tick(ctx))
	code, err := e.Door.Code(ctx, s.Index)
	must(t, err)
	restart("a code")
	if again, err := e.Door.Code(ctx, s.Index); err != nil || again != code {
		t.Errorf("code %s after a restart, %s before: %v", again, code, err)
	}
	_, err = e.Door.Post(ctx, castOf(t, e, s, v))
	must(t, err)
	restart("a cast")
	must(t, e.Run(ctx, election.RandomVotes(e.Manifest, e.Voters, rand.New(rand.NewPCG(3, 4)))[1:]))
	restart("votes")

	_, err = e.Door.Post(ctx, sign(t, e, e.CloseBody(), e.Authority))
	must(t, err)
	restart("close")
	must(t, e.Door.Step(ctx))
	e.Advance(time.Duration(e.Manifest.DecisionSeconds) * time.Second)
	e.Door.Attach(&flaky{Log: e.Board, left: 2}) // the tick and the end
	must(t, e.Door.Step(ctx))
	if e.Door.State().Phase() != record.PhaseEnded {
		t.Fatalf("phase %v", e.Door.State().Phase())
	}
	restart("end")
	e.Door.Attach(&flaky{Log: e.Board, left: 1}) // the only chunk
	if err := e.Door.Step(ctx); !errors.Is(err, errBroken) {
		t.Fatalf("totals on a broken log: %v", err)
	}
	restart("half the totals")
	must(t, e.Door.Step(ctx))
	if _, ok := e.Door.State().Totals(); !ok {
		t.Fatal("the totals are not complete")
	}
	must(t, e.Door.Step(ctx)) // nothing is left to do

	must(t, e.Decrypt(ctx, 2, 3))
	restart("shares")
	e.Door.Attach(&flaky{Log: e.Board, left: 1})
	if _, err := e.Tally(ctx); !errors.Is(err, errBroken) {
		t.Fatalf("result on a broken log: %v", err)
	}
	restart("half the result")
	_, err = e.Tally(ctx)
	must(t, err)
	if e.Door.State().Phase() != record.PhaseCounted {
		t.Errorf("phase %v", e.Door.State().Phase())
	}
	restart("result")
}

// reused is a log whose callers use their slice again at once, as one does
// whose request was given up.
type reused struct {
	door.Log
	slice []byte
}

func (r *reused) Append(ctx context.Context, raw []byte, claims ...store.Claim) (uint64, error) {
	clear(r.slice)
	return r.Log.Append(ctx, raw, claims...)
}

// TestSliceUsedAgain holds that what is checked is what is appended, and what
// the state goes on with, whatever becomes of the slice that was posted.
func TestSliceUsedAgain(t *testing.T) {
	ctx := context.Background()
	e := opened(t)
	v := e.Voters[0]
	made, s, err := e.Booth.Make(v.Ballot, v.Unit, choices(e, v))
	must(t, err)
	slice := bytes.Clone(made.Bytes())
	e.Door.Attach(&reused{e.Board, slice})
	index, err := e.Door.Post(ctx, slice)
	must(t, err)
	e.Door.Attach(e.Board)
	got, err := e.Board.Log().Entry(ctx, index)
	must(t, err)
	if !bytes.Equal(got, made.Bytes()) {
		t.Error("another entry was appended than the one that was checked")
	}
	if b, ok := e.Door.State().Ballot(index); !ok || b.Leaf != made.LeafHash() {
		t.Errorf("the state knows another ballot: %v", ok)
	}
	s.Index = index
	must(t, e.Door.Tick(ctx))
	_, err = e.Door.Post(ctx, castOf(t, e, s, v))
	must(t, err)
}
