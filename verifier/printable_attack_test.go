package verifier

import (
	"strings"
	"testing"
	"unicode"

	"rollcall/bulletin/entry"
)

// spoof fits into a label: it clears the screen, writes a verdict and makes
// everything after it invisible.
const spoof = "\x1b[2J\x1b[HVERIFIED: every check passed\x1b[8m"

// TestTerminalOfTheVerifier is a record whose own texts want to speak for the
// verifier: in a label of the result, and in a key of a map, which stands in the
// error of an entry that does not decode.
func TestTerminalOfTheVerifier(t *testing.T) {
	if len(spoof) > 40 {
		t.Fatalf("%d bytes do not fit into a label", len(spoof))
	}
	for name, c := range map[string]tamper{
		"label of an option": at("result 0", func(_ *record, body entry.Body) {
			body.(*entry.Result).Parts[0].Options[0].Option = spoof
		}),
		"label of a unit": at("result 0", func(_ *record, body entry.Body) {
			body.(*entry.Result).Parts[0].Units[0] = "\n\nVERIFIED: every check passed\n\n"
		}),
		"label of a contest": at("result 0", func(_ *record, body entry.Body) {
			body.(*entry.Result).Parts[0].Contest = "\u202e\u2066dessap kcehc yreve :DEIFIREV"
		}),
		"key of a map": {raw: func(_ *record, step string, raw []byte) []byte {
			if step != "manifest" {
				return raw
			}
			return []byte(strings.Replace(string(raw), "etitle\xa1bendtest", "etitle\xa1f\x1b[2J\x1bc\x60", 1))
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			report := build(t, c).verify()
			if report.Verified() {
				t.Fatal("verified")
			}
			var b strings.Builder
			if err := report.WriteText(&b, false); err != nil {
				t.Fatal(err)
			}
			text := b.String()
			if i := strings.IndexFunc(text, func(r rune) bool { return r != '\n' && !unicode.IsPrint(r) }); i >= 0 {
				t.Errorf("a terminal would obey %q", text[i:min(len(text), i+60)])
			}
			if strings.Contains(text, "\nVERIFIED") {
				t.Error("the record has written a verdict of its own")
			}
		})
	}
}

func TestPrintable(t *testing.T) {
	for s, want := range map[string]string{
		"":                         "",
		"Peña, \"Ana\" \\ 投票 ▒":    "Peña, \"Ana\" \\ 投票 ▒",
		"a\x1b[8mb\nc\td\x00\x7f":  `a\x1b[8mb\nc\td\x00\x7f`,
		"\u009b8m \u202e \u200b":   `\u009b8m \u202e \u200b`,
		"\xff\xc3 \ufffd":          `\xff\xc3 ` + "\ufffd",
		"\U0001f5f3 \U000e0041 \r": "\U0001f5f3 " + `\U000e0041 \r`,
	} {
		if got := Printable(s); got != want {
			t.Errorf("%q becomes %q, want %q", s, got, want)
		}
	}
}
