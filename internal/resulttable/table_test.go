package resulttable

import (
	"strings"
	"testing"

	"rollcall/bulletin/entry"
)

func both(en, es string) entry.Text { return entry.Text{"en": en, "es": es} }

var manifest = &entry.Manifest{
	Languages: []string{"es", "en"},
	Units: []entry.Unit{{ID: "all", Name: both("All", "Todo")}, {ID: "north", Name: both("North", "Norte")},
		{ID: "isle", Name: both("Isle", "Isla")}},
	Contests: []entry.Contest{
		{ID: "mayor", Title: both("Mayor", "Alcaldía"), Limit: 1,
			Options: []entry.Option{{ID: "a", Name: both("Ann", "Ana")}, {ID: "b", Name: both("Béatrice", "Beatriz")}}},
		{ID: "board", Title: both("Board", "Junta"), Limit: 2,
			Options: []entry.Option{{ID: "x", Name: both("Xi", "Xi")}, {ID: "y", Name: both("Yo", "Yo")}}},
	},
}

func table(lang string, parts ...entry.ResultPart) string {
	var b strings.Builder
	Write(&b, manifest, lang, parts)
	return b.String()
}

func count(option string, votes uint64) entry.OptionCount {
	return entry.OptionCount{Option: option, Votes: votes}
}

func TestWrite(t *testing.T) {
	got := table("en",
		entry.ResultPart{Contest: "mayor", Units: []string{"north", "isle"}, Ballots: 8,
			Options: []entry.OptionCount{count("a", 2), count("b", 4), count("none", 2)}, Undervotes: 2},
		entry.ResultPart{Contest: "board", Units: []string{"north"}, Ballots: 7,
			Options: []entry.OptionCount{count("x", 7), count("y", 0)}, Undervotes: 7})
	want := `
  Mayor  (vote for one, 8 ballots)

  Béatrice    4   50.0 %  ████████████████████████
  Ann         2   25.0 %  ████████████
  (none)      2   25.0 %  ░░░░░░░░░░░░
  By unit: North with Isle 8 ballots.

  Board  (vote for up to 2, 7 ballots)

  Xi    7  100.0 %  ████████████████████████
  Yo    0    0.0 %  ` + `
  7 votes that could have been given were not.
  By unit: North 7 ballots.
`
	if got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

// TestWriteLanguage falls back to the manifest's first language.
func TestWriteLanguage(t *testing.T) {
	part := entry.ResultPart{Contest: "mayor", Units: []string{"north"}, Options: []entry.OptionCount{count("a", 0), count("b", 0), count("none", 0)}}
	for lang, want := range map[string]string{"es": "Alcaldía", "en": "Mayor", "fr": "Alcaldía"} {
		if got := table(lang, part); !strings.Contains(got, want) || !strings.Contains(got, "0.0 %") {
			t.Errorf("%s: no %q in\n%s", lang, want, got)
		}
	}
}

// TestWriteWithheld shows no counts of a contest too small to be decrypted.
func TestWriteWithheld(t *testing.T) {
	got, _, _ := strings.Cut(table("en", entry.ResultPart{Contest: "mayor", Units: []string{"isle"}, Ballots: 3}), "  Board")
	if !strings.Contains(got, "Too few ballots (3)") || strings.Contains(got, "%") || strings.Contains(got, "Ann") {
		t.Errorf("got\n%s", got)
	}
}
