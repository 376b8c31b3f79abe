package verifier

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"rollcall/crypto/checkdigit"
)

// Query asks for the ballots with one receipt code, or with one ballot number.
// Make one with ParseQuery.
type Query struct {
	code   uint64 // without check digits
	number uint64
	byCode bool
	text   string
}

// ParseQuery reads a receipt code (16 digits) or a ballot number (12 digits),
// with spaces or hyphens as people write them, and checks its last two digits.
func ParseQuery(s string) (*Query, error) {
	digits := strings.NewReplacer(" ", "", "-", "").Replace(s)
	switch len(digits) {
	case checkdigit.ReceiptCodeLength, checkdigit.BallotNumberLength:
	default:
		return nil, fmt.Errorf("receipt: %d digits, want the %d of a receipt code or the %d of a ballot number",
			len(digits), checkdigit.ReceiptCodeLength, checkdigit.BallotNumberLength)
	}
	if err := checkdigit.Verify97(digits, len(digits)); err != nil {
		return nil, fmt.Errorf("receipt: %w: one digit or two are not what was said", err)
	}
	n, err := strconv.ParseUint(digits[:len(digits)-2], 10, 64)
	if err != nil {
		return nil, fmt.Errorf("receipt: %w", err)
	}
	if len(digits) == checkdigit.ReceiptCodeLength {
		return &Query{code: n, byCode: true, text: digits}, nil
	}
	return &Query{number: n, text: digits}, nil
}

// Receipt is one ballot that answers a query. For a code, all other ballots of
// the same ballot number come along, since one of them may be the one that was
// cast.
type Receipt struct {
	// Matches says that this is what was asked for, and no ballot beside it.
	Matches bool   `json:"matches"`
	Index   uint64 `json:"index"`
	// BallotNumber is empty if the ballot's key is not on the roll.
	BallotNumber string `json:"ballot_number,omitempty"`
	// Code is empty until a valid tick covers the ballot.
	Code string `json:"code,omitempty"`
	// Sealed is the time of its code tick in Unix seconds, 0 without one.
	Sealed uint64 `json:"sealed,omitempty"`
	// State is "cast", "tested", "undecided" or "void".
	State string `json:"state"`
	// Reason says why it is void.
	Reason string `json:"reason,omitempty"`
}

// ghost is a ballot that was void from the start.
type ghost struct {
	index  uint64
	key    uint64 // fingerprint of the ballot key
	code   uint64
	time   uint64
	coded  bool
	reason string
}

var stateNames = map[ballotState]string{
	stateUndecided: "undecided", stateCast: "cast", stateTested: "tested", stateVoid: "void",
}

// receipts answers the query.
func (j *judge) receipts() []Receipt {
	q := j.opts.Query
	if q == nil {
		return nil
	}
	matches := func(voter int32, code uint64, coded bool) bool {
		if q.byCode {
			return coded && code == q.code
		}
		return voter >= 0 && j.roll.list[voter].number() == q.number
	}
	voters := map[int32]bool{}
	for at, b := range j.ballots.all {
		if matches(b.voter, b.code(), at < j.clock.coded) {
			voters[b.voter] = true
		}
	}
	j.roll.sort() // if the election is not open yet
	for _, g := range j.ghosts {
		if voter := j.roll.find(g.key); voter >= 0 && matches(voter, g.code, g.coded) {
			voters[voter] = true
		}
	}
	var found []Receipt
	add := func(r Receipt, voter int32, code, time uint64, coded bool) {
		r.Matches = matches(voter, code, coded)
		if !r.Matches && !voters[voter] {
			return
		}
		if voter >= 0 {
			r.BallotNumber = formatBallotNumber(j.roll.list[voter].number())
		}
		if coded {
			r.Code, r.Sealed = formatCode(code), time
		}
		found = append(found, r)
	}
	for at, b := range j.ballots.all {
		r := Receipt{Index: uint64(b.index), State: stateNames[b.state]}
		if b.state == stateVoid {
			r.Reason = j.reasonFor(r.Index)
		}
		add(r, b.voter, b.code(), b.codeTime.value(), at < j.clock.coded)
	}
	for _, g := range j.ghosts {
		add(Receipt{Index: g.index, State: stateNames[stateVoid], Reason: g.reason}, j.roll.find(g.key), g.code, g.time, g.coded)
	}
	slices.SortFunc(found, func(a, b Receipt) int { return cmp.Compare(a.Index, b.Index) })
	return found
}

// reasonFor returns why the entry at index is void.
func (j *judge) reasonFor(index uint64) string {
	for _, v := range j.voids {
		if v.Index == index {
			return v.Reason
		}
	}
	return ""
}
