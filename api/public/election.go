package public

import (
	"context"
	"errors"
	"time"

	"rollcall/bulletin/entry"
)

// Election is what serving an election needs of it. Its methods are called
// from many goroutines. What they return is not changed afterwards by either
// side.
type Election interface {
	Manifest() *entry.Manifest // never nil
	ID() entry.ElectionID
	// Status says how far the election is.
	Status(ctx context.Context) (Status, error)
	// Turnout returns how many voters of every unit that has any have cast.
	Turnout(ctx context.Context) ([]UnitTurnout, error)
	// FindCode returns every ballot with the receipt code (16 digits, checked),
	// in the order of the board, void ones too. None is no error.
	FindCode(ctx context.Context, code string) ([]Ballot, error)
	// FindBallotNumber returns every ballot under the ballot number (12 digits,
	// checked), in the order of the board, void ones too. None is no error.
	FindBallotNumber(ctx context.Context, number string) ([]Ballot, error)
	// Result returns the published result, or nil before its result-end entry.
	Result(ctx context.Context) (*Result, error)
	// Reports returns the reports that are out, the oldest first: a zero report from
	// the opening on, then the result. A report never changes.
	Reports(ctx context.Context) ([]Report, error)
	// OwnCheck returns what the server's own check of the whole board has found, or nil
	// before it has run: it runs once the result is there.
	OwnCheck(ctx context.Context) (*OwnCheck, error)
	// Post appends an entry, and returns once it is durable. The entry has been
	// decoded before and is in deterministic encoding. Errors wrap ErrInvalid,
	// ErrRefused or ErrBusy; their texts are shown to whoever posted.
	Post(ctx context.Context, raw []byte) (Posted, error)
	// Entries returns the bytes of up to n published entries from index from on: at
	// least one, and none beyond a multiple of 256. The error wraps ErrNotFound where
	// none is published at from.
	Entries(ctx context.Context, from uint64, n int) ([][]byte, error)
	// Checkpoint returns the newest signed checkpoint (c2sp.org/tlog-checkpoint), or
	// an error that wraps ErrNotFound before the first.
	Checkpoint(ctx context.Context) ([]byte, error)
	// Receipt returns the tlog-proof (c2sp.org/tlog-proof@v1) of the entry, or an
	// error that wraps ErrNotFound where no checkpoint covers it yet.
	Receipt(ctx context.Context, index uint64) ([]byte, error)
}

// Errors of an Election. Everything else is an internal error, of which a
// client learns nothing.
var (
	// ErrInvalid says that a signature or a proof of an entry does not hold.
	ErrInvalid = errors.New("entry not valid")
	// ErrRefused says that an entry may not be appended now: its phase is over or
	// not there yet, or somebody has decided already.
	ErrRefused = errors.New("entry refused")
	// ErrBusy says that the board can not append at present.
	ErrBusy = errors.New("board busy")
	// ErrNotFound says that there is nothing at the place asked for.
	ErrNotFound = errors.New("not found")
)

// Phase is a phase of an election (SPEC.md, section 7).
type Phase string

// The phases in their order.
const (
	PhaseSetup   Phase = "setup"
	PhaseOpen    Phase = "open"
	PhaseClosing Phase = "closing"
	PhaseEnded   Phase = "ended"
)

// Status is how far an election is.
type Status struct {
	Phase    Phase
	Size     uint64 // entries on the board
	Voters   uint64 // on the roll, without auditors; 0 before it is complete
	Auditors uint64 // audit credentials on the roll
	Ballots  Counts
	LastTick time.Time // of the last valid tick; zero before the first
	// Witnesses is how the board's witnesses fare, by its own word; nil where it has
	// none.
	Witnesses *Witnesses
}

// Witnesses is how the witnesses of a board fare.
type Witnesses struct {
	Out     bool      // too few cosigned when they were asked last: no codes are given
	Since   time.Time // from when on that has been so; zero before they were asked
	Members []Witness // in the order of the policy
}

// Witness is how one witness fares.
type Witness struct {
	Name  string
	State WitnessState
	Since time.Time // from when on it is in State; zero in WitnessUnknown
}

// WitnessState is what a witness did when it was asked last.
type WitnessState string

// The states of witnesses.
const (
	WitnessUnknown WitnessState = "unknown" // not asked since the board was started
	WitnessAnswers WitnessState = "answers"
	WitnessSilent  WitnessState = "silent"
	WitnessRefuses WitnessState = "refuses" // it answers, and does not cosign
	// WitnessContradicts is one that has signed another history of this board.
	WitnessContradicts WitnessState = "contradicts"
)

// Counts is how many ballots are in each state. Undecided includes those whose
// time to decide is over.
type Counts struct {
	Cast, Tested, Undecided, Void uint64
}

// UnitTurnout is how many of a unit's voters have cast a ballot.
type UnitTurnout struct {
	Unit         string // its id
	Voters, Cast uint64
}

// State is what has become of a ballot.
type State string

// The states. A lapsed ballot was not decided in time; a ballot is cast or
// tested from its valid decision on.
const (
	StateUndecided State = "undecided"
	StateLapsed    State = "lapsed"
	StateCast      State = "cast"
	StateTested    State = "tested"
	StateVoid      State = "void"
)

// Ballot is one ballot on the board.
type Ballot struct {
	Index  uint64 // of its ballot entry
	Number string // ballot number, 12 digits
	Code   string // receipt code, 16 digits; empty before its code tick
	State  State
	// Casting says of an undecided ballot that a cast of it is kept, which counts as
	// soon as it is published.
	Casting bool
	// RollAt is the index of the roll chunk with the credential that signed the ballot;
	// 0, which is the manifest's, in StateVoid where the roll does not have it.
	RollAt uint64
	// SealedAfter and SealedBefore are the times of the valid ticks around the
	// ballot; SealedBefore, that of its code tick, is zero before it.
	SealedAfter, SealedBefore time.Time
	DecideBefore              time.Time // when an undecided ballot lapses; zero before its code tick
	// Decision is the index of the cast or test entry, in StateCast and
	// StateTested, and Decided the time of the first valid tick after it: zero
	// before that.
	Decision uint64
	Decided  time.Time
	Opened   []Opened // in StateTested: what the ballot held
	Reason   string   // in StateVoid: the rule it breaks, in a few words
}

// Opened is what one contest of a tested ballot held.
type Opened struct {
	Contest  uint64   // position in the manifest
	Selected []uint64 // positions of options, ascending; the one after the last option is "none"
}

// Result is the published result.
type Result struct {
	Index    uint64   // of the result-end entry
	Trustees []uint64 // whose shares were combined, ascending, from 1
	Parts    []entry.ResultPart
}

// Report is a report of the election, of which the first has the number 1.
type Report struct {
	Published time.Time // in whole seconds
	// Checkpoint is a signed checkpoint of a board that holds all that the report is
	// made of.
	Checkpoint []byte
	Result     *Result // nil in a zero report
}

// OwnCheck is what the public check has found when the server ran it itself.
type OwnCheck struct {
	At     time.Time
	Passed bool // every check
	Checks int  // how many there are
}

// Posted says where an entry stands.
type Posted struct {
	Index uint64
	Leaf  [32]byte // RFC 6962 leaf hash
	Known bool     // it stood there already
}

// latest is the end of the year 9999: RFC 3339 has no later time, and nothing
// bounds the times of a manifest.
const latest = 253402300799

// Unix returns Unix seconds as a time in UTC, at most the latest that RFC 3339
// can write.
func Unix(seconds uint64) time.Time { return time.Unix(int64(min(seconds, latest)), 0).UTC() }
