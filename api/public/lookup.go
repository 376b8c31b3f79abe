package api

import (
	"context"
	"fmt"
	"strings"

	"rollcall/crypto/checkdigit"
)

// A number is what a voter looks up by: a receipt code or a ballot number, by
// its length.
type number string

func (n number) isCode() bool { return len(n) == checkdigit.ReceiptCodeLength }

// groups returns the number in groups of four, as it is spoken and printed.
func (n number) groups() string {
	var b strings.Builder
	for i, r := range string(n) {
		if i > 0 && i%4 == 0 {
			b.WriteByte(' ')
		}
		b.WriteRune(r)
	}
	return b.String()
}

// separators are what people and word processors put between groups.
var separators = strings.NewReplacer(" ", "", "-", "", ".", "", "\t", "", "\u00a0", "", "\u202f", "",
	"\u2009", "", "\u2010", "", "\u2011", "", "\u2012", "", "\u2013", "", "\u2014", "", "\u2212", "")

// parseNumber reads a number as typed, and checks its check digits. Errors
// wrap errNumber, and checkdigit.ErrCheck where a digit is mistyped; they hold
// no digit.
func parseNumber(typed string) (number, error) {
	s := separators.Replace(strings.TrimSpace(typed))
	if len(s) != checkdigit.ReceiptCodeLength && len(s) != checkdigit.BallotNumberLength {
		return "", fmt.Errorf("%w: %d characters, want %d or %d digits", errNumber, len([]rune(s)),
			checkdigit.ReceiptCodeLength, checkdigit.BallotNumberLength)
	}
	if err := checkdigit.Verify97(s, len(s)); err != nil {
		return "", fmt.Errorf("%w: %w", errNumber, err)
	}
	return number(s), nil
}

// A match is a ballot that a number finds.
type match struct {
	Ballot
	// Instead is the cast ballot of the same ballot number, if this one is not
	// cast and another is.
	Instead *Ballot
}

// find returns every match of a number, in the order of the board.
func find(ctx context.Context, e Election, n number) ([]match, error) {
	search := e.FindBallotNumber
	if n.isCode() {
		search = e.FindCode
	}
	ballots, err := search(ctx, string(n))
	if err != nil {
		return nil, fmt.Errorf("look-up: %w", err)
	}
	matches := make([]match, len(ballots))
	cast := make(map[string]*Ballot) // by ballot number; nil where none is
	for i, b := range ballots {
		matches[i].Ballot = b
		if b.State == StateCast {
			continue
		}
		instead, known := cast[b.Number]
		if !known {
			if instead, err = findCast(ctx, e, b.Number); err != nil {
				return nil, fmt.Errorf("look-up: %w", err)
			}
			cast[b.Number] = instead
		}
		matches[i].Instead = instead
	}
	return matches, nil
}

// findCast returns the cast ballot under a ballot number, or nil.
func findCast(ctx context.Context, e Election, ballotNumber string) (*Ballot, error) {
	ballots, err := e.FindBallotNumber(ctx, ballotNumber)
	if err != nil {
		return nil, err
	}
	for i := range ballots {
		if ballots[i].State == StateCast {
			return &ballots[i], nil
		}
	}
	return nil, nil
}
