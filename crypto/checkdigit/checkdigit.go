// Package checkdigit guards the numbers people copy, say and key by hand with
// the check digits of ISO/IEC 7064: the system MOD 97-10 (two digits) for
// ballot numbers and receipt codes, and MOD 11,10 (one digit) for voter
// numbers. Check digits find slips, not attacks.
package checkdigit

import (
	"errors"
	"fmt"
)

// Lengths in digits, check digits included.
const (
	BallotNumberLength = 12 // 10 and 2, MOD 97-10
	ReceiptCodeLength  = 16 // 14 and 2, MOD 97-10
	VoterNumberLength  = 9  // 8 and 1, MOD 11,10
)

// ErrCheck says that the check digits do not belong to the number. Errors hold
// no digit: the numbers can be secrets.
var ErrCheck = errors.New("check digits do not match")

// Append97 appends to decimal digits, of which there must be at least one, the
// two check digits of MOD 97-10.
func Append97(digits string) (string, error) {
	if err := checkDigits(digits, 1); err != nil {
		return "", err
	}
	return digits + check97(digits), nil
}

// Verify97 checks a number of exactly length digits that ends in check digits
// of MOD 97-10. They are computed anew and compared: "the whole is 1 modulo
// 97" would also take 00, 01 and 99 where 97, 98 and 02 are right.
func Verify97(number string, length int) error {
	if len(number) != length {
		return fmt.Errorf("number has %d characters, want %d digits", len(number), length)
	}
	if err := checkDigits(number, 3); err != nil {
		return err
	}
	if n := len(number) - 2; check97(number[:n]) != number[n:] {
		return ErrCheck
	}
	return nil
}

// check97 returns 98 - 100*digits mod 97, in 02..98.
func check97(digits string) string {
	r := 0
	for i := range len(digits) {
		r = (10*r + int(digits[i]-'0')) % 97
	}
	return fmt.Sprintf("%02d", 98-100*r%97)
}

// Append1110 appends to decimal digits, of which there must be at least one,
// the check digit of MOD 11,10.
func Append1110(digits string) (string, error) {
	if err := checkDigits(digits, 1); err != nil {
		return "", err
	}
	return digits + check1110(digits), nil
}

// Verify1110 checks a number of exactly length digits that ends in a check
// digit of MOD 11,10.
func Verify1110(number string, length int) error {
	if len(number) != length {
		return fmt.Errorf("number has %d characters, want %d digits", len(number), length)
	}
	if err := checkDigits(number, 2); err != nil {
		return err
	}
	if n := len(number) - 1; check1110(number[:n]) != number[n:] {
		return ErrCheck
	}
	return nil
}

// check1110 is the hybrid system of ISO/IEC 7064 with M = 10.
func check1110(digits string) string {
	p := 10
	for i := range len(digits) {
		s := (p + int(digits[i]-'0')) % 10
		if s == 0 {
			s = 10
		}
		p = 2 * s % 11
	}
	return string(rune('0' + (11-p)%10))
}

func checkDigits(s string, atLeast int) error {
	if len(s) < atLeast {
		return fmt.Errorf("number has %d digits, want at least %d", len(s), atLeast)
	}
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return fmt.Errorf("character %d is not a digit", i)
		}
	}
	return nil
}
