package callflow

// Event is something that happened in the call.
type Event interface{ event() }

// Answered starts the call.
type Answered struct{}

// Digit is one key pressed: '0' to '9', '*' or '#'. Any other key is ignored.
type Digit struct{ Key byte }

// Said reports that the latest utterance has been spoken to its end.
type Said struct{}

// Timeout reports that nothing was keyed for as long as the latest Listen said.
type Timeout struct{}

// HungUp reports that the caller is gone.
type HungUp struct{}

// Identified answers Identify: the voter's contests, in ballot order. Seed is
// any number that is fixed for this voter; a contest of n options is read from
// option Seed mod n on.
type Identified struct {
	Contests []Contest
	Seed     uint64
}

// IdentifyFailed answers Identify. WrongPIN lets the voter try again, any other
// reason ends the call.
type IdentifyFailed struct{ Reason Reason }

// Sealed answers Seal: the ballot is on the board and covered by a valid tick.
// Code is its receipt code, 16 digits.
type Sealed struct{ Code string }

// SealFailed answers Seal. It ends the call.
type SealFailed struct{ Reason Reason }

// Casted answers Cast: a valid tick covers the cast.
type Casted struct{}

// CastFailed answers Cast. WrongCastCode lets the voter try again, any other
// reason ends the call.
type CastFailed struct{ Reason Reason }

// Tested answers Test: the ballot was opened on the board.
type Tested struct{}

// TestFailed answers Test. It ends the call.
type TestFailed struct{ Reason Reason }

func (Answered) event()       {}
func (Digit) event()          {}
func (Said) event()           {}
func (Timeout) event()        {}
func (HungUp) event()         {}
func (Identified) event()     {}
func (IdentifyFailed) event() {}
func (Sealed) event()         {}
func (SealFailed) event()     {}
func (Casted) event()         {}
func (CastFailed) event()     {}
func (Tested) event()         {}
func (TestFailed) event()     {}

// Reason is why the election refused something, as far as the voter is told.
type Reason int

// Reasons. The zero Reason stands for any fault that has no words of its own.
const (
	Fault           Reason = iota
	WrongPIN               // voter number and PIN do not belong together
	WrongCastCode          // the cast code is not this voter's
	AlreadyCast            // the voter has cast a ballot before
	TooManyBallots         // ballots an hour
	TooManyAttempts        // the budget of PINs or cast codes is used up
	OutsideHours           // no calling window is open
	NotOpen                // the election has not begun
	Closed                 // the election has ended
	NotSealed              // no valid tick in time
	TooLate                // the decision time of this ballot has passed
	Unknown                // Cast or Test, of this call or one before, may have happened, and may not
)
