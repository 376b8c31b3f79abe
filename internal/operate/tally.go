package operate

import (
	"context"
	"fmt"

	"rollcall/bulletin/entry"
	"rollcall/internal/workspace"
	"rollcall/tally/count"
)

// Tallied is a result, whose shares it was combined from, and whose were not
// valid.
type Tallied struct {
	Parts    []entry.ResultPart `json:"parts"`
	Trustees []uint64           `json:"trustees"`
	Bad      []string           `json:"bad_shares,omitempty"`
}

// Tally combines shares and posts the result. A trustee whose share is bad is
// named, and does not stop the count.
func Tally(ctx context.Context, r *Remote, dir workspace.Dir) (*Tallied, error) {
	state := r.State()
	end, ok := state.End()
	if !ok {
		return nil, fmt.Errorf("the election has not ended: it is %v", state.Phase())
	}
	root, err := r.Follower.RootAt(end + 1)
	if err != nil {
		return nil, err
	}
	counted, err := count.Result(state, root)
	tallied := &Tallied{}
	if counted != nil {
		tallied.Parts, tallied.Trustees = counted.Parts, counted.Trustees
		for _, b := range counted.Bad {
			name := state.Manifest().Trustees[b.Trustee-1].Name
			tallied.Bad = append(tallied.Bad, fmt.Sprintf("trustee %d (%s): %v", b.Trustee, name, b.Err))
		}
	}
	if err != nil {
		return tallied, err
	}
	if _, _, _, done := state.Result(); done {
		return tallied, nil
	}
	key, err := dir.ReadKey(workspace.Authority)
	if err != nil {
		return nil, err
	}
	return tallied, count.PostResult(ctx, state, counted, key, r.Post)
}
