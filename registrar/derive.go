package registrar

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"

	"rollcall/crypto/credential"
	"rollcall/crypto/schnorr"
)

// DeriveBallotKey derives a voter's ballot key from voter number (nine digits)
// and PIN (eight), asking the evaluator once. A wrong PIN is not an error
// here: it gives a key that is on no roll. The errors are the evaluator's,
// credential.ErrFormat and credential.ErrProof.
func DeriveBallotKey(ctx context.Context, ev Evaluator, public *credential.OPRFPublicKey, electionHash [64]byte,
	voterNumber, pin string) (*schnorr.SecretKey, error) {
	input, err := credential.PINInput(pin)
	if err != nil {
		return nil, fmt.Errorf("deriving the ballot key: %w", err)
	}
	output, err := derive(ctx, ev, public, electionHash, credential.PurposePIN, voterNumber, input)
	if err != nil {
		return nil, fmt.Errorf("deriving the ballot key: %w", err)
	}
	defer clear(output)
	return credential.BallotKey(electionHash, output)
}

// DeriveCastKey derives a voter's cast key from voter number, PIN and cast
// code (six digits), asking the evaluator once. A wrong code gives a key that
// is on no roll.
func DeriveCastKey(ctx context.Context, ev Evaluator, public *credential.OPRFPublicKey, electionHash [64]byte,
	voterNumber, pin, castCode string) (*schnorr.SecretKey, error) {
	input, err := credential.CastInput(pin, castCode)
	if err != nil {
		return nil, fmt.Errorf("deriving the cast key: %w", err)
	}
	output, err := derive(ctx, ev, public, electionHash, credential.PurposeCast, voterNumber, input)
	if err != nil {
		return nil, fmt.Errorf("deriving the cast key: %w", err)
	}
	defer clear(output)
	return credential.CastKey(electionHash, output)
}

// derive runs one evaluation and wipes its input.
func derive(ctx context.Context, ev Evaluator, public *credential.OPRFPublicKey, electionHash [64]byte,
	purpose credential.Purpose, voterNumber string, input []byte) ([]byte, error) {
	defer clear(input)
	info, err := credential.Info(electionHash, purpose, voterNumber)
	if err != nil {
		return nil, err
	}
	blinding, err := credential.Blind(public, info, input)
	if err != nil {
		return nil, err
	}
	defer blinding.Wipe()
	request := Request{Purpose: purpose, VoterNumber: voterNumber, Blinded: blinding.Blinded()}
	if _, err := rand.Read(request.Nonce[:]); err != nil {
		return nil, fmt.Errorf("drawing a nonce: %w", err)
	}
	response, err := ev.Evaluate(ctx, request)
	if errors.Is(err, ErrUnavailable) && ctx.Err() == nil {
		// An answer may have been lost on its way. The nonce is the same, so
		// the voter pays for one try.
		response, err = ev.Evaluate(ctx, request)
	}
	if err != nil {
		return nil, err
	}
	return blinding.Finalize(response.Evaluated, response.Proof)
}
