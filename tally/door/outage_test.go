package door_test

import (
	"context"
	"crypto/rand"
	"errors"
	"sync/atomic"
	"testing"
	"time"

	"rollcall/bulletin"
	"rollcall/bulletin/checkpoint"
	"rollcall/bulletin/store"
	"rollcall/bulletin/tlog"
	"rollcall/bulletin/witness"
	"rollcall/internal/election"
	"rollcall/tally/booth"
	"rollcall/tally/door"
	"rollcall/tally/manifest"
	"rollcall/tally/record"
)

// unsigned is a log whose witnesses are away: entries are durable, and published
// only once they are back.
type unsigned struct {
	door.Log
	away   atomic.Bool
	before uint64 // how many were published when they went
}

func (u *unsigned) goAway() {
	u.before = u.Log.Published()
	u.away.Store(true)
}

func (u *unsigned) Published() uint64 {
	if u.away.Load() {
		return u.before
	}
	return u.Log.Published()
}

// told is what whoever appends is told: at its deadline, if it has one.
func (u *unsigned) told(ctx context.Context, err error) error {
	if err != nil || !u.away.Load() {
		return err
	}
	if _, ok := ctx.Deadline(); ok {
		<-ctx.Done()
	}
	return errors.Join(bulletin.ErrNotPublished, witness.ErrNoQuorum)
}

func (u *unsigned) Append(ctx context.Context, raw []byte, claims ...store.Claim) (uint64, error) {
	index, err := u.Log.Append(context.WithoutCancel(ctx), raw, claims...)
	return index, u.told(ctx, err)
}

func (u *unsigned) AppendFunc(ctx context.Context, fn func(uint64, tlog.Hash) ([]byte, []store.Claim, error)) (uint64, error) {
	index, err := u.Log.AppendFunc(context.WithoutCancel(ctx), fn)
	return index, u.told(ctx, err)
}

// within is a context that has a deadline soon.
func within(t *testing.T) context.Context {
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	t.Cleanup(cancel)
	return ctx
}

// castUnsigned opens an election, seals two ballots of one voter and casts the first
// while the witnesses are away.
func castUnsigned(t *testing.T) (e *election.Election, log *unsigned, v election.Voter, cast []byte, first, second *booth.Sealed) {
	t.Helper()
	e = opened(t)
	v = e.Voters[0]
	first, second = sealed(t, e, v), sealed(t, e, v)
	log = &unsigned{Log: e.Board}
	e.Door.Attach(log)
	log.goAway()
	cast = castOf(t, e, first, v)
	if _, err := e.Door.Post(within(t), cast); !errors.Is(err, door.ErrUnavailable) || !errors.Is(err, witness.ErrNoQuorum) {
		t.Fatalf("a cast that is not published: %v", err)
	}
	if _, ok := e.Door.State().CastAt([32]byte(v.Ballot.Public().Bytes())); !ok {
		t.Fatal("the cast is not kept")
	}
	return e, log, v, cast, first, second
}

// TestRefusalConfirmsNothing tries to learn from the refusal of a second decision
// that the first one stands, before any witness has signed that.
func TestRefusalConfirmsNothing(t *testing.T) {
	e, log, v, cast, first, second := castUnsigned(t)
	opening, err := e.Booth.MakeTest(first, v.Ballot)
	must(t, err)
	for name, raw := range map[string][]byte{"another ballot": castOf(t, e, second, v), "the same ballot, opened": opening.Bytes()} {
		if _, err := e.Door.Post(within(t), raw); !errors.Is(err, door.ErrUnavailable) || errors.Is(err, record.ErrDuplicate) {
			t.Errorf("%s, while nobody has signed the cast: %v", name, err)
		}
	}
	// Whoever waits hears it as soon as it is published.
	patient, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	refused := make(chan error, 1)
	go func() {
		_, err := e.Door.Post(patient, castOf(t, e, second, v))
		refused <- err
	}()
	select {
	case err := <-refused:
		t.Fatalf("refused before it is published: %v", err)
	case <-time.After(100 * time.Millisecond):
	}
	log.away.Store(false)
	if err := <-refused; !errors.Is(err, record.ErrDuplicate) {
		t.Errorf("refused with %v, want that it is a duplicate", err)
	}
	if got, err := e.Door.Post(t.Context(), cast); err != nil {
		t.Errorf("the same cast again: %d, %v", got, err)
	}
	if sum := e.Door.State().Summary(); sum.Cast != 1 {
		t.Errorf("%d ballots cast", sum.Cast)
	}
}

// TestGivenUpCastIsTicked: a cast that nobody waits for any more is covered by the
// clock's next look, not by the next idle tick.
func TestGivenUpCastIsTicked(t *testing.T) {
	key, err := checkpoint.GenerateCosigner("witness.example", rand.Reader)
	must(t, err)
	o := election.Small(t.TempDir())
	o.File.Witnesses, o.File.Quorum = []manifest.Witness{{Key: key.Verifier().String(), URL: "https://witness.example"}}, 1
	e, err := election.New(t.Context(), o)
	must(t, err)
	t.Cleanup(func() { must(t, e.Close()) })
	e.Cosigned = func(context.Context, uint64, time.Time) (door.Cosigned, error) {
		size, root := e.Board.Log().Head()
		cs, err := key.Cosign(checkpoint.Checkpoint{Origin: e.Manifest.Log.Origin, Size: size, Root: root}, e.Now())
		return door.Cosigned{Size: size, Root: root, Cosignatures: []checkpoint.Cosignature{cs}}, err
	}
	must(t, e.Restart(t.Context()))
	must(t, e.Ceremony(t.Context()))
	must(t, e.Open(t.Context()))
	v := e.Voters[0]
	s := sealed(t, e, v)
	log := &unsigned{Log: e.Board}
	e.Door.Attach(log)
	log.goAway()
	if _, err := e.Door.Post(within(t), castOf(t, e, s, v)); !errors.Is(err, door.ErrUnavailable) {
		t.Fatalf("a cast that is not published: %v", err)
	}
	log.away.Store(false)
	must(t, e.Door.Tick(t.Context()))
	b, _ := e.Door.State().Ballot(s.Index)
	if tick, _ := e.Door.State().LastTick(); b.DecidedTime == 0 || tick.Size <= b.DecidedAt || len(tick.Cosignatures) != 1 {
		t.Errorf("the last tick is of %d entries, and the cast is at %d", tick.Size, b.DecidedAt)
	}
}

// TestFirstBallotOfAnOutage: to the first caller of a window whose tick can not be
// made the board is unavailable, which is no refusal; and nobody waits for a tick
// longer than asked because another is being made.
func TestFirstBallotOfAnOutage(t *testing.T) {
	e := started(t)
	e.Advance(-10 * time.Second)
	must(t, e.Ceremony(t.Context()))
	must(t, e.Open(t.Context()))
	v := e.Voters[0]
	made, _, err := e.Booth.Make(v.Ballot, v.Unit, choices(e, v))
	must(t, err)
	e.Advance(10 * time.Second)
	e.Door.Attach(&flaky{Log: e.Board})
	if _, err := e.Door.Post(t.Context(), made.Bytes()); !errors.Is(err, door.ErrUnavailable) || !errors.Is(err, errBroken) {
		t.Errorf("without a tick: %v", err)
	}
	log := &unsigned{Log: e.Board}
	e.Door.Attach(log)
	log.goAway()
	held := make(chan error, 1)
	long, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	go func() { held <- e.Door.Tick(long) }()
	for e.Board.Log().Size() == log.before {
		time.Sleep(time.Millisecond)
	}
	if err := e.Door.Tick(within(t)); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("while another tick is being made: %v", err)
	}
	select {
	case err := <-held:
		t.Fatalf("it waited for the other tick, which ended with %v", err)
	default:
	}
	cancel()
	if err := <-held; !errors.Is(err, witness.ErrNoQuorum) {
		t.Errorf("the tick: %v", err)
	}
	log.away.Store(false)
	_, err = e.Door.Post(t.Context(), made.Bytes())
	must(t, err)
}
