package public

import (
	"context"
	"fmt"
)

// A Match is a ballot that a number finds.
type Match struct {
	Ballot
	// Instead is the cast ballot of the same ballot number, if this one is not
	// cast and another is.
	Instead *Ballot
}

// Find returns every match of a number, in the order of the board.
func Find(ctx context.Context, e Election, n Number) ([]Match, error) {
	ballots, err := search(ctx, e, n)
	if err != nil {
		return nil, err
	}
	matches := make([]Match, len(ballots))
	cast := make(map[string]*Ballot) // by ballot number; nil where none is
	for i, b := range ballots {
		matches[i].Ballot = b
		if b.State == StateCast {
			continue
		}
		instead, known := cast[b.Number]
		if !known {
			if instead, err = findCast(ctx, e, b.Number); err != nil {
				return nil, err
			}
			cast[b.Number] = instead
		}
		matches[i].Instead = instead
	}
	return matches, nil
}

// maxNear is how many near numbers are offered: more would be no help.
const maxNear = 3

// FindNear returns the numbers, at most three, of which what was typed is one
// slip of the hand away and under which there is a ballot. It tells nothing that
// the public board does not.
func FindNear(ctx context.Context, e Election, typed string) ([]Number, error) {
	var found []Number
	for _, n := range near(typed) {
		ballots, err := search(ctx, e, n)
		if err != nil {
			return nil, err
		}
		if len(ballots) > 0 && len(found) < maxNear {
			found = append(found, n)
		}
	}
	return found, nil
}

// search returns the ballots with a number.
func search(ctx context.Context, e Election, n Number) ([]Ballot, error) {
	search := e.FindBallotNumber
	if n.IsCode() {
		search = e.FindCode
	}
	ballots, err := search(ctx, string(n))
	if err != nil {
		return nil, fmt.Errorf("look-up: %w", err)
	}
	return ballots, nil
}

// findCast returns the cast ballot under a ballot number, or nil.
func findCast(ctx context.Context, e Election, ballotNumber string) (*Ballot, error) {
	ballots, err := search(ctx, e, Number(ballotNumber))
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
