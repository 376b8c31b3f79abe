package service

import (
	"context"
	"errors"
	"time"

	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/trace"

	"rollcall/crypto/credential"
	"rollcall/internal/tracing"
	"rollcall/phone"
	"rollcall/registrar"
	"rollcall/tally/booth"
	"rollcall/tally/door"
	"rollcall/tally/record"
)

// What a call waits for, as spans: sealing a ballot, casting it, testing it, and
// what these ask of the registrar and the board.
//
// Each step is a trace of its own, and there is none of the call as a whole, of
// who the voter is, or of waiting for keys. The board tells everyone when a
// ballot was sealed and when it was decided; when its voter was identified it
// does not. From that to the sealing is how long a voter has listened to names,
// and their order follows from a public key.

// tracedElection is a phone.Election whose steps are spans.
type tracedElection struct {
	phone.Election
	tracer trace.Tracer
}

// Identify implements phone.Election. It is no span: see above.
func (e tracedElection) Identify(ctx context.Context, number, pin []byte) (phone.Voter, error) {
	v, err := e.Election.Identify(ctx, number, pin)
	if err != nil {
		return nil, err
	}
	return tracedVoter{v, e.tracer}, nil
}

type tracedVoter struct {
	phone.Voter
	tracer trace.Tracer
}

// Seal implements phone.Voter.
func (v tracedVoter) Seal(ctx context.Context, choices [][]int) (phone.Ballot, error) {
	ctx, span := v.tracer.Start(ctx, "call.seal", trace.WithNewRoot())
	b, err := v.Voter.Seal(ctx, choices)
	endStep(span, err)
	if err != nil {
		return nil, err
	}
	return tracedBallot{b, v.tracer}, nil
}

type tracedBallot struct {
	phone.Ballot
	tracer trace.Tracer
}

// Cast implements phone.Ballot.
func (b tracedBallot) Cast(ctx context.Context, castCode []byte) error {
	ctx, span := b.tracer.Start(ctx, "call.cast", trace.WithNewRoot())
	err := b.Ballot.Cast(ctx, castCode)
	endStep(span, err)
	return err
}

// Test implements phone.Ballot.
func (b tracedBallot) Test(ctx context.Context) error {
	ctx, span := b.tracer.Start(ctx, "call.test", trace.WithNewRoot())
	err := b.Ballot.Test(ctx)
	endStep(span, err)
	return err
}

// refusals are answers of an election that are in order.
var refusals = []error{phone.ErrWrongCastCode, phone.ErrAlreadyCast, phone.ErrTooManyBallots, phone.ErrTooManyAttempts,
	phone.ErrOutsideHours, phone.ErrClosed, phone.ErrTooLate}

// endStep ends the span of a step with its outcome, and not with the error: that
// is for nobody's books.
func endStep(span trace.Span, err error) {
	word := tracing.Done
	if err != nil {
		word = tracing.Failed
		for _, r := range refusals {
			if errors.Is(err, r) {
				word = tracing.Refused
			}
		}
	}
	if word == tracing.Failed {
		span.SetStatus(codes.Error, "")
	}
	span.SetAttributes(tracing.Outcome(word))
	span.End()
}

// end ends a span of something that has no outcome but failing.
func end(span trace.Span, err error) {
	if err != nil {
		span.SetStatus(codes.Error, "")
	}
	span.End()
}

// tracedBoard is a booth.Board whose answers are spans.
type tracedBoard struct {
	booth.Board
	tracer trace.Tracer
}

// Post implements booth.Board.
func (b tracedBoard) Post(ctx context.Context, raw []byte) (uint64, error) {
	ctx, span := b.tracer.Start(ctx, "board.post")
	index, err := b.Board.Post(ctx, raw)
	end(span, err)
	return index, err
}

// Code implements booth.Board.
func (b tracedBoard) Code(ctx context.Context, ballot uint64) (string, error) {
	ctx, span := b.tracer.Start(ctx, "board.code")
	code, err := b.Board.Code(ctx, ballot)
	end(span, err)
	return code, err
}

// Covered implements booth.Board.
func (b tracedBoard) Covered(ctx context.Context, index uint64) error {
	ctx, span := b.tracer.Start(ctx, "board.covered")
	err := b.Board.Covered(ctx, index)
	end(span, err)
	return err
}

// tracedEvaluator is a registrar.Evaluator whose evaluations of cast codes are
// spans. Those of PINs are none: see above.
type tracedEvaluator struct {
	registrar.Evaluator
	tracer trace.Tracer
}

// traced returns an evaluator as it is, or with spans if traces are asked for.
func (s *Service) traced(e registrar.Evaluator) registrar.Evaluator {
	if s.traces == nil {
		return e
	}
	return tracedEvaluator{e, s.traces.Tracer()}
}

// Evaluate implements registrar.Evaluator.
func (e tracedEvaluator) Evaluate(ctx context.Context, request registrar.Request) (registrar.Response, error) {
	if request.Purpose != credential.PurposeCast {
		return e.Evaluator.Evaluate(ctx, request)
	}
	ctx, span := e.tracer.Start(ctx, "registrar.evaluate")
	response, err := e.Evaluator.Evaluate(ctx, request)
	end(span, err)
	return response, err
}

// traceTotals makes a span of adding up: from the end of the election to the
// totals on the board. Of totals that are there already it makes none.
func traceTotals(ctx context.Context, tracer trace.Tracer, d *door.Door) error {
	if _, ok := d.State().Totals(); ok {
		return nil
	}
	ended := func(state *record.State, published uint64) bool {
		at, ok := state.End()
		return ok && at < published
	}
	if err := d.Wait(ctx, ended); err != nil {
		return nil // it ends
	}
	begun := time.Now()
	err := d.Wait(ctx, func(state *record.State, published uint64) bool {
		_, ok := state.Totals()
		return ok && published == state.Size()
	})
	if err != nil {
		return nil
	}
	_, span := tracer.Start(ctx, "count.totals", trace.WithTimestamp(begun))
	endStep(span, nil)
	return nil
}
