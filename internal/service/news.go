package service

import (
	"context"
	"sync"

	"rollcall/api/live"
	"rollcall/tally/door"
	"rollcall/tally/record"
)

// news tells followers and subscribers how far the election is, as the board is
// published. It never keeps the board waiting.
type news struct {
	door    *door.Door
	reports *reports
	hub     *live.Hub
	hooks   *live.Webhooks // nil without subscribers

	mu sync.Mutex // over tell
}

// follow tells the news of the board until ctx ends. Of a report, which comes out
// after the board has grown and not with it, whoever brings it out calls tell.
func (n *news) follow(ctx context.Context) error {
	told := uint64(0)
	for {
		err := n.door.Wait(ctx, func(_ *record.State, published uint64) bool {
			grown := published != told
			told = published
			return grown
		})
		if err != nil {
			return nil // it ends
		}
		n.tell()
	}
}

// tell tells the state of now.
func (n *news) tell() {
	n.mu.Lock() // or an older state could come after a newer one, and be left out
	defer n.mu.Unlock()
	published := n.reports.board.Latest().Size
	s := n.door.State().SummaryAt(published)
	state := live.State{
		Size: published, Time: unix(s.LastTick), Phase: string(phase(s.Phase)),
		Cast: s.Cast, Tested: s.Tested, Undecided: s.Undecided,
	}
	if out := n.reports.out(); len(out) > 0 && out[len(out)-1].Result != nil {
		state.Result = len(out)
	}
	n.hub.Publish(state)
	if n.hooks != nil {
		n.hooks.Publish(state)
	}
}
