package credential

import (
	"encoding/binary"
	"errors"
	"fmt"

	"rollcall/crypto/checkdigit"
	"rollcall/crypto/schnorr"
	"rollcall/crypto/transcript"
)

const (
	ballotKeyTag    = "rollcall/v1/credential/ballot"
	castKeyTag      = "rollcall/v1/credential/cast"
	ballotNumberTag = "rollcall/v1/ballot-number"
)

// BallotKey derives the key that signs a voter's ballots, whose public half is
// the credential on the roll, from the function's outputs for the purpose
// "pin", 64 bytes each. There is one output for each issuer, one for now.
func BallotKey(electionHash [64]byte, outputs ...[]byte) (*schnorr.SecretKey, error) {
	return deriveKey(ballotKeyTag, electionHash, outputs)
}

// CastKey derives the key that signs the cast of a ballot from the function's
// outputs for the purpose "cast", 64 bytes each.
func CastKey(electionHash [64]byte, outputs ...[]byte) (*schnorr.SecretKey, error) {
	return deriveKey(castKeyTag, electionHash, outputs)
}

func deriveKey(tag string, electionHash [64]byte, outputs [][]byte) (*schnorr.SecretKey, error) {
	if len(outputs) == 0 {
		return nil, errors.New("deriving a key: no outputs")
	}
	t := transcript.New(tag).Bytes(electionHash[:]).Uint64(uint64(len(outputs)))
	for i, output := range outputs {
		if len(output) != OutputSize {
			return nil, fmt.Errorf("deriving a key: output %d has %d bytes, want %d", i, len(output), OutputSize)
		}
		t.Bytes(output)
	}
	key, err := schnorr.NewSecretKey(t.Challenge())
	if err != nil {
		return nil, fmt.Errorf("deriving a key: %w", err)
	}
	return key, nil
}

// BallotNumber returns the twelve digits under which a voter finds her ballots
// on the board: ten of a hash of election and credential, and two check digits
// (ISO 7064 MOD 97-10). It is public. The registrar sees to it that no two on
// one roll are equal.
func BallotNumber(electionHash [64]byte, credential schnorr.PublicKey) string {
	sum := transcript.New(ballotNumberTag).Bytes(electionHash[:]).Bytes(credential.Bytes()).Sum()
	n := binary.BigEndian.Uint64(sum[:8]) % 10_000_000_000
	number, err := checkdigit.Append97(fmt.Sprintf("%010d", n))
	if err != nil {
		panic("credential: ten digits refused: " + err.Error()) // they are digits
	}
	return number
}

// VerifyBallotNumber checks the form of a ballot number: twelve digits with
// matching check digits. The error wraps ErrFormat.
func VerifyBallotNumber(s string) error {
	if err := verifyDigits("ballot number", s, BallotNumberDigits); err != nil {
		return err
	}
	if checkdigit.Verify97(s, BallotNumberDigits) != nil {
		return fmt.Errorf("ballot number: check digits do not match: %w", ErrFormat)
	}
	return nil
}
