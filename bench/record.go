package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"

	"rollcall/bulletin/entry"
	"rollcall/bulletin/hint"
	"rollcall/bulletin/tlog"
	"rollcall/crypto/elgamal"
	"rollcall/crypto/group"
	"rollcall/crypto/schnorr"
	"rollcall/crypto/sigma"
)

// record is some ballots of a board with their casts, as bytes.
type record struct {
	hash  [entry.HashSize]byte
	joint *group.Point
	booth schnorr.PublicKey
	pairs []pair
}

// pair is a ballot and its cast.
type pair struct{ ballot, cast []byte }

// ballotsABatch is how many ballots are verified as one.
const ballotsABatch = 200

// errEnough ends the reading of a board.
var errEnough = errors.New("enough")

// readRecord reads the first n ballots that were cast.
func readRecord(ctx context.Context, b *board, n int) (*record, error) {
	r := &record{}
	ballots := map[uint64][]byte{}
	err := b.entries(ctx, func(index uint64, raw []byte) error {
		e, err := entry.Decode(raw)
		if err != nil {
			return err
		}
		switch body := e.Body.(type) {
		case *entry.Manifest:
			r.hash = e.Hash()
			r.booth, err = schnorr.ParsePublicKey(body.Booths[0])
		case *entry.Open:
			r.joint, err = group.ParseElement(body.JointKey)
		case *entry.Ballot:
			ballots[index] = slices.Clone(raw)
		case *entry.Cast:
			r.pairs = append(r.pairs, pair{ballots[body.Ballot], slices.Clone(raw)})
			if len(r.pairs) == n {
				return errEnough
			}
		}
		return err
	})
	if err != nil && !errors.Is(err, errEnough) {
		return nil, err
	}
	if len(r.pairs) < n {
		return nil, fmt.Errorf("the board has %d cast ballots, want %d", len(r.pairs), n)
	}
	return r, nil
}

// first returns the record of the first n ballots.
func (r *record) first(n int) *record {
	return &record{r.hash, r.joint, r.booth, r.pairs[:n]}
}

// decode decodes the entries of a ballot and its cast, and takes their leaf
// hashes.
func (p *pair) decode() (ballot, cast *entry.Entry, err error) {
	tlog.LeafHash(p.ballot)
	tlog.LeafHash(p.cast)
	if ballot, err = entry.Decode(p.ballot); err != nil {
		return nil, nil, err
	}
	cast, err = entry.Decode(p.cast)
	return ballot, cast, err
}

// equations decodes the points and numbers of a ballot and its cast with a
// decoder's hints and returns what must hold: two equations for each of eleven
// options and four for the signatures. Roll, tree, codes and sums are left out.
func (r *record) equations(d *group.Decoder, ballot, cast *entry.Entry) ([]group.Equation, error) {
	equations, err := r.signatures(d, ballot, nil)
	if err != nil {
		return nil, err
	}
	body, ok := ballot.Body.(*entry.Ballot)
	if !ok {
		return nil, fmt.Errorf("a %s stands where a ballot must", ballot.Kind())
	}
	st := &sigma.Statement{ElectionHash: r.hash, Key: r.joint, Credential: [32]byte(ballot.Signatures[0].Signer), Limit: 1}
	if st.Ciphertexts, err = elgamal.DecodeCiphertexts(d, body.Contests[0].Ciphertexts, ciphertextCount); err != nil {
		return nil, err
	}
	proof, err := sigma.UnitVectorEquations(d, st, body.Contests[0].Proof)
	if err != nil {
		return nil, err
	}
	return r.signatures(d, cast, append(equations, proof...))
}

// signatures appends the equations of an entry's signatures: the voter's, and
// that of the booth, whose key is decoded once.
func (r *record) signatures(d *group.Decoder, e *entry.Entry, to []group.Equation) ([]group.Equation, error) {
	for i, s := range e.Signatures {
		key := r.booth
		if i == 0 {
			var err error
			if key, err = schnorr.DecodePublicKey(d, s.Signer); err != nil {
				return nil, err
			}
		} else if !bytes.Equal(s.Signer, key.Bytes()) {
			return nil, errors.New("signed by another booth")
		}
		signature, err := schnorr.DecodeSignature(d, s.Value)
		if err != nil {
			return nil, err
		}
		to = append(to, signature.Equation(key, e.SignedMessage(i, r.hash[:])))
	}
	return to, nil
}

// pointsABallot is how many points of its own a cast ballot has on the board:
// two a ciphertext, two commitments an option, R of four signatures, and the
// voter's two keys. Those of election and booth are all ballots'.
const pointsABallot = 4*ciphertextCount + 4 + 2

// points returns the encodings of all points of the record's ballots, in the
// order in which equations decodes them, which is that of their hints.
func (r *record) points() ([][]byte, error) {
	var points [][]byte
	for _, p := range r.pairs {
		ballot, cast, err := p.decode()
		if err != nil {
			return nil, err
		}
		points = slices.AppendSeq(points, hint.Points(ballot, cast))
	}
	if len(points) != pointsABallot*len(r.pairs) {
		return nil, fmt.Errorf("%d ballots have %d points, want %d each", len(r.pairs), len(points), pointsABallot)
	}
	return points, nil
}

// hints returns the hints of all points of the record's ballots.
func (r *record) hints() ([]byte, error) {
	points, err := r.points()
	return group.AppendHints(nil, slices.Values(points)), err
}

// batch verifies the record in batches. Where hints are nil, points are decoded
// ahead, as in the verifier.
func (r *record) batch(hints []byte) error {
	for pairs := range slices.Chunk(r.pairs, ballotsABatch) {
		entries := make([]*entry.Entry, 2*len(pairs))
		for i, p := range pairs {
			var err error
			if entries[2*i], entries[2*i+1], err = p.decode(); err != nil {
				return err
			}
		}
		d := group.NewDecoder(hints)
		if hints == nil {
			d = d.WithAhead(group.DecodeAhead(hint.Count(entries...), hint.Points(entries...)))
		}
		items := make([][]group.Equation, len(pairs))
		for i := range items {
			var err error
			if items[i], err = r.equations(d, entries[2*i], entries[2*i+1]); err != nil {
				return err
			}
		}
		if err := errors.Join(new(group.Batch).VarTimeCheck(items, r.joint)...); err != nil {
			return err
		}
		hints = hints[min(len(hints), len(pairs)*pointsABallot*group.HintSize):]
	}
	return nil
}

// measure measures a way to verify the record, a ballot.
func (r *record) measure(key, name string, verify func() error) measurement {
	return measurement{name, func(context.Context) (samples, error) {
		start := processorTime()
		if err := verify(); err != nil {
			return nil, err
		}
		took := processorTime() - start
		return samples{key: took.Seconds() / float64(len(r.pairs))}, nil
	}}
}
