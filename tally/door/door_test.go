package door_test

import (
	"context"
	"errors"
	"math/rand/v2"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"rollcall/bulletin/entry"
	"rollcall/crypto/group"
	"rollcall/crypto/schnorr"
	"rollcall/internal/election"
	"rollcall/tally/booth"
	"rollcall/tally/door"
	"rollcall/tally/record"
)

// started returns the small election with nothing but its manifest on the
// board.
func started(t testing.TB) *election.Election {
	t.Helper()
	e, err := election.New(context.Background(), election.Small(t.TempDir()))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := e.Close(); err != nil {
			t.Error(err)
		}
	})
	return e
}

// opened returns it open, with its first tick.
func opened(t testing.TB) *election.Election {
	t.Helper()
	e := started(t)
	must(t, e.Ceremony(context.Background()))
	must(t, e.Open(context.Background()))
	return e
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// choices of a voter: the first option of every contest.
func choices(e *election.Election, v election.Voter) [][]int {
	var list [][]int
	for range e.Manifest.ContestsOf(v.Unit) {
		list = append(list, []int{0})
	}
	return list
}

// sealed posts a ballot of a voter and ticks.
func sealed(t testing.TB, e *election.Election, v election.Voter) *booth.Sealed {
	t.Helper()
	made, s, err := e.Booth.Make(v.Ballot, v.Unit, choices(e, v))
	must(t, err)
	s.Index, err = e.Door.Post(context.Background(), made.Bytes())
	must(t, err)
	e.Advance(time.Second)
	must(t, e.Door.Tick(context.Background()))
	return s
}

func castOf(t testing.TB, e *election.Election, s *booth.Sealed, v election.Voter) []byte {
	t.Helper()
	signed, err := e.Booth.MakeCast(s, v.Cast)
	must(t, err)
	return signed.Bytes()
}

func sign(t testing.TB, e *election.Election, body entry.Body, keys ...*schnorr.SecretKey) []byte {
	t.Helper()
	signed, err := entry.Sign(body, e.Hash[:], keys...)
	must(t, err)
	return signed.Bytes()
}

// TestPostedAgain holds that the same bytes give the same index, whatever has
// changed since they were first posted.
func TestPostedAgain(t *testing.T) {
	ctx := context.Background()
	e := opened(t)
	v := e.Voters[0]
	var ballot []byte
	var index uint64
	for range 10 {
		made, _, err := e.Booth.Make(v.Ballot, v.Unit, choices(e, v))
		must(t, err)
		ballot = made.Bytes()
		index, err = e.Door.Post(ctx, ballot)
		must(t, err)
		must(t, e.Door.Tick(ctx))
	}
	again := func(when string) {
		t.Helper()
		if got, err := e.Door.Post(ctx, ballot); err != nil || got != index {
			t.Errorf("%s: index %d, %v; want %d", when, got, err, index)
		}
	}
	again("tenth ballot of the hour")
	made, _, err := e.Booth.Make(v.Ballot, v.Unit, choices(e, v))
	must(t, err)
	if _, err := e.Door.Post(ctx, made.Bytes()); !errors.Is(err, door.ErrTooMany) {
		t.Errorf("eleventh ballot of the hour: %v", err)
	}
	sealed(t, e, e.Voters[1]) // another voter's hour is their own

	e.Advance(2 * time.Hour)
	again("after the window")
	made, _, err = e.Booth.Make(e.Voters[2].Ballot, e.Voters[2].Unit, choices(e, e.Voters[2]))
	must(t, err)
	if _, err := e.Door.Post(ctx, made.Bytes()); !errors.Is(err, record.ErrClosed) {
		t.Errorf("ballot after the window: %v", err)
	}
	if got, err := e.Door.Post(ctx, e.Entry.Bytes()); err != nil || got != 0 {
		t.Errorf("manifest again: %d, %v", got, err)
	}
}

// TestOwnEntries posts what only the board makes, signed with its own key.
func TestOwnEntries(t *testing.T) {
	e := opened(t)
	size, root := e.Board.Log().Head()
	for _, body := range []entry.Body{
		&entry.Tick{Time: e.Now(), Size: size, Root: root[:], Random: make([]byte, 32)},
		&entry.End{Close: 1},
		&entry.Totals{Parts: []entry.Part{{Units: []uint64{1}}}},
		&entry.TotalsEnd{Chunks: make([]byte, 32)},
	} {
		if _, err := e.Door.Post(context.Background(), sign(t, e, body, e.BoardKey)); !errors.Is(err, door.ErrOwn) {
			t.Errorf("%s: %v", body.Kind(), err)
		}
	}
	if e.Board.Log().Size() != size {
		t.Error("the log has grown")
	}
}

// TestConcurrentDecisions posts two casts and a test of every ballot at once.
// Exactly one of them is taken.
func TestConcurrentDecisions(t *testing.T) {
	ctx := context.Background()
	e := opened(t)
	for _, v := range e.Voters[:6] {
		s := sealed(t, e, v)
		test, err := e.Booth.MakeTest(s, v.Ballot)
		must(t, err)
		var wg sync.WaitGroup
		var taken atomic.Int32
		for _, raw := range [][]byte{castOf(t, e, s, v), castOf(t, e, s, v), test.Bytes()} {
			wg.Go(func() {
				_, err := e.Door.Post(ctx, raw)
				switch {
				case err == nil:
					taken.Add(1)
				case !errors.Is(err, record.ErrDuplicate):
					t.Errorf("refused with %v", err)
				}
			})
		}
		wg.Wait()
		if taken.Load() != 1 {
			t.Errorf("%d decisions of ballot %d are taken", taken.Load(), s.Index)
		}
	}
	sum := e.Door.State().Summary()
	if sum.Cast+sum.Tested != 6 || sum.Undecided != 0 {
		t.Errorf("summary %+v", sum)
	}
}

// TestConcurrentBallotsOfOne posts two ballots of one credential at once: the
// second must wait for the first one's code.
func TestConcurrentBallotsOfOne(t *testing.T) {
	ctx := context.Background()
	e := opened(t)
	var wg sync.WaitGroup
	var taken atomic.Int32
	for range 4 {
		made, _, err := e.Booth.Make(e.Voters[0].Ballot, e.Voters[0].Unit, choices(e, e.Voters[0]))
		must(t, err)
		wg.Go(func() {
			if _, err := e.Door.Post(ctx, made.Bytes()); err == nil {
				taken.Add(1)
			} else if !errors.Is(err, record.ErrDuplicate) {
				t.Errorf("refused with %v", err)
			}
		})
	}
	wg.Wait()
	if taken.Load() != 1 {
		t.Errorf("%d ballots without a code are taken", taken.Load())
	}
}

// TestMalformedPosts posts 200 mutations of good entries. None is appended and
// nothing changes.
func TestMalformedPosts(t *testing.T) {
	ctx := context.Background()
	e := opened(t)
	v := e.Voters[0]
	s := sealed(t, e, v)
	made, _, err := e.Booth.Make(e.Voters[1].Ballot, e.Voters[1].Unit, choices(e, e.Voters[1]))
	must(t, err)
	test, err := e.Booth.MakeTest(s, v.Ballot)
	must(t, err)
	size, root := e.Board.Log().Head()
	good := [][]byte{made.Bytes(), castOf(t, e, s, v), test.Bytes(), sign(t, e, e.CloseBody(), e.Authority)}
	sum := e.Door.State().Summary()
	r := rand.New(rand.NewPCG(5, 5))
	for i := range 200 {
		raw := append([]byte{}, good[i%len(good)]...)
		switch i % 3 {
		case 0:
			raw[r.IntN(len(raw))] ^= 1 << r.IntN(8)
		case 1:
			raw = raw[:r.IntN(len(raw))]
		default:
			raw = append(raw, byte(r.IntN(256)))
		}
		if _, err := e.Door.Post(ctx, raw); err == nil {
			t.Fatalf("mutation %d is taken", i)
		}
	}
	gotSize, gotRoot := e.Board.Log().Head()
	if gotSize != size || gotRoot != root || e.Door.State().Summary() != sum {
		t.Error("refused entries have changed the board")
	}
	for _, raw := range good[:2] {
		_, err := e.Door.Post(ctx, raw)
		must(t, err)
	}
}

// TestOpenVerified posts an open whose key is not the ceremony's.
func TestOpenVerified(t *testing.T) {
	ctx := context.Background()
	e := started(t)
	root := e.Board.Log().Root()
	body := &entry.Open{JointKey: group.Base().Bytes(), Attempt: 1, Voters: []uint64{0}, Size: 1, Root: root[:]}
	_, err := e.Door.Post(ctx, sign(t, e, body, e.Authority))
	if !errors.Is(err, record.ErrProof) || !strings.Contains(err.Error(), "no attempt 1 at the key ceremony") {
		t.Errorf("before the ceremony: %v", err)
	}
	must(t, e.Ceremony(ctx))
	_, err = e.Door.Post(ctx, sign(t, e, body, e.Authority))
	if !errors.Is(err, record.ErrContent) || !strings.Contains(err.Error(), "joint_key: not the one of the key ceremony") {
		t.Errorf("with another key: %v", err)
	}
}
