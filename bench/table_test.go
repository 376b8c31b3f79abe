package main

import (
	"strings"
	"testing"
)

func TestTable(t *testing.T) {
	got := table{{"", "cost"}, {"a", "1"}}.String()
	if want := "|  | cost |\n|---|---:|\n| a | 1 |\n"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}

const document = `# Title
<!-- bench: one -->

old

<!-- bench: end -->
between
<!-- bench: two -->
<!-- bench: end -->
after
`

// A rerun writes the same document, and nothing outside of its sections.
func TestReplaceSection(t *testing.T) {
	got, err := replaceSection(document, "one", "new\n")
	if err != nil {
		t.Fatal(err)
	}
	if want := strings.Replace(document, "old", "new", 1); got != want {
		t.Errorf("%q, want %q", got, want)
	}
	if again, err := replaceSection(got, "one", "new\n"); err != nil || again != got {
		t.Errorf("a rerun gives %q, %v", again, err)
	}
	if got, err = replaceSection(document, "two", "new"); err != nil || !strings.Contains(got, "<!-- bench: two -->\n\nnew\n\n<!-- bench: end -->\nafter\n") {
		t.Errorf("an empty section becomes %q, %v", got, err)
	}
}

func TestReplaceSectionRefuses(t *testing.T) {
	for name, test := range map[string]struct{ document, want string }{
		"no such section": {"# Title\n", "once"},
		"twice":           {document + document, "once"},
		"no end":          {"<!-- bench: one -->\nold\n", "does not end"},
		"another begins":  {"<!-- bench: one -->\n<!-- bench: two -->\n<!-- bench: end -->\n", "does not end"},
	} {
		if _, err := replaceSection(test.document, "one", "new"); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: error is %v", name, err)
		}
	}
}

// The report tells what was measured and nothing else.
func TestSectionsOfWhatWasMeasured(t *testing.T) {
	r := &results{config: quick, libraries: []library{{key: "rollcall", name: "Rollcall"}, {key: "circl", name: "circl"}}, figures: figures{
		keyVerify: {0.001, 0.002}, keyBelenios: {0.04, 0.06}, libraryKey("rollcall", "decode"): {5e-6, 5e-6}}}
	r.config.sizes = nil
	text := map[string]string{}
	for _, s := range r.sections() {
		text[s.name] = s.text
	}
	for _, test := range []struct{ section, want string }{
		{"targets", "| Belenios 2.0, its signature included, against Rollcall | 120 | 35.0 (30.0 to 40.0) | not met |"},
		{"verify", "finite field* | 50.0 ms | 35.0 (30.0 to 40.0) |"},
		{"verify", "without hints | 1.50 ms | 1 |"},
		{"libraries", "| decoding a point | 1 (5.00 µs) | has none |"},
	} {
		if !strings.Contains(text[test.section], test.want) {
			t.Errorf("section %s lacks %q:\n%s", test.section, test.want, text[test.section])
		}
	}
	for _, name := range []string{"seal", "board", "growth", "extrapolation"} {
		if text[name] != "" {
			t.Errorf("section %s of nothing:\n%s", name, text[name])
		}
	}
	if strings.Contains(text["verify"], "one by one") {
		t.Errorf("a row that was not measured:\n%s", text["verify"])
	}
	r.figures[keyBelenios] = []float64{0.12, 0.24}
	if got := r.targets(); !strings.Contains(got, "120 (120 to 120) | met |") {
		t.Errorf("a target that is just met:\n%s", got)
	}
}
