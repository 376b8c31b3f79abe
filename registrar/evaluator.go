package registrar

import (
	"context"
	"errors"
	"fmt"

	"rollcall/crypto/credential"
)

// Errors of an Evaluator. They hold nothing of the request.
var (
	// ErrBudget says that the voter number has no tries left for the purpose:
	// later in the hour, or until staff have identified the voter.
	ErrBudget = errors.New("no tries left")
	// ErrUnavailable says that the registrar could not answer. Nothing was
	// counted, or asking again with the same nonce counts nothing more.
	ErrUnavailable = errors.New("registrar is not available")
	// ErrRequest says that the request is malformed.
	ErrRequest = errors.New("malformed request")
	// ErrNonce says that the nonce came before with another element.
	ErrNonce = errors.New("nonce was used for another request")
)

// NonceSize is the size of a request's nonce in bytes.
const NonceSize = 16

// Request asks for one evaluation.
type Request struct {
	Purpose     credential.Purpose
	VoterNumber string // nine digits, the last a check digit
	Blinded     []byte // 32 bytes: one blinded element
	// Nonce is random and stays the same when the request is tried again: the
	// repeated request counts once and gets the same answer.
	Nonce [NonceSize]byte
}

// Response is the answer to a Request.
type Response struct {
	Evaluated []byte // 32 bytes
	Proof     []byte // 64 bytes
}

// Evaluator evaluates one blinded element. Service does it in process and
// Client over HTTP.
type Evaluator interface {
	Evaluate(ctx context.Context, request Request) (Response, error)
}

// Format keeps the voter number out of every log line and error text,
// whatever the verb.
func (Request) Format(s fmt.State, _ rune) { fmt.Fprint(s, "registrar.Request{...}") }

// The wire form of a request: purpose (1 byte), voter number (9 ASCII digits),
// nonce (16), blinded element (32). Every length is fixed, so there is one
// encoding of a request and nothing to bound.
const (
	requestSize  = 1 + credential.VoterNumberDigits + NonceSize + credential.ElementSize
	responseSize = credential.ElementSize + credential.ProofSize

	purposePINByte  = 1
	purposeCastByte = 2
)

// encodeRequest writes the 58 bytes of a request.
func encodeRequest(r Request) ([]byte, error) {
	if err := verifyRequest(r); err != nil {
		return nil, err
	}
	b := make([]byte, 0, requestSize)
	if r.Purpose == credential.PurposePIN {
		b = append(b, purposePINByte)
	} else {
		b = append(b, purposeCastByte)
	}
	b = append(b, r.VoterNumber...)
	b = append(b, r.Nonce[:]...)
	return append(b, r.Blinded...), nil
}

// decodeRequest is the strict inverse of encodeRequest. The error wraps
// ErrRequest.
func decodeRequest(b []byte) (Request, error) {
	if len(b) != requestSize {
		return Request{}, fmt.Errorf("body has %d bytes, want %d: %w", len(b), requestSize, ErrRequest)
	}
	var r Request
	switch b[0] {
	case purposePINByte:
		r.Purpose = credential.PurposePIN
	case purposeCastByte:
		r.Purpose = credential.PurposeCast
	default:
		return Request{}, fmt.Errorf("unknown purpose: %w", ErrRequest)
	}
	b = b[1:]
	r.VoterNumber, b = string(b[:credential.VoterNumberDigits]), b[credential.VoterNumberDigits:]
	r.Nonce, b = [NonceSize]byte(b[:NonceSize]), b[NonceSize:]
	r.Blinded = append([]byte(nil), b...)
	if err := verifyRequest(r); err != nil {
		return Request{}, err
	}
	return r, nil
}

// verifyRequest checks what can be checked without a key.
func verifyRequest(r Request) error {
	if r.Purpose != credential.PurposePIN && r.Purpose != credential.PurposeCast {
		return fmt.Errorf("unknown purpose: %w", ErrRequest)
	}
	if err := credential.VerifyVoterNumber(r.VoterNumber); err != nil {
		return fmt.Errorf("%w: %w", err, ErrRequest)
	}
	if err := credential.VerifyElement(r.Blinded); err != nil {
		return fmt.Errorf("blinded element: %w: %w", err, ErrRequest)
	}
	return nil
}
