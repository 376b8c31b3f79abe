package operate

import (
	"context"
	"errors"
	"fmt"

	"rollcall/bulletin/entry"
	"rollcall/internal/boardclient"
	"rollcall/internal/workspace"
	"rollcall/tally/count"
	"rollcall/tally/record"
)

// Opened is an election that has been opened.
type Opened struct {
	Index    uint64            `json:"index"`
	Voters   map[string]uint64 `json:"voters"` // of each unit, without auditors
	Auditors uint64            `json:"auditors,omitempty"`
}

// Open opens an election that is ready, and says what is missing in one that
// is not.
func Open(ctx context.Context, r *Remote, dir workspace.Dir) (*Opened, error) {
	state := r.State()
	if p := state.Phase(); p != record.PhaseSetup {
		return nil, fmt.Errorf("the election was opened before: it is %v", p)
	}
	m := state.Manifest()
	missing, err := MissingPrompts(dir, m)
	if err != nil {
		return nil, err
	}
	if len(missing) > 0 {
		return nil, fmt.Errorf("callers could not hear %d phrases: see rollcall prompts check", len(missing))
	}
	attempt := state.LatestAttempt()
	if attempt == nil {
		return nil, errors.New("there was no key ceremony yet")
	}
	keys, err := count.Ceremony(state, attempt.Number)
	if err != nil {
		return nil, fmt.Errorf("the key ceremony is not complete: %w", err)
	}
	if !state.Summary().RollEnded {
		return nil, errors.New("the roll is not posted yet: see rollcall roll")
	}
	key, err := dir.ReadKey(workspace.Authority)
	if err != nil {
		return nil, err
	}
	counts, size := state.RollCounts(), state.Size()
	root, err := r.Follower.RootAt(size)
	if err != nil {
		return nil, err
	}
	body := &entry.Open{JointKey: keys.JointKey.Bytes(), Attempt: attempt.Number, Voters: counts, Size: size, Root: root[:]}
	_, index, err := r.post(ctx, body, key)
	if err != nil {
		return nil, err
	}
	opened := &Opened{Index: index, Voters: map[string]uint64{}, Auditors: state.Summary().Auditors}
	for i, n := range state.VoterCounts() {
		opened.Voters[m.Units[i].ID] = n
	}
	return opened, nil
}

// closeTries is how often a close is signed anew because another entry took
// its place.
const closeTries = 100

// Close signs close for the next index, again and again until no other
// entry has come first. It returns the index of the close.
func Close(ctx context.Context, r *Remote, dir workspace.Dir) (uint64, error) {
	key, err := dir.ReadKey(workspace.Authority)
	if err != nil {
		return 0, err
	}
	for range closeTries {
		size, uerr := r.Follower.Update(ctx)
		if uerr != nil {
			return 0, uerr
		}
		switch p := r.State().Phase(); {
		case p < record.PhaseOpen:
			return 0, fmt.Errorf("the election is not open yet: it is in %v", p)
		case p > record.PhaseOpen:
			return 0, errors.New("the election is closed already")
		}
		var index uint64
		root, rerr := r.Follower.RootAt(size)
		if rerr != nil {
			return 0, rerr
		}
		if _, index, err = r.post(ctx, &entry.Close{Index: size, Root: root[:]}, key); err == nil {
			return index, nil
		}
		if !errors.Is(err, boardclient.ErrRefused) {
			return 0, err
		}
	}
	return 0, fmt.Errorf("other entries came first %d times: %w", closeTries, err)
}
