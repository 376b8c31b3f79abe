package credential

import (
	"errors"
	"fmt"

	"rollcall/crypto/checkdigit"
)

// Lengths of the numbers on a voter's letter, in ASCII digits. They are fixed
// because the function's input is their concatenation: with free lengths 8||9
// digits would collide with 9||8.
const (
	VoterNumberDigits  = checkdigit.VoterNumberLength // 9, the last one is a check digit
	PINDigits          = 8
	CastCodeDigits     = 6                             // the first one is 4 to 9
	BallotNumberDigits = checkdigit.BallotNumberLength // 12, the last two are check digits
)

// ErrFormat says that a number of a voter's letter is not of its form: a wrong
// length, something other than ASCII digits, or a check digit that does not
// match.
var ErrFormat = errors.New("not of its form")

// VerifyVoterNumber checks the form of a voter number: nine digits of which
// the last is the check digit of the others (ISO 7064 MOD 11,10: it finds every
// single wrong digit, so that a slip of the finger is hardly ever another
// voter's try). It does not say that the number was issued. The error wraps ErrFormat.
func VerifyVoterNumber(s string) error {
	if err := verifyDigits("voter number", s, VoterNumberDigits); err != nil {
		return err
	}
	if checkdigit.Verify1110(s, VoterNumberDigits) != nil {
		return fmt.Errorf("voter number: check digit does not match: %w", ErrFormat)
	}
	return nil
}

// VerifyPIN checks the form of a PIN: eight digits. The error wraps ErrFormat.
func VerifyPIN(s string) error { return verifyDigits("PIN", s, PINDigits) }

// VerifyCastCode checks the form of a cast code: six digits, the first of them
// 4 to 9, so that no key of the decision menu is the start of a code. The
// error wraps ErrFormat.
func VerifyCastCode(s string) error {
	if err := verifyDigits("cast code", s, CastCodeDigits); err != nil {
		return err
	}
	if s[0] < '4' {
		return fmt.Errorf("cast code: first digit is below 4: %w", ErrFormat)
	}
	return nil
}

// PINInput returns the function's input for the purpose "pin": the PIN's eight
// ASCII digits.
func PINInput(pin string) ([]byte, error) {
	if err := VerifyPIN(pin); err != nil {
		return nil, err
	}
	return []byte(pin), nil
}

// CastInput returns the function's input for the purpose "cast": PIN and cast
// code, fourteen ASCII digits.
func CastInput(pin, castCode string) ([]byte, error) {
	if err := VerifyPIN(pin); err != nil {
		return nil, err
	}
	if err := VerifyCastCode(castCode); err != nil {
		return nil, err
	}
	return append([]byte(pin), castCode...), nil
}

// verifyDigits never repeats s in its error: s may be a secret.
func verifyDigits(name, s string, want int) error {
	if len(s) != want {
		return fmt.Errorf("%s: has %d characters, want %d digits: %w", name, len(s), want, ErrFormat)
	}
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return fmt.Errorf("%s: character %d is not a digit: %w", name, i+1, ErrFormat)
		}
	}
	return nil
}
