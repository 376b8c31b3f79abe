package text

import (
	"crypto/sha256"
	"encoding/hex"
	"strconv"
	"strings"
)

// Phrase is the smallest thing that is spoken as one piece: fixed words of the
// catalogue, one digit, or a name. The zero Phrase is a pause.
type Phrase struct {
	Lang string // language of the words, "en"
	Text string // the words themselves
}

// Pause is the silence between the groups of a receipt code.
var Pause = Phrase{}

// IsPause reports whether p is silence.
func (p Phrase) IsPause() bool { return p.Text == "" }

// ID is a stable name for the phrase, LANG/WORDS-HASH, where WORDS are the first
// words in ASCII and HASH is 10 hex digits of SHA-256 over language and text. It
// is also the name of the phrase's recording, without its extension, and so
// changes with every change of the text: an old recording is never used for new
// words. A pause has the empty ID.
func (p Phrase) ID() string {
	if p.IsPause() {
		return ""
	}
	sum := sha256.Sum256([]byte(p.Lang + "\x00" + p.Text))
	return p.Lang + "/" + slug(p.Text) + "-" + hex.EncodeToString(sum[:5])
}

// maxSlug bounds the readable part of a phrase's ID.
const maxSlug = 32

var foldLetters = strings.NewReplacer("á", "a", "é", "e", "í", "i", "ó", "o", "ú", "u", "ü", "u", "ñ", "n")

func slug(s string) string {
	var b strings.Builder
	gap := false
	for _, r := range foldLetters.Replace(strings.ToLower(s)) {
		if (r < 'a' || r > 'z') && (r < '0' || r > '9') {
			gap = true
			continue
		}
		if gap && b.Len() > 0 {
			b.WriteByte('-')
		}
		gap = false
		b.WriteRune(r)
		if b.Len() >= maxSlug {
			break
		}
	}
	return b.String()
}

// Name is the phrase of a name that stands in the manifest: the title of an
// election or contest, or an option.
func Name(lang, name string) Phrase {
	return Phrase{Lang: lang, Text: strings.TrimSpace(name)}
}

// Digit is the phrase of one digit '0' to '9' in lang; ok is false for any other
// byte and for a language without a catalogue.
func Digit(lang string, digit byte) (p Phrase, ok bool) {
	c, err := For(lang)
	if err != nil || digit < '0' || digit > '9' {
		return Phrase{}, false
	}
	return c.digits[digit-'0'], true
}

// Number is the phrase of a small count. From 0 to 9 it is the digit; above, it
// is a phrase of its own, since "one, two" is not twelve.
func Number(lang string, n int) Phrase {
	if n >= 0 && n <= 9 {
		if p, ok := Digit(lang, '0'+byte(n)); ok {
			return p
		}
	}
	return Phrase{Lang: lang, Text: strconv.Itoa(n)}
}
