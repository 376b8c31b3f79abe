package text

import (
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// slots of a message, sorted.
func slots(c *Catalogue, id ID) []string {
	var s []string
	for _, p := range c.templates[id] {
		if p.slot != "" {
			s = append(s, p.slot)
		}
	}
	slices.Sort(s)
	return s
}

func TestEveryMessageInEveryLanguage(t *testing.T) {
	en, err := For("en")
	if err != nil {
		t.Fatal(err)
	}
	for _, lang := range Languages {
		c, err := For(lang)
		if err != nil {
			t.Fatal(err)
		}
		for _, id := range IDs {
			if len(c.templates[id]) == 0 {
				t.Errorf("%s: %s has no words", lang, id)
			}
			if got, want := slots(c, id), slots(en, id); !slices.Equal(got, want) {
				t.Errorf("%s: %s has placeholders %v, English has %v", lang, id, got, want)
			}
		}
		if len(c.markers) != len(IDs) {
			t.Errorf("%s: %d first phrases for %d messages", lang, len(c.markers), len(IDs))
		}
	}
}

// The design's words: sealed, test, cast. Not: encrypt, hash, spoil.
func TestWordsOfTheCall(t *testing.T) {
	banned := map[string]*regexp.Regexp{
		"en": regexp.MustCompile(`(?i)encrypt|cipher|hash|spoil|crypt`),
		"es": regexp.MustCompile(`(?i)cifr|encript|hash|anul|cript`),
	}
	used := map[string][]string{"en": {"sealed", "test", "cast"}, "es": {"sellada", "prueba", "emitida"}}
	for _, lang := range Languages {
		raw, err := files.ReadFile("catalogue/" + lang + ".yaml")
		if err != nil {
			t.Fatal(err)
		}
		_, messages, _ := strings.Cut(string(raw), "messages:")
		if found := banned[lang].FindString(messages); found != "" {
			t.Errorf("%s says %q", lang, found)
		}
		for _, word := range used[lang] {
			if !strings.Contains(messages, word) {
				t.Errorf("%s never says %q", lang, word)
			}
		}
	}
}

func TestParseRefuses(t *testing.T) {
	good, err := os.ReadFile("catalogue/en.yaml")
	if err != nil {
		t.Fatal(err)
	}
	change := func(old, new string) string {
		s := strings.Replace(string(good), old, new, 1)
		if s == string(good) {
			t.Fatalf("%q is not in the catalogue", old)
		}
		return s
	}
	if _, err := parse("en", good); err != nil {
		t.Fatal(err)
	}
	for name, tc := range map[string]struct{ raw, wantErr string }{
		"not-yaml":            {"{", ""},
		"unknown-field":       {"colour: red\n" + string(good), "colour"},
		"nine-digits":         {change("zero, ", ""), "10 digits"},
		"missing-message":     {change("  goodbye: \"Goodbye.\"\n", ""), "goodbye"},
		"unknown-message":     {change("messages:\n", "messages:\n  hallo: \"Hallo.\"\n"), "hallo"},
		"unknown-placeholder": {change("Welcome. {name}.", "Welcome. {title}."), "{title}"},
		"two-names":           {change("Welcome. {name}.", "Welcome. {name} {name}."), "more than one name"},
		"name-first":          {change("Welcome. {name}.", "{name} welcomes you."), "start with words"},
		"start-alike":         {change("To take back {name}", "To vote for {name}"), "start alike"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := parse("en", []byte(tc.raw))
			if err == nil || !strings.Contains(err.Error(), tc.wantErr) {
				t.Errorf("got %v, want an error with %q", err, tc.wantErr)
			}
		})
	}
}

// texts of phrases, a pause as "|".
func texts(phrases []Phrase) string {
	var s []string
	for _, p := range phrases {
		if p.IsPause() {
			s = append(s, "|")
			continue
		}
		s = append(s, p.Text)
	}
	return strings.Join(s, " / ")
}

func TestRender(t *testing.T) {
	for name, tc := range map[string]struct {
		m       Message
		want    string
		wantErr string
	}{
		"fixed":        {Message{Lang: "en", ID: Goodbye}, "Goodbye.", ""},
		"name-and-key": {Message{Lang: "en", ID: Offer, Name: "Ann", Digits: "3"}, "To vote for / Ann / press / three", ""},
		"spanish":      {Message{Lang: "es", ID: Offer, Name: "Ann", Digits: "3"}, "Para votar por / Ann / oprima / tres", ""},
		"number":       {Message{Lang: "en", ID: ContestUpTo, Name: "Parks", Digits: "2"}, "Vote for up to / two / Parks", ""},
		"large-number": {Message{Lang: "en", ID: ContestUpTo, Name: "Parks", Digits: "12"}, "Vote for up to / 12 / Parks", ""},
		"code": {Message{Lang: "en", ID: CodeIs, Digits: "1200560090001234"},
			"Your receipt code is / one / two / zero / zero / | / five / six / zero / zero / | / nine / zero / zero / zero / | / one / two / three / four", ""},
		"help-line":     {Message{Lang: "en", ID: HelpLine, Digits: "+1 (80)"}, "The help line is / one / eight / zero", ""},
		"unknown-id":    {Message{Lang: "en", ID: "hallo"}, "", "no message"},
		"unknown-lang":  {Message{Lang: "fil", ID: Goodbye}, "", "no catalogue"},
		"lacks-name":    {Message{Lang: "en", ID: Offer, Name: " ", Digits: "3"}, "", "lacks its name"},
		"lacks-digits":  {Message{Lang: "en", ID: Offer, Name: "Ann", Digits: "#"}, "", "lacks its digits"},
		"lacks-number":  {Message{Lang: "en", ID: ContestUpTo, Name: "Ann", Digits: "two"}, "", "lacks its number"},
		"useless-name":  {Message{Lang: "en", ID: Goodbye, Name: "Ann"}, "", "no place"},
		"useless-digit": {Message{Lang: "en", ID: Goodbye, Digits: "1"}, "", "no place"},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := Render([]Message{tc.m})
			if tc.wantErr != "" {
				if err == nil || !strings.Contains(err.Error(), tc.wantErr) {
					t.Errorf("got %v, want an error with %q", err, tc.wantErr)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if texts(got) != tc.want {
				t.Errorf("got  %s\nwant %s", texts(got), tc.want)
			}
		})
	}
}

// ids of phrases as a listener recognises them: without pauses.
func ids(t *testing.T, messages ...Message) []string {
	t.Helper()
	phrases, err := Render(messages)
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, p := range phrases {
		if !p.IsPause() {
			out = append(out, p.ID())
		}
	}
	return out
}

// A listener understands every message of every language, said in one breath.
func TestHearUnderstandsEveryMessage(t *testing.T) {
	for _, lang := range Languages {
		c, err := For(lang)
		if err != nil {
			t.Fatal(err)
		}
		var said []Message
		var want []Heard
		for _, id := range IDs {
			m, h := Message{Lang: lang, ID: id}, Heard{ID: id, Whole: true}
			for _, slot := range slots(c, id) {
				switch slot {
				case "name":
					m.Name = "Ann Lee"
					h.Name = Name(lang, m.Name).ID()
				case "code":
					m.Digits, h.Digits = "1200560090001234", "1200560090001234"
				default:
					m.Digits, h.Digits = "7", "7"
				}
			}
			said, want = append(said, m), append(want, h)
		}
		if got := c.Hear(ids(t, said...)); !slices.Equal(got, want) {
			t.Errorf("%s: heard %v\nwant %v", lang, got, want)
		}
	}
}

func TestHearWhatWasCutOff(t *testing.T) {
	c, err := For("en")
	if err != nil {
		t.Fatal(err)
	}
	offer := ids(t, Message{Lang: "en", ID: Offer, Name: "Ann", Digits: "3"})
	bye := ids(t, Message{Lang: "en", ID: Goodbye})
	code := ids(t, Message{Lang: "en", ID: CodeIs, Digits: "1200560090001234"})
	up := ids(t, Message{Lang: "en", ID: ContestUpTo, Name: "Parks", Digits: "12"})
	for name, tc := range map[string]struct {
		heard []string
		want  []Heard
	}{
		"nothing":        {nil, nil},
		"rest-of-one":    {append(offer[1:], bye...), []Heard{{ID: Goodbye, Whole: true}}},
		"only-its-start": {append(offer[:1:1], bye...), []Heard{{ID: Offer}, {ID: Goodbye, Whole: true}}},
		"half-a-code":    {code[:9], []Heard{{ID: CodeIs, Digits: "12005600"}}},
		"before-its-key": {offer[:3], []Heard{{ID: Offer, Name: offer[1]}}},
		"large-number":   {up, []Heard{{ID: ContestUpTo, Name: up[2], Whole: true}}},
		"unknown":        {[]string{"xx/what-0000000000"}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			if got := c.Hear(tc.heard); !slices.Equal(got, tc.want) {
				t.Errorf("heard %v, want %v", got, tc.want)
			}
		})
	}
}

func TestCodeFromPhrases(t *testing.T) {
	const code, other = "1234567890123456", "6543210987654321"
	first := ids(t, Message{Lang: "es", ID: CodeIs, Digits: code})
	second := ids(t, Message{Lang: "es", ID: CodeIs, Digits: other})
	decide := ids(t, Message{Lang: "es", ID: Decide})
	digits := ids(t, Message{Lang: "es", ID: HelpLine, Digits: code})
	for name, tc := range map[string]struct {
		heard []string
		want  string
	}{
		"once":      {slices.Concat(first, decide), code},
		"twice":     {slices.Concat(first, decide, first), code},
		"two-codes": {slices.Concat(first, second), other},
		"cut-off":   {slices.Concat(first[:16], decide), ""},
		"help-line": {digits, ""},
		"nothing":   {nil, ""},
	} {
		t.Run(name, func(t *testing.T) {
			got, ok := CodeFromPhrases(tc.heard)
			if got != tc.want || ok != (tc.want != "") {
				t.Errorf("got %q, %v, want %q", got, ok, tc.want)
			}
		})
	}
}

// An ID names a file and a phrase: it is safe as a path and changes with the
// words and the language.
func TestPhraseID(t *testing.T) {
	safe := regexp.MustCompile(`^[a-z]{2}/[a-z0-9-]{1,48}$`)
	seen := make(map[string]Phrase)
	for _, lang := range Languages {
		c, err := For(lang)
		if err != nil {
			t.Fatal(err)
		}
		all := append(c.Phrases(), Name(lang, "../../etc/passwd"), Name(lang, "Ñandú"), Name(lang, "漢"), Name(lang, "漢字"))
		for _, p := range all {
			id := p.ID()
			if !safe.MatchString(id) {
				t.Errorf("%q has the ID %q", p.Text, id)
			}
			if other, taken := seen[id]; taken {
				t.Errorf("%q and %q have one ID", other.Text, p.Text)
			}
			seen[id] = p
		}
	}
	if got := len(slices.Collect(maps.Keys(seen))); got < 2*len(IDs) {
		t.Errorf("only %d phrases", got)
	}
}

func TestDigitAndNumber(t *testing.T) {
	for _, bad := range []struct {
		lang string
		d    byte
	}{{"en", 'x'}, {"en", '*'}, {"fil", '1'}} {
		if p, ok := Digit(bad.lang, bad.d); ok {
			t.Errorf("%s %q is spoken %q", bad.lang, bad.d, p.Text)
		}
	}
	for n, want := range map[int]string{0: "cero", 9: "nueve", 10: "10", 21: "21"} {
		if got := Number("es", n).Text; got != want {
			t.Errorf("%d is spoken %q, want %q", n, got, want)
		}
	}
}
