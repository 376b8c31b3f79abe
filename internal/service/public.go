package service

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"rollcall/api/public"
	"rollcall/bulletin"
	"rollcall/bulletin/entry"
	"rollcall/bulletin/store"
	"rollcall/tally/door"
	"rollcall/tally/record"
)

// told is what the public is told of a board: it implements public.Election. It reads
// the state in memory and the published files, never the database.
type told struct {
	door    *door.Door
	board   published
	reports *reports
	own     *ownCheck
	quorum  *quorum // nil without witnesses
}

// published is the board as the public sees it; bulletin.Board is one.
type published interface {
	Entries(ctx context.Context, from uint64, n int) ([][]byte, error)
	Latest() bulletin.Published
	Receipt(ctx context.Context, index uint64) ([]byte, error)
}

var _ public.Election = (*told)(nil)

func (p *told) Manifest() *entry.Manifest { return p.door.State().Manifest() }
func (p *told) ID() entry.ElectionID      { return entry.NewElectionID(p.door.State().Hash()) }

func (p *told) Status(context.Context) (public.Status, error) {
	s := p.door.State().SummaryAt(p.board.Latest().Size)
	status := public.Status{
		Phase: phase(s.Phase), Size: s.Size, Voters: s.Voters, Auditors: s.Auditors, LastTick: unix(s.LastTick),
		Ballots: public.Counts{Cast: s.Cast, Tested: s.Tested, Undecided: s.Undecided},
	}
	if p.quorum != nil {
		status.Witnesses = p.quorum.public()
	}
	return status, nil
}

func phase(p record.Phase) public.Phase {
	switch p {
	case record.PhaseNone, record.PhaseSetup:
		return public.PhaseSetup
	case record.PhaseOpen:
		return public.PhaseOpen
	case record.PhaseClosing:
		return public.PhaseClosing
	}
	return public.PhaseEnded
}

func unix(t uint64) time.Time {
	if t == 0 {
		return time.Time{}
	}
	return time.Unix(int64(t), 0).UTC()
}

func (p *told) Turnout(context.Context) ([]public.UnitTurnout, error) {
	published, state := p.board.Latest().Size, p.door.State()
	voters, cast := state.VoterCounts(), state.CastCounts(published)
	var list []public.UnitTurnout
	for i, n := range voters {
		if n > 0 {
			list = append(list, public.UnitTurnout{Unit: state.Manifest().Units[i].ID, Voters: n, Cast: cast[i]})
		}
	}
	return list, nil
}

func (p *told) FindCode(_ context.Context, code string) ([]public.Ballot, error) {
	published, state := p.board.Latest().Size, p.door.State()
	list := p.ballots(state, published, state.FindCode(code))
	return slices.DeleteFunc(list, func(b public.Ballot) bool { return b.Code == "" }), nil
}

func (p *told) FindBallotNumber(_ context.Context, number string) ([]public.Ballot, error) {
	published, state := p.board.Latest().Size, p.door.State()
	list, _ := state.FindBallotNumber(number)
	return p.ballots(state, published, list), nil
}

// ballots tells of ballots what the first published entries of the board say. The
// state can be ahead of them, while the witnesses have not signed: then a code is
// nobody's to know yet, and a decision is none.
func (p *told) ballots(state *record.State, published uint64, list []record.Ballot) []public.Ballot {
	sum, decision := state.Summary(), state.Manifest().DecisionSeconds
	last, lastAt := state.LastTick()
	out := make([]public.Ballot, 0, len(list))
	for _, b := range list {
		if b.CodeTick >= published {
			b.Code, b.CodeTickTime = "", 0
		}
		if lastAt >= published && last != nil && last.Size > b.DecidedAt && last.Time == b.DecidedTime {
			b.DecidedTime = 0 // by a tick that is not published
		}
		casting := b.Decision == record.Cast && b.DecidedAt >= published
		if b.DecidedAt >= published {
			b.Decision = record.Undecided
		}
		a := public.Ballot{Index: b.Index, Number: b.Voter.BallotNumber, Code: b.Code, State: public.StateUndecided, Casting: casting, RollAt: b.Voter.RollAt,
			SealedAfter: unix(b.SealedAfter), SealedBefore: unix(b.CodeTickTime)}
		if b.CodeTickTime != 0 {
			a.DecideBefore = unix(b.CodeTickTime + decision)
		}
		switch b.Decision {
		case record.Undecided:
			if casting {
				break // it is in time, or it would not be kept
			}
			if sum.Phase >= record.PhaseEnded || b.CodeTickTime != 0 && sum.LastTick > b.CodeTickTime+decision {
				a.State = public.StateLapsed
			}
		case record.Cast:
			a.State, a.Decision, a.Decided = public.StateCast, b.DecidedAt, unix(b.DecidedTime)
		case record.Tested:
			a.State, a.Decision, a.Decided = public.StateTested, b.DecidedAt, unix(b.DecidedTime)
			for _, o := range b.Opened.Openings {
				a.Opened = append(a.Opened, public.Opened{Contest: o.Contest, Selected: o.Selected})
			}
		}
		out = append(out, a)
	}
	return out
}

func (p *told) Result(context.Context) (*public.Result, error) { return resultOf(p.door.State()), nil }

func (p *told) OwnCheck(context.Context) (*public.OwnCheck, error) { return p.own.Load(), nil }

func (p *told) Reports(context.Context) ([]public.Report, error) { return p.reports.out(), nil }

func (p *told) Post(ctx context.Context, raw []byte) (public.Posted, error) {
	before := p.door.State().Size()
	index, err := p.door.Post(ctx, raw)
	if err != nil {
		return public.Posted{}, postError(err)
	}
	return public.Posted{Index: index, Leaf: entry.LeafHash(raw), Known: index < before}, nil
}

// postError sorts what the door says into what the API knows.
func postError(err error) error {
	switch {
	case errors.Is(err, record.ErrSignature), errors.Is(err, record.ErrProof):
		return fmt.Errorf("%w: %w", public.ErrInvalid, err)
	case errors.Is(err, door.ErrUnavailable):
		return fmt.Errorf("%w: %w", public.ErrBusy, err)
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return err
	}
	return fmt.Errorf("%w: %w", public.ErrRefused, err)
}

func (p *told) Entries(ctx context.Context, from uint64, n int) ([][]byte, error) {
	entries, err := p.board.Entries(ctx, from, n)
	return entries, notFound(err)
}

func (p *told) Checkpoint(context.Context) ([]byte, error) {
	signed := p.board.Latest().Signed
	if len(signed) == 0 {
		return nil, fmt.Errorf("%w: nothing is published yet", public.ErrNotFound)
	}
	return signed, nil
}

func (p *told) Receipt(ctx context.Context, index uint64) ([]byte, error) {
	text, err := p.board.Receipt(ctx, index)
	return text, notFound(err)
}

func notFound(err error) error {
	if errors.Is(err, store.ErrNotFound) {
		return fmt.Errorf("%w: %w", public.ErrNotFound, err)
	}
	return err
}
