package text

// ID names one message of the catalogue. Its value is the key in the YAML file.
type ID string

// Before a voter is known.
const (
	Language    ID = "language"     // press digits for this language
	Welcome     ID = "welcome"      // name: the election's title
	Rehearsal   ID = "rehearsal"    // nothing counts
	Unwitnessed ID = "unwitnessed"  // the board has no witnesses
	AskNumber   ID = "ask-number"   // nine digits
	AskPIN      ID = "ask-pin"      // eight digits
	ShortNumber ID = "short-number" // # came too early
	ShortPIN    ID = "short-pin"
	Cleared     ID = "cleared" // what was keyed was not used
	OneMoment   ID = "one-moment"
	WrongPIN    ID = "wrong-pin"
)

// Choosing.
const (
	ContestOne    ID = "contest-one"   // name: the contest's title
	ContestUpTo   ID = "contest-up-to" // name, number: the limit
	Offer         ID = "offer"         // name: an option, digits: its key
	OfferTaken    ID = "offer-taken"   // name: a chosen option, digits: the key that takes it back
	MoreNames     ID = "more-names"    // 9, another page follows
	NamesAgain    ID = "names-again"   // 9, this was the last page
	Done          ID = "done"          // #, something is chosen
	LeaveBlank    ID = "leave-blank"   // #, nothing is chosen
	Chosen        ID = "chosen"        // name: an option
	TakeBack      ID = "take-back"     // digits: the key just pressed
	TakenBack     ID = "taken-back"    // name: an option
	TooMany       ID = "too-many"      // number: the limit
	LeftBlank     ID = "left-blank"    // name: the contest's title
	Review        ID = "review"        // the read-back begins
	ReviewContest ID = "review-contest"
	ReviewChoice  ID = "review-choice"
	ReviewBlank   ID = "review-blank"
	KeepOrChange  ID = "keep-or-change" // 1 or 2
	Changing      ID = "changing"
)

// Sealed, cast or tested.
const (
	Sealing       ID = "sealing"
	Sealed        ID = "sealed"  // followed by CodeIs
	CodeIs        ID = "code-is" // code: the receipt code
	Decide        ID = "decide"  // the three things that can be keyed
	NotUnderstood ID = "not-understood"
	WrongCastCode ID = "wrong-cast-code"
	Casting       ID = "casting"
	Cast          ID = "cast"
	Testing       ID = "testing"
	Tested        ID = "tested"
)

// Why a call ends, and help.
const (
	NotSealed       ID = "not-sealed"
	AlreadyCast     ID = "already-cast"
	TooManyBallots  ID = "too-many-ballots"
	TooManyAttempts ID = "too-many-attempts"
	OutsideHours    ID = "outside-hours"
	NotOpen         ID = "not-open"
	Closed          ID = "closed"
	TooLate         ID = "too-late"
	CastUnknown     ID = "cast-unknown"
	TestUnknown     ID = "test-unknown"
	Fault           ID = "fault"
	ThreeWrong      ID = "three-wrong"
	MoreTime        ID = "more-time"
	Silence         ID = "silence"
	HelpLine        ID = "help-line" // digits: a telephone number
	Goodbye         ID = "goodbye"
	WrongKey        ID = "wrong-key"
	HelpLanguage    ID = "help-language"
	HelpContest     ID = "help-contest"
	HelpReview      ID = "help-review"
)

// IDs lists every message, in the order in which a call may say them.
var IDs = []ID{
	Language, Welcome, Rehearsal, Unwitnessed, AskNumber, AskPIN, ShortNumber, ShortPIN, Cleared, OneMoment, WrongPIN,
	ContestOne, ContestUpTo, Offer, OfferTaken, MoreNames, NamesAgain, Done, LeaveBlank, Chosen, TakeBack, TakenBack,
	TooMany, LeftBlank, Review, ReviewContest, ReviewChoice, ReviewBlank, KeepOrChange, Changing,
	Sealing, Sealed, CodeIs, Decide, NotUnderstood, WrongCastCode, Casting, Cast, Testing, Tested,
	NotSealed, AlreadyCast, TooManyBallots, TooManyAttempts, OutsideHours, NotOpen, Closed, TooLate, CastUnknown,
	TestUnknown, Fault, ThreeWrong, MoreTime, Silence, HelpLine, Goodbye, WrongKey, HelpLanguage, HelpContest, HelpReview,
}
