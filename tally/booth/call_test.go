package booth

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"rollcall/bulletin/entry"
	"rollcall/crypto/schnorr"
)

// fakeBoard takes everything and covers nothing unless told to.
type fakeBoard struct {
	posted  [][]byte
	err     error // of Post
	covered bool
}

func (b *fakeBoard) Post(_ context.Context, raw []byte) (uint64, error) {
	b.posted = append(b.posted, raw)
	return uint64(40 + len(b.posted)), b.err
}

func (b *fakeBoard) Code(ctx context.Context, ballot uint64) (string, error) {
	return fmt.Sprintf("%016d", ballot), b.Covered(ctx, ballot)
}

func (b *fakeBoard) Covered(ctx context.Context, _ uint64) error {
	if b.covered {
		return nil
	}
	<-ctx.Done()
	return ctx.Err()
}

// TestSealCastTest goes through a call on a board that answers.
func TestSealCastTest(t *testing.T) {
	board := &fakeBoard{covered: true}
	f := newFixture(t, board, contest("one", 3, 1))
	s, err := f.Seal(t.Context(), f.voter, 0, [][]int{{1}})
	if err != nil {
		t.Fatal(err)
	}
	if s.Index != 41 || s.Code != "0000000000000041" {
		t.Errorf("sealed as %d with code %s", s.Index, s.Code)
	}
	if index, err := f.Cast(t.Context(), s, f.cast); err != nil || index != 42 {
		t.Errorf("cast as %d, %v", index, err)
	}
	if index, err := f.Test(t.Context(), s, f.voter); err != nil || index != 43 {
		t.Errorf("tested as %d, %v", index, err)
	}
	for i, want := range [][]schnorr.PublicKey{{f.voter.Public(), f.key.Public()}, {f.cast.Public(), f.key.Public()}, {f.voter.Public(), f.key.Public()}} {
		e, err := entry.Decode(board.posted[i])
		if err != nil {
			t.Fatal(err)
		}
		if err := e.VerifySignatures(f.hash[:], want...); err != nil {
			t.Error(err)
		}
	}
	cast, _ := entry.Decode(board.posted[1])
	if b := cast.Body.(*entry.Cast); b.Ballot != 41 || [32]byte(b.Leaf) != s.Leaf {
		t.Errorf("cast of %d", b.Ballot)
	}
}

// TestNotSealed waits, in fake time, for ticks that do not come.
func TestNotSealed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		board := &fakeBoard{}
		f := newFixture(t, board, contest("one", 3, 1))
		start := time.Now()
		patient := func() context.Context {
			ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
			t.Cleanup(cancel)
			return ctx
		}
		if s, err := f.Seal(patient(), f.voter, 0, [][]int{{1}}); !errors.Is(err, ErrNotSealed) || s != nil {
			t.Errorf("sealed: %v", err)
		}
		if waited := time.Since(start); waited != 20*time.Second {
			t.Errorf("waited %v for a code, want 20s", waited)
		}
		board.covered = true
		s, err := f.Seal(t.Context(), f.voter, 0, [][]int{{1}})
		if err != nil {
			t.Fatal(err)
		}
		board.covered = false
		if _, err := f.Cast(patient(), s, f.cast); !errors.Is(err, ErrNotSealed) {
			t.Errorf("cast: %v", err)
		}
		if _, err := f.Test(patient(), s, f.voter); !errors.Is(err, ErrNotSealed) {
			t.Errorf("test: %v", err)
		}
		if waited := time.Since(start); waited != 60*time.Second {
			t.Errorf("waited %v in all, want 60s", waited)
		}
		// What the board says at the deadline, such as who does not cosign, is no
		// fault of its own.
		past, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		<-past.Done()
		board.err = errors.New("no quorum")
		if _, err := f.Seal(past, f.voter, 0, [][]int{{1}}); !errors.Is(err, ErrNotSealed) || !errors.Is(err, board.err) {
			t.Errorf("sealed past the deadline: %v", err)
		}
	})
}

// TestBoardRefuses hands what the board says to the caller, and a caller who
// hangs up is not told of a deadline.
func TestBoardRefuses(t *testing.T) {
	refused := errors.New("refused")
	f := newFixture(t, &fakeBoard{err: refused}, contest("one", 3, 1))
	if s, err := f.Seal(t.Context(), f.voter, 0, [][]int{{1}}); !errors.Is(err, refused) || errors.Is(err, ErrNotSealed) || s != nil {
		t.Errorf("sealed: %v", err)
	}
	f = newFixture(t, &fakeBoard{}, contest("one", 3, 1))
	over, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := f.Seal(over, f.voter, 0, [][]int{{1}}); !errors.Is(err, context.Canceled) || errors.Is(err, ErrNotSealed) {
		t.Errorf("hung up: %v", err)
	}
}
