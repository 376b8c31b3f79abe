// Package sigma proves that a ballot is well formed without opening it: that
// the ciphertexts of a contest hold exactly one 1 and else 0 (vote for one), or
// each 0 or 1 and at most L in all (vote for up to L).
//
// Both are made of one engine, a disjunction: (A, B) encrypts one of the values
// v_0..v_m. The unit-vector proof is the batched AND inside an OR of Henry and
// Goldberg (ACNS 2013). Proofs carry commitments, challenges and responses, and
// verification yields group.Equation values instead of a verdict, so that
// checking one by one and in batches can not differ.
//
// Proving is constant time in the voter's choice. Here is no signature, no
// decision which contests a ballot must have, and no knowledge of the board.
// SPEC.md, section 10.
package sigma

import (
	"errors"
	"fmt"

	"rollcall/crypto/elgamal"
	"rollcall/crypto/group"
	"rollcall/crypto/transcript"
)

// Bounds on the number of ciphertexts of one contest, "none" included where it
// is an option.
const (
	MinOptions = 2
	MaxOptions = 1000
)

// ErrChallenge says that the challenges of a proof do not add up to the hash
// of its statement and commitments: the proof was made for something else.
var ErrChallenge = errors.New("challenges do not add up to that of the statement")

// Statement is everything a proof of a ballot speaks of. All of it is hashed.
type Statement struct {
	// ElectionHash is the SHA-512 of the manifest entry.
	ElectionHash [64]byte
	// Key is the joint key K.
	Key *group.Point
	// Credential is the voter's ballot key, an encoded Schnorr public key.
	Credential [32]byte
	// Contest and Unit are positions in the manifest, from 0.
	Contest, Unit uint64
	// Limit is how many options may be chosen: 1 for a unit vector.
	Limit int
	// Ciphertexts are all of the contest, one an option, in order.
	Ciphertexts []elgamal.Ciphertext
}

// check refuses statements that no proof may be made or verified for. It
// repeats what the decoder of ballots checks, so that no path leaves it out.
func (s *Statement) check() error {
	n := len(s.Ciphertexts)
	if n < MinOptions || n > MaxOptions {
		return fmt.Errorf("contest has %d options, want %d to %d", n, MinOptions, MaxOptions)
	}
	if s.Limit < 1 || s.Limit > n {
		return fmt.Errorf("limit is %d, want 1 to %d", s.Limit, n)
	}
	if s.Key == nil || s.Key.IsIdentity() {
		return fmt.Errorf("joint key: %w", group.ErrIdentity)
	}
	for i, c := range s.Ciphertexts {
		if c.Alpha == nil || c.Alpha.IsIdentity() {
			return fmt.Errorf("option %d: alpha: %w", i, group.ErrIdentity)
		}
		if c.Beta == nil || c.Beta.IsIdentity() {
			return fmt.Errorf("option %d: beta: %w", i, group.ErrIdentity)
		}
	}
	return nil
}

// digest is D, the hash of the whole statement under the tag of a proof.
func (s *Statement) digest(tag string) []byte {
	d := transcript.New(tag).
		Bytes(s.ElectionHash[:]).
		Point(s.Key).
		Bytes(s.Credential[:]).
		Uint64(s.Contest).
		Uint64(s.Unit).
		Uint64(uint64(len(s.Ciphertexts))).
		Uint64(uint64(s.Limit)).
		Public(len(s.Ciphertexts)*elgamal.CiphertextSize, func(to []byte) []byte {
			return elgamal.AppendEncoded(to, s.Ciphertexts)
		}).
		Sum()
	return d[:]
}

// split returns the first and the second points of ciphertexts.
func split(ciphertexts []elgamal.Ciphertext) (alphas, betas []*group.Point) {
	alphas, betas = make([]*group.Point, len(ciphertexts)), make([]*group.Point, len(ciphertexts))
	for i, ct := range ciphertexts {
		alphas[i], betas[i] = ct.Alpha, ct.Beta
	}
	return alphas, betas
}

// checkProver checks what the prover adds to a statement.
func (s *Statement) checkProver(enc *elgamal.Encryptor, randomness []*group.Scalar) error {
	if err := s.check(); err != nil {
		return err
	}
	if !enc.Key().Equal(s.Key) {
		return errors.New("encryptor is for another joint key than the statement")
	}
	if len(randomness) != len(s.Ciphertexts) {
		return fmt.Errorf("have randomness of %d ciphertexts, want %d", len(randomness), len(s.Ciphertexts))
	}
	return nil
}
