package boardclient

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"rollcall/bulletin/entry"
	"rollcall/tally/follow"
	"rollcall/tally/record"
)

// ErrNotKept says that the board does not have an entry at the index that it
// answered: it has dropped the entry, or named another one's index.
var ErrNotKept = errors.New("the board does not have the entry where it said")

// Board is booth.Board over HTTP: it posts with a client and learns receipt
// codes from the board's public files, which it verifies. It believes no index
// that the board answers before it has seen its own entry there: a caller must
// not hear the code of somebody else's ballot, nor that a cast counts that was
// dropped. It is safe for concurrent use.
type Board struct {
	*Client
	Follower *follow.Follower

	mu     sync.Mutex
	posted map[uint64]*entry.Entry // until Code or Covered was asked; under mu
}

// Post appends an entry and returns the index that the board answers; Code and
// Covered hold the board to it. A refusal wraps the record.Refusal that the
// follower finds for it, if it does, so that a caller is told why.
func (b *Board) Post(ctx context.Context, raw []byte) (uint64, error) {
	e, err := entry.Decode(raw)
	if err != nil {
		return 0, err
	}
	index, err := b.Client.Post(ctx, raw)
	if errors.Is(err, ErrRefused) {
		return 0, errors.Join(err, b.reason(ctx, e))
	}
	if err != nil {
		return 0, err
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.posted == nil {
		b.posted = map[uint64]*entry.Entry{}
	}
	if other := b.posted[index]; other != nil && other.LeafHash() != e.LeafHash() {
		return 0, fmt.Errorf("%s: index %d, where another entry is to be: %w", e.Kind(), index, ErrNotKept)
	}
	b.posted[index] = e
	return index, nil
}

// reason judges a refused entry on what the follower sees: the board's own
// words are for people. It returns nil for what only the door refuses.
func (b *Board) reason(ctx context.Context, e *entry.Entry) error {
	if _, err := b.Follower.Update(ctx); err != nil {
		return err
	}
	_, err := b.Follower.State().Judge(e)
	return err
}

// take returns what was posted at an index and forgets it.
func (b *Board) take(index uint64) (*entry.Entry, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	e := b.posted[index]
	if e == nil {
		return nil, fmt.Errorf("entry %d was not posted here", index)
	}
	delete(b.posted, index)
	return e, nil
}

// Code implements booth.Board.
func (b *Board) Code(ctx context.Context, ballot uint64) (string, error) {
	e, err := b.take(ballot)
	if err != nil {
		return "", err
	}
	var code string
	kept := true
	err = b.Follower.Wait(ctx, func(s *record.State) bool {
		sealed, ok := s.Ballot(ballot)
		code = sealed.Code
		kept = s.Size() <= ballot || ok && sealed.Leaf == e.LeafHash()
		return !kept || code != ""
	})
	if err == nil && !kept {
		return "", fmt.Errorf("ballot at index %d: %w", ballot, ErrNotKept)
	}
	return code, err
}

// Covered implements booth.Board, for casts and tests.
func (b *Board) Covered(ctx context.Context, index uint64) error {
	e, err := b.take(index)
	if err != nil {
		return err
	}
	kept := true
	err = b.Follower.Wait(ctx, func(s *record.State) bool {
		kept = s.Size() <= index || decidedBy(s, e, index)
		tick, _ := s.LastTick()
		return !kept || tick != nil && tick.Size > index
	})
	if err == nil && !kept {
		return fmt.Errorf("%s at index %d: %w", e.Kind(), index, ErrNotKept)
	}
	return err
}

// decidedBy reports whether a ballot has its decision from an entry at an
// index. As only the voter can sign one, no other entry is there in its place.
func decidedBy(s *record.State, e *entry.Entry, index uint64) bool {
	var named uint64
	decision := record.Cast
	switch body := e.Body.(type) {
	case *entry.Cast:
		named = body.Ballot
	case *entry.Test:
		named, decision = body.Ballot, record.Tested
	default:
		return false
	}
	ballot, ok := s.Ballot(named)
	return ok && ballot.Decision == decision && ballot.DecidedAt == index
}
