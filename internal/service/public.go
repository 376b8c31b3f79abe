package service

import (
	"context"
	"errors"
	"fmt"
	"time"

	"rollcall/api"
	"rollcall/bulletin/entry"
	"rollcall/bulletin/store"
	"rollcall/tally/door"
	"rollcall/tally/record"
)

// public is what the API shows of a board: it implements api.Election. It reads
// the state in memory and the published files, never the database.
type public struct {
	door  *door.Door
	board published
}

// published is the board as the public sees it; bulletin.Board is one.
type published interface {
	Entry(ctx context.Context, index uint64) ([]byte, error)
	Receipt(ctx context.Context, index uint64) ([]byte, error)
}

var _ api.Election = (*public)(nil)

func (p *public) Manifest() *entry.Manifest { return p.door.State().Manifest() }
func (p *public) ID() entry.ElectionID      { return entry.NewElectionID(p.door.State().Hash()) }

func (p *public) Status(context.Context) (api.Status, error) {
	s := p.door.State().Summary()
	status := api.Status{
		Phase: phase(s.Phase), Size: s.Size, Voters: s.Voters, LastTick: unix(s.LastTick),
		Ballots: api.Counts{Cast: s.Cast, Tested: s.Tested, Undecided: s.Undecided},
	}
	return status, nil
}

func phase(p record.Phase) api.Phase {
	switch p {
	case record.PhaseNone, record.PhaseSetup:
		return api.PhaseSetup
	case record.PhaseOpen:
		return api.PhaseOpen
	case record.PhaseClosing:
		return api.PhaseClosing
	}
	return api.PhaseEnded
}

func unix(t uint64) time.Time {
	if t == 0 {
		return time.Time{}
	}
	return time.Unix(int64(t), 0).UTC()
}

func (p *public) FindCode(_ context.Context, code string) ([]api.Ballot, error) {
	state := p.door.State()
	return p.ballots(state, state.FindCode(code)), nil
}

func (p *public) FindBallotNumber(_ context.Context, number string) ([]api.Ballot, error) {
	state := p.door.State()
	list, _ := state.FindBallotNumber(number)
	return p.ballots(state, list), nil
}

func (p *public) ballots(state *record.State, list []record.Ballot) []api.Ballot {
	sum, decision := state.Summary(), state.Manifest().DecisionSeconds
	out := make([]api.Ballot, 0, len(list))
	for _, b := range list {
		a := api.Ballot{Index: b.Index, Number: b.Voter.BallotNumber, Code: b.Code, State: api.StateUndecided,
			SealedAfter: unix(b.SealedAfter), SealedBefore: unix(b.CodeTickTime)}
		if b.CodeTickTime != 0 {
			a.DecideBefore = unix(b.CodeTickTime + decision)
		}
		switch b.Decision {
		case record.Undecided:
			if sum.Phase >= record.PhaseEnded || b.CodeTickTime != 0 && sum.LastTick > b.CodeTickTime+decision {
				a.State = api.StateLapsed
			}
		case record.Cast:
			a.State, a.Decision, a.Decided = api.StateCast, b.DecidedAt, unix(b.DecidedTime)
		case record.Tested:
			a.State, a.Decision, a.Decided = api.StateTested, b.DecidedAt, unix(b.DecidedTime)
			for _, o := range b.Opened.Openings {
				a.Opened = append(a.Opened, api.Opened{Contest: o.Contest, Selected: o.Selected})
			}
		}
		out = append(out, a)
	}
	return out
}

func (p *public) Result(context.Context) (*api.Result, error) {
	parts, end, index, ok := p.door.State().Result()
	if !ok {
		return nil, nil
	}
	return &api.Result{Index: index, Trustees: end.Trustees, Parts: parts}, nil
}

func (p *public) Post(ctx context.Context, raw []byte) (api.Posted, error) {
	before := p.door.State().Size()
	index, err := p.door.Post(ctx, raw)
	if err != nil {
		return api.Posted{}, postError(err)
	}
	return api.Posted{Index: index, Leaf: entry.LeafHash(raw), Known: index < before}, nil
}

// postError sorts what the door says into what the API knows.
func postError(err error) error {
	switch {
	case errors.Is(err, record.ErrSignature), errors.Is(err, record.ErrProof):
		return fmt.Errorf("%w: %w", api.ErrInvalid, err)
	case errors.Is(err, door.ErrUnavailable):
		return fmt.Errorf("%w: %w", api.ErrBusy, err)
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return err
	}
	return fmt.Errorf("%w: %w", api.ErrRefused, err)
}

func (p *public) Entry(ctx context.Context, index uint64) ([]byte, error) {
	raw, err := p.board.Entry(ctx, index)
	return raw, notFound(err)
}

func (p *public) Receipt(ctx context.Context, index uint64) ([]byte, error) {
	text, err := p.board.Receipt(ctx, index)
	return text, notFound(err)
}

func notFound(err error) error {
	if errors.Is(err, store.ErrNotFound) {
		return fmt.Errorf("%w: %w", api.ErrNotFound, err)
	}
	return err
}
