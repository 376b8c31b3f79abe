package boardclient

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"testing"
	"time"

	"rollcall/bulletin/checkpoint"
	"rollcall/bulletin/entry"
	"rollcall/bulletin/tlog"
	"rollcall/internal/election"
	"rollcall/tally/booth"
	"rollcall/tally/follow"
	"rollcall/tally/record"
)

// served is an open election whose board is posted to over HTTP and may lie.
type served struct {
	*election.Election
	board *Board
	booth *booth.Booth
	// refuses says that the door may refuse an entry.
	refuses bool
	// lie, if set, answers an index for an entry: in the place of the one it
	// has, or without having taken it.
	lie func(raw []byte, keep func() uint64) uint64
}

func newServed(t *testing.T) *served {
	t.Helper()
	e, err := election.New(t.Context(), election.Small(t.TempDir()))
	must(t, err)
	t.Cleanup(func() { must(t, e.Close()) })
	must(t, e.Ceremony(t.Context()))
	must(t, e.Open(t.Context()))
	s := &served{Election: e}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		raw, err := io.ReadAll(r.Body)
		must(t, err)
		refused := false
		keep := func() uint64 {
			index, err := e.Door.Post(context.WithoutCancel(r.Context()), raw)
			if err != nil && !s.refuses {
				t.Error(err)
			}
			refused = err != nil
			return index
		}
		answer := keep
		if s.lie != nil {
			answer = func() uint64 { return s.lie(raw, keep) }
		}
		index := answer()
		e.Advance(time.Second)
		must(t, e.Door.Tick(context.WithoutCancel(r.Context())))
		if refused {
			w.WriteHeader(http.StatusConflict)
			fmt.Fprint(w, `{"title":"Refused","detail":"in words"}`)
			return
		}
		fmt.Fprintf(w, `{"index":%d}`, index)
	}))
	t.Cleanup(server.Close)
	text, err := os.ReadFile(e.Policy())
	must(t, err)
	policy, err := checkpoint.ParsePolicy(text)
	must(t, err)
	reader, err := tlog.OpenDir(e.Public())
	must(t, err)
	client, err := New(server.URL)
	must(t, err)
	s.board = &Board{Client: client, Follower: follow.New(reader, policy, e.ID())}
	s.booth, err = booth.New(e.Manifest, e.Hash, e.Shares[0].Public.JointKey, e.BoothKey, s.board)
	must(t, err)
	return s
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// seal seals a ballot of a voter: option choice of the one contest of the
// south.
func (s *served) seal(t *testing.T, voter, choice int) (*booth.Sealed, error) {
	t.Helper()
	v := s.Voters[12+voter]
	return s.booth.Seal(t.Context(), v.Ballot, v.Unit, [][]int{{choice}})
}

// TestRefusalsHaveReasons holds that a booth that runs alone knows why the
// board does not take a decision, as one beside the board does: the caller
// hears it.
func TestRefusalsHaveReasons(t *testing.T) {
	s := newServed(t)
	s.refuses = true
	v := s.Voters[12]
	first, err := s.seal(t, 0, 0)
	must(t, err)
	late, err := s.seal(t, 1, 0)
	must(t, err)
	_, err = s.booth.Cast(t.Context(), first, v.Cast)
	must(t, err)
	if _, err := s.booth.Test(t.Context(), first, v.Ballot); !errors.Is(err, ErrRefused) || !errors.Is(err, record.ErrDuplicate) {
		t.Errorf("test after cast: %v, want %v", err, record.ErrDuplicate)
	}
	s.Advance(time.Duration(s.Manifest.DecisionSeconds+10) * time.Second)
	must(t, s.Door.Tick(t.Context()))
	if _, err := s.booth.Cast(t.Context(), late, s.Voters[13].Cast); !errors.Is(err, record.ErrLate) {
		t.Errorf("late cast: %v, want %v", err, record.ErrLate)
	}
}

func TestBoard(t *testing.T) {
	s := newServed(t)
	for i := range 2 {
		sealed, err := s.seal(t, i, i)
		must(t, err)
		if ballot, ok := s.Door.State().Ballot(sealed.Index); !ok || ballot.Code != sealed.Code || len(sealed.Code) != 16 {
			t.Errorf("code %q, the board has %q", sealed.Code, ballot.Code)
		}
		if i == 0 {
			_, err = s.booth.Cast(t.Context(), sealed, s.Voters[12+i].Cast)
		} else {
			_, err = s.booth.Test(t.Context(), sealed, s.Voters[12+i].Ballot)
		}
		must(t, err)
	}
	if n := len(s.board.posted); n != 0 {
		t.Errorf("%d entries are remembered for ever", n)
	}
	if sum := s.Door.State().Summary(); sum.Cast != 1 || sum.Tested != 1 {
		t.Errorf("%d cast, %d tested; want one of each", sum.Cast, sum.Tested)
	}
	if _, err := s.board.Code(t.Context(), 99); err == nil {
		t.Error("a code for a ballot that was not posted")
	}
	if err := s.board.Covered(t.Context(), 99); err == nil {
		t.Error("an entry that was not posted is covered")
	}
	if _, err := s.board.Post(t.Context(), []byte("junk")); err == nil {
		t.Error("junk was posted")
	}
}

// TestLyingBoard holds that no caller hears somebody else's code, or that a
// cast counts that the board has dropped.
func TestLyingBoard(t *testing.T) {
	s := newServed(t)
	first, err := s.seal(t, 0, 0)
	must(t, err)

	t.Run("a ballot dropped for another's", func(t *testing.T) {
		s.lie = func([]byte, func() uint64) uint64 { return first.Index }
		if sealed, err := s.seal(t, 1, 1); !errors.Is(err, ErrNotKept) {
			t.Errorf("sealed %v, error %v; want ErrNotKept", sealed, err)
		}
	})
	t.Run("the index of an entry that is no ballot", func(t *testing.T) {
		s.lie = func(_ []byte, keep func() uint64) uint64 { return keep() - 1 }
		if sealed, err := s.seal(t, 2, 1); !errors.Is(err, ErrNotKept) {
			t.Errorf("sealed %v, error %v; want ErrNotKept", sealed, err)
		}
	})
	t.Run("a cast dropped", func(t *testing.T) {
		s.lie = func([]byte, func() uint64) uint64 { return first.Index }
		if _, err := s.booth.Cast(t.Context(), first, s.Voters[12].Cast); !errors.Is(err, ErrNotKept) {
			t.Errorf("error %v, want ErrNotKept", err)
		}
	})
	t.Run("a test dropped", func(t *testing.T) {
		if _, err := s.booth.Test(t.Context(), first, s.Voters[12].Ballot); !errors.Is(err, ErrNotKept) {
			t.Errorf("error %v, want ErrNotKept", err)
		}
	})
	t.Run("one index for two entries", func(t *testing.T) {
		s.lie = func([]byte, func() uint64) uint64 { return 1000 }
		var errs []error
		for i := 3; i < 5; i++ {
			v := s.Voters[12+i]
			made, _, err := s.booth.Make(v.Ballot, v.Unit, [][]int{{0}})
			must(t, err)
			_, err = s.board.Post(t.Context(), made.Bytes())
			errs = append(errs, err)
		}
		if errs[0] != nil || !errors.Is(errs[1], ErrNotKept) {
			t.Errorf("errors %v, want none and ErrNotKept", errs)
		}
	})
	t.Run("a cast kept elsewhere", func(t *testing.T) {
		s.lie = nil
		sealed, err := s.seal(t, 6, 0)
		must(t, err)
		s.lie = func(_ []byte, keep func() uint64) uint64 { keep(); return sealed.Index }
		if _, err := s.booth.Cast(t.Context(), sealed, s.Voters[12+6].Cast); !errors.Is(err, ErrNotKept) {
			t.Errorf("error %v, want ErrNotKept", err)
		}
	})
	s.lie = nil
	if sum := s.Door.State().Summary(); sum.Cast != 1 {
		t.Fatalf("%d cast, want the one kept elsewhere, before the board was honest", sum.Cast)
	}
	if _, err := s.booth.Cast(t.Context(), first, s.Voters[12].Cast); err != nil {
		t.Errorf("an honest cast after all: %v", err)
	}
	if _, err := s.board.Post(t.Context(), (&entry.Entry{}).Bytes()); err == nil {
		t.Error("an empty entry was posted")
	}
}
