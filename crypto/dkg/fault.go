package dkg

import (
	"errors"
	"fmt"
)

// Causes of a Fault and of other refusals. Errors wrap them.
var (
	// ErrSetup says that the parameters of a ceremony are not usable
	// ("Setup"). No message has been looked at.
	ErrSetup = errors.New("ceremony setup refused")
	// ErrMessage says that bytes are not a round-1 message.
	ErrMessage = errors.New("malformed round-1 message")
	// ErrProof says that a proof of possession does not verify.
	ErrProof = errors.New("proof of possession does not verify")
	// ErrDuplicate says that two trustees posted an equal first commitment or
	// an equal ephemeral key.
	ErrDuplicate = errors.New("equal to another trustee's")
	// ErrDegenerate says that the joint key or a verification share is the
	// identity.
	ErrDegenerate = errors.New("is the identity")
	// ErrDecrypt says that an encrypted share does not authenticate.
	ErrDecrypt = errors.New("encrypted share does not decrypt")
	// ErrEncoding says that a decrypted share is not a canonical scalar.
	ErrEncoding = errors.New("decrypted share is not a canonical scalar")
	// ErrShare says that a decrypted share is not on the dealer's polynomial.
	ErrShare = errors.New("share does not match the dealer's commitments")
	// ErrSignature says that a transcript signature does not verify.
	ErrSignature = errors.New("transcript signature does not verify")
	// ErrOwnMessage says that the message under one's own index is not the one
	// that one made.
	ErrOwnMessage = errors.New("message under own index is not the one made here")
	// ErrFalseComplaint says that a complaint has a wrong proof or is about a
	// share that is in order.
	ErrFalseComplaint = errors.New("false complaint")
	// ErrRecovery says that recovery data are malformed or belong elsewhere.
	ErrRecovery = errors.New("recovery data refused")
)

// Fault is an error that names the trustee who caused it ("Blame-Finding and
// Reporting").
type Fault struct {
	// Trustee is the index, from 1, of the trustee at fault.
	Trustee int
	// Other is a second trustee who can not be told apart from the first as
	// the cause, and 0 where there is none. Only ErrDuplicate has one.
	Other int
	// Err is what is wrong; it wraps one of the errors of this package.
	Err error
	// Public says that everybody can see the fault in posted data alone. A
	// fault that is not public is shown to others by a complaint.
	Public bool
}

func (f *Fault) Error() string {
	if f.Other != 0 {
		return fmt.Sprintf("trustees %d and %d: %v", f.Trustee, f.Other, f.Err)
	}
	return fmt.Sprintf("trustee %d: %v", f.Trustee, f.Err)
}

func (f *Fault) Unwrap() error { return f.Err }
