// Package follow reads a board from its public files, as anybody can, and
// keeps a record.State of it: for a booth or a trustee on another machine than
// the board.
//
// It believes a checkpoint only under a witness policy and entries only if
// they hash to it. It is not the verifier, which is written apart and says why
// a record holds; a trustee runs that before decrypting anything.
package follow

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"rollcall/bulletin/checkpoint"
	"rollcall/bulletin/entry"
	"rollcall/bulletin/tlog"
	"rollcall/tally/count"
	"rollcall/tally/record"
)

// ErrWrong says that the board shows something that can not be: a checkpoint
// that does not match its entries, another history, another election.
var ErrWrong = errors.New("the board is not to be trusted")

// pollEvery is how often a waiting follower looks for a new checkpoint.
const pollEvery = 250 * time.Millisecond

// Follower follows one board. It is safe for concurrent use.
type Follower struct {
	reader tlog.Reader
	policy *checkpoint.Policy
	id     entry.ElectionID

	mu    sync.Mutex // held by Update
	tree  *tlog.RangeBuilder
	state *record.State
}

// New returns a follower that has read nothing yet.
func New(reader tlog.Reader, policy *checkpoint.Policy, id entry.ElectionID) *Follower {
	return &Follower{reader: reader, policy: policy, id: id, tree: tlog.NewRangeBuilder(), state: record.New()}
}

// State returns the state as of the last Update.
func (f *Follower) State() *record.State { return f.state }

// Update reads what is new and returns the size of the tree read so far. After
// an error that wraps ErrWrong the follower is of no more use; others, such as
// tlog.ErrFetch, may pass.
func (f *Follower) Update(ctx context.Context) (uint64, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	signed, err := f.reader.Checkpoint(ctx)
	if err != nil {
		return 0, err
	}
	c, err := f.policy.Open(signed)
	if err != nil {
		return 0, fmt.Errorf("%w: checkpoint: %w", ErrWrong, err)
	}
	if c.Size < f.tree.Size() {
		return 0, fmt.Errorf("%w: it had %d entries and now shows %d", ErrWrong, f.tree.Size(), c.Size)
	}
	var pending [][]byte
	next := f.tree.Size()
	err = tlog.Entries(ctx, f.reader, next, c.Size, func(_ uint64, raw []byte) error {
		pending = append(pending, raw)
		return nil
	})
	if err != nil {
		return 0, err
	}
	// The root is checked before any entry is believed.
	for _, raw := range pending {
		f.tree.Append(raw)
	}
	if c.Size > 0 && f.tree.Root() != c.Root {
		return 0, fmt.Errorf("%w: its %d entries do not hash to its checkpoint", ErrWrong, c.Size)
	}
	for i, raw := range pending {
		if err := f.apply(raw); err != nil {
			return 0, fmt.Errorf("%w: entry %d: %w", ErrWrong, next+uint64(i), err)
		}
	}
	return c.Size, nil
}

// apply judges one entry. One that may be void is skipped if it is refused,
// every other refusal is a fault of the record: SPEC.md, section 7.
func (f *Follower) apply(raw []byte) error {
	e, err := entry.Decode(raw)
	if err != nil {
		return err
	}
	skip := func() { f.state.Skip(e.LeafHash()) }
	if err = f.state.Verify(e); err == nil {
		skip = func() { f.state.SkipSigned(e) }
		_, err = f.state.Judge(e)
	}
	if open, ok := e.Body.(*entry.Open); ok && err == nil {
		err = count.VerifyOpen(f.state, open)
	}
	if err == nil {
		if err = f.state.Apply(e); err != nil {
			return err
		}
		if m := f.state.Manifest(); m != nil && e.Kind() == entry.KindManifest && !f.id.Matches(f.state.Hash()) {
			return fmt.Errorf("it is election %s, not %s", entry.NewElectionID(f.state.Hash()), f.id)
		}
		return nil
	}
	if f.state.Manifest() == nil {
		return err
	}
	switch e.Kind() {
	case entry.KindBallot, entry.KindCast, entry.KindTest, entry.KindTick, entry.KindEnd, entry.KindShare, entry.KindShareEnd:
		skip()
		return nil
	}
	return err
}

// RootAt returns the root of the first size entries read.
func (f *Follower) RootAt(size uint64) ([32]byte, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.tree.RootAt(size)
}

// Wait updates until cond holds.
func (f *Follower) Wait(ctx context.Context, cond func(*record.State) bool) error {
	for {
		if _, err := f.Update(ctx); err != nil && (ctx.Err() != nil || errors.Is(err, ErrWrong)) {
			return err
		}
		if cond(f.state) {
			return nil
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(pollEvery):
		}
	}
}
