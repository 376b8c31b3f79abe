package entry

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"

	"rollcall/crypto/schnorr"
	"rollcall/crypto/transcript"
)

// ErrSigner says that an entry is signed by somebody else than it must be.
var ErrSigner = errors.New("signed by another key than the one it needs")

// SignedMessage returns what a signature of an entry covers: the framed
// fields "rollcall/v1/<kind>", election hash (64 bytes; empty for the
// manifest, which has none yet), signer (32 bytes) and SHA-256 of the body, which
// both signatures of a ballot share. SPEC.md, section 5.
func SignedMessage(kind Kind, electionHash, signer []byte, bodyHash [32]byte) []byte {
	return transcript.Frame([]byte("rollcall/v1/"+string(kind)), electionHash, signer, bodyHash[:])
}

// Sign encodes body and signs it with each key in turn, in the order of
// signers that the kind demands. electionHash is empty for the manifest only.
func Sign(body Body, electionHash []byte, keys ...*schnorr.SecretKey) (*Entry, error) {
	kind := body.Kind()
	b, err := marshal(string(kind), body)
	if err != nil {
		return nil, err
	}
	env, hash := envelope{Kind: string(kind), Body: b}, sha256.Sum256(b)
	for _, k := range keys {
		signer := k.Public().Bytes()
		env.Signatures = append(env.Signatures, Signature{
			Signer: signer,
			Value:  k.Sign(SignedMessage(kind, electionHash, signer, hash)),
		})
	}
	raw, err := marshal("entry", &env)
	if err != nil {
		return nil, err
	}
	return Decode(raw)
}

// VerifySignatures checks that the entry is signed by exactly the given keys,
// in order, for the election.
func (e *Entry) VerifySignatures(electionHash []byte, signers ...schnorr.PublicKey) error {
	if len(signers) != len(e.Signatures) {
		return fmt.Errorf("%s: %d signatures, want %d", e.Kind(), len(e.Signatures), len(signers))
	}
	for i, s := range e.Signatures {
		if !bytes.Equal(s.Signer, signers[i].Bytes()) {
			return fmt.Errorf("%s: signature %d: %w", e.Kind(), i, ErrSigner)
		}
		if err := signers[i].Verify(e.SignedMessage(i, electionHash), s.Value); err != nil {
			return fmt.Errorf("%s: signature %d: %w", e.Kind(), i, err)
		}
	}
	return nil
}

// SignedMessage returns what signature i of the entry covers.
func (e *Entry) SignedMessage(i int, electionHash []byte) []byte {
	return SignedMessage(e.Kind(), electionHash, e.Signatures[i].Signer, e.bodyHash)
}
