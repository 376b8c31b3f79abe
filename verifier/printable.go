package verifier

import (
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Printable returns s with everything that is no printable character (control
// characters, line breaks, marks that turn the direction of writing, bytes that
// are no UTF-8) written as Go escapes it. Whatever comes from a record goes
// through it before a terminal: in the 40 bytes of a label there is room to
// clear the screen, write a verdict and hide the true one.
func Printable(s string) string {
	var b strings.Builder
	for i, r := range s {
		_, size := utf8.DecodeRuneInString(s[i:])
		if unicode.IsPrint(r) && (r != utf8.RuneError || size > 1) {
			b.WriteRune(r)
			continue
		}
		quoted := strconv.QuoteToASCII(s[i : i+size])
		b.WriteString(quoted[1 : len(quoted)-1])
	}
	return b.String()
}
