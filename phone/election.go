// Package phone runs a voting call: the conversation of phone/callflow, spoken
// with phone/prompt, over a [Line] that somebody called on (phone/sip) and an
// [Election] that knows the voters (built over tally and registrar elsewhere).
//
// [Run] is one call from its first word to its end. It knows no SIP and no
// ballots. Nothing it logs, returns or wraps holds a voter number, a PIN, a code
// or a choice; how a call ended is an [Outcome].
package phone

import (
	"context"
	"errors"

	"rollcall/phone/callflow"
)

// Line is one answered call. phone/sip.Call is one.
type Line interface {
	// Play sends mu-law audio, a multiple of 160 bytes, at its own pace and
	// returns when the last frame was sent, soon after ctx is done (with its
	// error), or with an error when the call is over. It is called by one
	// goroutine at a time.
	Play(ctx context.Context, ulaw []byte) error
	// Digits gives the keys pressed, '0' to '9', '*' and '#'. The channel is
	// either closed when the call is over or never; the context given to Run ends
	// with the call in any case.
	Digits() <-chan byte
	// Hangup ends the call. It may be called when the call is over already.
	Hangup()
}

// Election is what a call needs of the election.
type Election interface {
	// Describe is what is said before the voter is known.
	Describe() callflow.Election
	// Identify finds the voter by a 9-digit voter number and an 8-digit PIN
	// (ASCII). Both slices are wiped when it has returned; what is needed later
	// must be copied, and wiped by Voter.Close. Errors: ErrWrongPIN,
	// ErrTooManyAttempts, ErrAlreadyCast, ErrUnknown, ErrTooManyBallots,
	// ErrOutsideHours, ErrNotOpen, ErrClosed; any other is a fault.
	Identify(ctx context.Context, voterNumber, pin []byte) (Voter, error)
}

// Voter is one identified voter on one call.
type Voter interface {
	// Contests lists the voter's contests in ballot order, in lang.
	Contests(lang string) []callflow.Contest
	// Seed is any number fixed for this voter; it turns the order of options.
	Seed() uint64
	// Seal makes a ballot of the choices (see callflow.Seal) and returns when it
	// is appended, published and covered by a valid tick. Errors: ErrNotSealed,
	// ErrTooManyBallots, ErrAlreadyCast, ErrOutsideHours, ErrClosed; the end of
	// ctx counts as ErrNotSealed; any other is a fault.
	Seal(ctx context.Context, choices [][]int) (Ballot, error)
	// Close wipes what was kept of the voter. Nothing is called after it.
	Close()
}

// Ballot is one sealed ballot.
type Ballot interface {
	// Code is the receipt code, 16 digits.
	Code() string
	// Cast casts the ballot with the 6-digit cast code (ASCII, wiped when it has
	// returned) and returns when a valid tick covers the cast. Errors:
	// ErrWrongCastCode, ErrTooManyAttempts, ErrAlreadyCast, ErrTooLate,
	// ErrClosed, all of which mean that nothing was cast; any other error, and
	// the end of ctx, mean that nobody knows.
	Cast(ctx context.Context, castCode []byte) error
	// Test opens the ballot on the board and returns when that is published.
	// Errors: ErrTooLate, ErrAlreadyCast, ErrClosed mean that it was not opened;
	// any other that nobody knows.
	Test(ctx context.Context) error
}

// What an Election refuses, and the caller is told in plain words. Errors may
// wrap them.
var (
	ErrWrongPIN        = errors.New("voter number and PIN do not belong together")
	ErrWrongCastCode   = errors.New("wrong cast code")
	ErrAlreadyCast     = errors.New("a ballot has been cast already")
	ErrTooManyBallots  = errors.New("too many ballots in an hour")
	ErrTooManyAttempts = errors.New("too many attempts")
	ErrOutsideHours    = errors.New("outside calling hours")
	ErrNotOpen         = errors.New("the election is not open yet")
	ErrClosed          = errors.New("the election is closed")
	ErrNotSealed       = errors.New("no valid tick in time")
	ErrTooLate         = errors.New("the decision time has passed")
	// ErrUnknown says that a ballot was cast, and nobody can confirm it yet.
	ErrUnknown = errors.New("a ballot was cast and is not published yet")
)

// reasons pairs the errors with what the conversation makes of them.
var reasons = []struct {
	err    error
	reason callflow.Reason
}{
	{ErrWrongPIN, callflow.WrongPIN},
	{ErrWrongCastCode, callflow.WrongCastCode},
	{ErrAlreadyCast, callflow.AlreadyCast},
	{ErrTooManyBallots, callflow.TooManyBallots},
	{ErrTooManyAttempts, callflow.TooManyAttempts},
	{ErrOutsideHours, callflow.OutsideHours},
	{ErrNotOpen, callflow.NotOpen},
	{ErrClosed, callflow.Closed},
	{ErrNotSealed, callflow.NotSealed},
	{ErrTooLate, callflow.TooLate},
	{ErrUnknown, callflow.Unknown},
}

// reason is what to tell the caller about err: Fault where it is none of the
// known errors.
func reason(err error) callflow.Reason {
	for _, r := range reasons {
		if errors.Is(err, r.err) {
			return r.reason
		}
	}
	return callflow.Fault
}
