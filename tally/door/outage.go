package door

import (
	"context"
	"fmt"
	"time"

	"rollcall/bulletin/entry"
	"rollcall/tally/record"
)

// settledEvery is how often it is looked whether a decision has been published.
const settledEvery = 50 * time.Millisecond

// keep notes that the first size entries are durable and that whoever posted the
// last of them has given up waiting for its publication. The clock goes on for it.
func (d *Door) keep(size uint64) {
	d.mu.Lock()
	d.kept = max(d.kept, size)
	d.mu.Unlock()
	d.wakeClock()
}

// settled returns the refusal of a second decision once the decision that it rests
// on is published: before that, to be told "you have cast already" would be a
// confirmation that no witness has signed. If that takes longer than ctx, or the
// decision is gone, the board is unavailable. Refusals of other entries are returned
// as they are: they confirm nothing.
func (d *Door) settled(ctx context.Context, e *entry.Entry, refusal error) error {
	var ballot uint64
	switch b := e.Body.(type) {
	case *entry.Cast:
		ballot = b.Ballot
	case *entry.Test:
		ballot = b.Ballot
	default:
		return refusal
	}
	for {
		index, ok := standing(d.State(), ballot)
		switch {
		case !ok:
			return fmt.Errorf("%w: the decision that stood has been undone", ErrUnavailable)
		case index < d.log.Published():
			return refusal
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("%w: the decision that stands is not published yet: %w", ErrUnavailable, ctx.Err())
		case <-time.After(settledEvery):
		}
	}
}

// standing returns where the decision is that keeps another of a ballot from being
// taken.
func standing(s *record.State, ballot uint64) (index uint64, ok bool) {
	b, ok := s.Ballot(ballot)
	switch {
	case !ok:
		return 0, false
	case b.Decision != record.Undecided:
		return b.DecidedAt, true
	}
	return s.CastAt([32]byte(b.Voter.BallotKey.Bytes()))
}
