package door

import (
	"context"

	"rollcall/tally/record"
)

// Code implements booth.Board: it returns the receipt code of a ballot once a
// valid tick covers it.
func (d *Door) Code(ctx context.Context, ballot uint64) (string, error) {
	var code string
	err := d.Wait(ctx, func(s *record.State, published uint64) bool {
		b, ok := s.Ballot(ballot)
		code = b.Code
		return ok && code != "" && b.CodeTick < published
	})
	return code, err
}

// Covered implements booth.Board: it returns once a valid tick covers an
// entry.
func (d *Door) Covered(ctx context.Context, index uint64) error {
	return d.Wait(ctx, func(s *record.State, published uint64) bool {
		tick, at := s.LastTick()
		return tick != nil && tick.Size > index && at < published
	})
}
