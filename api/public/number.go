package public

import (
	"errors"
	"fmt"
	"strings"

	"rollcall/crypto/checkdigit"
)

// ErrNumber says that what was typed is no number to look up by. It is or wraps
// [checkdigit.ErrCheck] too where the length is right and a digit is not.
var ErrNumber = errors.New("neither a receipt code nor a ballot number")

// A Number is what a voter looks up by: a receipt code of 16 digits or a ballot
// number of 12, its check digits right.
type Number string

// IsCode reports whether the number is a receipt code.
func (n Number) IsCode() bool { return len(n) == checkdigit.ReceiptCodeLength }

// Groups returns the number in groups of four, as it is spoken and printed.
func (n Number) Groups() string {
	var b strings.Builder
	for i, r := range string(n) {
		if i > 0 && i%4 == 0 {
			b.WriteByte(' ')
		}
		b.WriteRune(r)
	}
	return b.String()
}

// separators are what people and word processors put between groups.
var separators = strings.NewReplacer(" ", "", "-", "", ".", "", "\t", "", "\u00a0", "", "\u202f", "",
	"\u2009", "", "\u2010", "", "\u2011", "", "\u2012", "", "\u2013", "", "\u2014", "", "\u2212", "")

func bare(typed string) string { return separators.Replace(strings.TrimSpace(typed)) }

// ParseNumber reads a number as typed, and checks its check digits. Errors wrap
// ErrNumber, and checkdigit.ErrCheck where a digit is mistyped; they hold no digit.
func ParseNumber(typed string) (Number, error) {
	s := bare(typed)
	if len(s) != checkdigit.ReceiptCodeLength && len(s) != checkdigit.BallotNumberLength {
		return "", fmt.Errorf("%w: %d characters, want %d or %d digits", ErrNumber, len([]rune(s)),
			checkdigit.ReceiptCodeLength, checkdigit.BallotNumberLength)
	}
	if err := checkdigit.Verify97(s, len(s)); err != nil {
		return "", fmt.Errorf("%w: %w", ErrNumber, err)
	}
	return Number(s), nil
}

// near returns every number that one slip of the hand turns into what was typed:
// one digit for another, two neighbours swapped, a digit too many or one too few.
// Check digits leave one in 97 of them, so they are at most a few.
func near(typed string) []Number {
	s := bare(typed)
	if len(s) < checkdigit.BallotNumberLength-1 || len(s) > checkdigit.ReceiptCodeLength+1 || strings.Trim(s, digits) != "" {
		return nil
	}
	var found []Number
	seen := map[string]bool{s: true} // what was typed itself is not near
	for _, variant := range slips(s) {
		if seen[variant] {
			continue
		}
		seen[variant] = true
		if n, err := ParseNumber(variant); err == nil {
			found = append(found, n)
		}
	}
	return found
}

const digits = "0123456789"

// slips returns every string of digits from which s is one slip away.
func slips(s string) []string {
	var list []string
	for i := range len(s) + 1 {
		for _, d := range digits {
			list = append(list, s[:i]+string(d)+s[i:]) // one left out
			if i < len(s) {
				list = append(list, s[:i]+string(d)+s[i+1:]) // one mistyped
			}
		}
		if i < len(s) {
			list = append(list, s[:i]+s[i+1:]) // one too many
		}
		if i+1 < len(s) {
			list = append(list, s[:i]+s[i+1:i+2]+s[i:i+1]+s[i+2:]) // two swapped
		}
	}
	return list
}
