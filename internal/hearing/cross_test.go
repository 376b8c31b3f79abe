package hearing_test

import (
	"testing"

	"rollcall/internal/text"
	"rollcall/phone/media"
)

// TestDigitsDiffer holds that no digit, whole and unharmed, is heard in another
// one: it is said nine times over by a line that knows all digits but itself.
func TestDigitsDiffer(t *testing.T) {
	t.Parallel()
	for _, lang := range text.Languages {
		for d := byte('0'); d < '0'+digits; d++ {
			lib, words := known(t, lang, d)
			p, _ := text.Digit(lang, d)
			sound, err := lib.Audio([]text.Phrase{p, text.Pause, p, p, text.Pause})
			if err != nil {
				t.Fatal(err)
			}
			for _, h := range words.Recognise(media.DecodeUlaw(sound)) {
				if len(h.IDs) > 0 {
					t.Errorf("%s %c: heard %s, fit %.2f", lang, d, h.IDs[0], h.Fit)
				}
			}
		}
	}
}
