package phone

import (
	"context"

	"rollcall/phone/callflow"
)

// ask puts a question of the machine's to the election, in a goroutine whose
// answer arrives on s.answers. There is never more than one.
func (s *session) ask(c callflow.Command) {
	var do func(ctx context.Context) answer
	limit, parent := s.cfg.DecideTimeout, s.ctx
	s.binding = false
	switch c := c.(type) {
	case callflow.Identify:
		limit = s.cfg.IdentifyTimeout
		do = func(ctx context.Context) answer { return s.identify(ctx, c) }
	case callflow.Seal:
		limit = s.cfg.SealTimeout
		do = func(ctx context.Context) answer { return seal(ctx, s.voter, c) }
	case callflow.Cast:
		s.binding, parent = true, context.WithoutCancel(s.ctx)
		do = func(ctx context.Context) answer { return cast(ctx, s.ballot, c) }
	case callflow.Test:
		s.binding, parent = true, context.WithoutCancel(s.ctx)
		do = func(ctx context.Context) answer { return test(ctx, s.ballot) }
	}
	ctx, stop := context.WithTimeout(parent, limit)
	s.asking, s.stop = true, stop
	go func() { s.answers <- do(ctx) }()
}

func (s *session) identify(ctx context.Context, c callflow.Identify) answer {
	voter, err := s.election.Identify(ctx, c.VoterNumber, c.PIN)
	clear(c.VoterNumber)
	clear(c.PIN)
	if err != nil {
		return answer{event: callflow.IdentifyFailed{Reason: reason(err)}, err: err}
	}
	return answer{event: callflow.Identified{Contests: voter.Contests(c.Lang), Seed: voter.Seed()}, voter: voter}
}

func seal(ctx context.Context, voter Voter, c callflow.Seal) answer {
	ballot, err := voter.Seal(ctx, c.Choices)
	for _, chosen := range c.Choices {
		clear(chosen)
	}
	switch {
	case err == nil:
		return answer{event: callflow.Sealed{Code: ballot.Code()}, ballot: ballot}
	case reason(err) == callflow.Fault && ctx.Err() != nil:
		return answer{event: callflow.SealFailed{Reason: callflow.NotSealed}, err: err}
	}
	return answer{event: callflow.SealFailed{Reason: reason(err)}, err: err}
}

func cast(ctx context.Context, ballot Ballot, c callflow.Cast) answer {
	err := ballot.Cast(ctx, c.CastCode)
	clear(c.CastCode)
	if err != nil {
		return answer{event: callflow.CastFailed{Reason: reason(err)}, err: err}
	}
	return answer{event: callflow.Casted{}}
}

func test(ctx context.Context, ballot Ballot) answer {
	if err := ballot.Test(ctx); err != nil {
		return answer{event: callflow.TestFailed{Reason: reason(err)}, err: err}
	}
	return answer{event: callflow.Tested{}}
}
