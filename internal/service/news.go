package service

import (
	"context"

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
}

// follow tells the news until ctx ends.
func (n *news) follow(ctx context.Context) error {
	told, reports := uint64(0), 0
	for {
		changed := n.reports.changed()
		wait, cancel := context.WithCancel(ctx)
		go func() { // a report comes out after the board has grown, not with it
			select {
			case <-changed:
				cancel()
			case <-wait.Done():
			}
		}()
		err := n.door.Wait(wait, func(_ *record.State, published uint64) bool {
			if published == told {
				return false
			}
			told = published
			return true
		})
		cancel()
		if ctx.Err() != nil {
			return nil
		}
		out := len(n.reports.out())
		if err != nil && out == reports {
			continue
		}
		reports = out
		n.tell(told)
	}
}

// tell tells the state of now, of a board of size published entries.
func (n *news) tell(size uint64) {
	s := n.door.State().Summary()
	state := live.State{
		Size: size, Time: unix(s.LastTick), Phase: string(phase(s.Phase)),
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
