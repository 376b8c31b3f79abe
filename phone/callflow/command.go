package callflow

import (
	"time"

	"rollcall/internal/text"
)

// Command is something the machine wants done.
type Command interface{ command() }

// Say speaks the messages one after the other.
type Say struct{ Messages []text.Message }

// Listen waits for keys, and for Timeout after this much silence.
type Listen struct{ Timeout time.Duration }

// Identify looks up the voter. Whoever runs the machine wipes both slices.
type Identify struct {
	Lang        string // the caller's language, in which Identified gives the contests
	VoterNumber []byte // 9 ASCII digits
	PIN         []byte // 8 ASCII digits
}

// Seal makes a ballot of these choices: for each contest, in ballot order, the
// chosen options by their place in Contest.Options, ascending; an empty list is
// "none" (vote for one) or blank.
type Seal struct{ Choices [][]int }

// Cast casts the sealed ballot. Whoever runs the machine wipes the slice.
type Cast struct{ CastCode []byte } // 6 ASCII digits

// Test opens the sealed ballot on the board.
type Test struct{}

// Hangup ends the call.
type Hangup struct{ Outcome Outcome }

func (Say) command()      {}
func (Listen) command()   {}
func (Identify) command() {}
func (Seal) command()     {}
func (Cast) command()     {}
func (Test) command()     {}
func (Hangup) command()   {}

// Outcome is how a call ended: a word that is safe to log.
type Outcome string

// Outcomes of a call.
const (
	OutcomeCast            Outcome = "cast"              // a ballot was cast in this call
	OutcomeHungUp          Outcome = "hung-up"           // the caller hung up first
	OutcomeSilent          Outcome = "silent"            // nothing was keyed
	OutcomeWrongEntries    Outcome = "wrong-entries"     // three of them
	OutcomeAlreadyCast     Outcome = "already-cast"      // refused a second cast
	OutcomeTooManyBallots  Outcome = "too-many-ballots"  // hourly limit
	OutcomeTooManyAttempts Outcome = "too-many-attempts" // budget of PINs or cast codes
	OutcomeOutsideHours    Outcome = "outside-hours"
	OutcomeNotOpen         Outcome = "not-open"
	OutcomeClosed          Outcome = "closed"
	OutcomeNotSealed       Outcome = "not-sealed" // no valid tick in time
	OutcomeTooLate         Outcome = "too-late"   // the decision time had passed
	OutcomeUnknown         Outcome = "unknown"    // a cast or test that could not be confirmed
	OutcomeFault           Outcome = "fault"
)
