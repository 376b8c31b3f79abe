package main

import (
	"errors"
	"slices"

	"rollcall/crypto/group"
)

// The floor is what no verifier of these ballots can do without: decoding the
// points of a batch of ballots, and one sum of products over exactly these
// points. Hashing, decoding of entries, and everything about the election is left
// out.

// batchFloor is the floor with Rollcall's own arithmetic: the batch is the one
// that a verifier checks, made before. What it holds beyond the sum is the
// drawing of a weight for each equation and the multiplication of scalars by it.
func (r *record) batchFloor(points [][]byte, hints []byte) (func() error, error) {
	items := make([][]group.Equation, len(r.pairs))
	for i, p := range r.pairs {
		ballot, cast, err := p.decode()
		if err != nil {
			return nil, err
		}
		if items[i], err = r.equations(nil, ballot, cast); err != nil {
			return nil, err
		}
	}
	return func() error {
		d := group.NewDecoder(hints)
		if hints == nil { // side by side, as in the verifier
			d = d.WithAhead(group.DecodeAhead(len(points), slices.Values(points)))
		}
		for _, p := range points {
			if _, err := d.Element(p); err != nil {
				return err
			}
		}
		return errors.Join(new(group.Batch).VarTimeCheck(items, r.joint)...)
	}, nil
}

// libraryFloor is the floor with another library, with sums of so many points at
// a time. Scalars are as long as those of a batch: half as long for R and
// commitments.
func libraryFloor(l *library, points, piece int) func() error {
	return func() error {
		for i := range points {
			l.decode(i)
		}
		for range points / piece {
			l.sum(piece)
		}
		return nil
	}
}

// floorInputs returns the points of a record with scalars as they are in a batch.
func (r *record) floorInputs() (inputs, error) {
	points, err := r.points()
	if err != nil {
		return inputs{}, err
	}
	in := randomInputs(len(points))
	in.points = points
	for i, s := range in.scalars {
		if short[i%pointsABallot] {
			clear(s[16:])
		}
	}
	return in, nil
}

// short says which of a ballot's points have a weight alone as their scalar.
var short = func() (s [pointsABallot]bool) {
	for i := range s {
		commitment := i >= 3+2*ciphertextCount && i < 3+4*ciphertextCount
		s[i] = commitment || i == 1 || i == 2 || i >= pointsABallot-2
	}
	return s
}()
