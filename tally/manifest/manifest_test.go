package manifest

import (
	"bytes"
	"crypto/sha512"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"

	"rollcall/bulletin/checkpoint"
	"rollcall/bulletin/entry"
	"rollcall/crypto/group"
)

var update = flag.Bool("update", false, "write testdata/county.json anew")

// element is a fixed key.
func element(name string) []byte {
	wide := sha512.Sum512([]byte("rollcall manifest test " + name))
	return group.MulBase(group.ScalarFromWide(&wide)).Bytes()
}

// testKeys are fixed keys of an election with three trustees. The log's is the
// public key of RFC 8032, section 7.1, test 1.
func testKeys() Keys {
	k := Keys{Log: entry.Log{Origin: "rollcall/test", Key: []byte("\xd7\x5a\x98\x01\x82\xb1\x0a\xb7\xd5\x4b\xfe\xd3\xc9\x64\x07\x3a\x0e\xe1\x72\xf3\xda\xa6\x23\x25\xaf\x02\x1a\x68\xf7\x07\x51\x1a")},
		Authority: element("authority"), Registrar: element("registrar"), Board: element("board"),
		Booths: [][]byte{element("booth")}, OPRF: [][]byte{element("oprf")}}
	for i := range 3 {
		k.Trustees = append(k.Trustees, entry.Trustee{Name: fmt.Sprint("Trustee ", i+1), Signing: element(fmt.Sprint("signing ", i)), Ceremony: element(fmt.Sprint("ceremony ", i))})
	}
	return k
}

func county(t testing.TB) string {
	t.Helper()
	b, err := os.ReadFile("testdata/county.yaml")
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// TestGolden builds testdata/county.yaml and holds the manifest against
// testdata/county.json.
func TestGolden(t *testing.T) {
	f, err := Parse(strings.NewReader(county(t)))
	if err != nil {
		t.Fatal(err)
	}
	m, err := f.Build(testKeys())
	if err != nil {
		t.Fatal(err)
	}
	got, err := json.MarshalIndent(m, "", " ")
	if err != nil {
		t.Fatal(err)
	}
	got = append(got, '\n')
	if *update {
		if err := os.WriteFile("testdata/county.json", got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile("testdata/county.json")
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("built %s", got)
	}
	if !slices.Equal(m.Contests[0].Units, []uint64{2, 3, 4}) || !slices.Equal(m.Contests[1].Units, []uint64{2, 3}) {
		t.Errorf("contests are asked in %v and %v", m.Contests[0].Units, m.Contests[1].Units)
	}
	if w := m.Windows[0]; w.From != 1793628000 || w.To-w.From != 12*3600 {
		t.Errorf("window %+v", w)
	}
}

func TestDefaults(t *testing.T) {
	text := county(t)
	for _, line := range []string{"minimum: 25\n", "decision_seconds: 900\n", "ceremony_seconds: 86400\n", "rehearsal: false\n"} {
		if !strings.Contains(text, line) {
			t.Fatalf("no %q in the file", line)
		}
		text = strings.Replace(text, line, "", 1)
	}
	f, err := Parse(strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	m, err := f.Build(testKeys())
	if err != nil {
		t.Fatal(err)
	}
	if m.Minimum != 10 || m.DecisionSeconds != 600 || m.CeremonySeconds != 7*24*3600 || m.Rehearsal {
		t.Errorf("minimum %d, decision %d, ceremony %d, rehearsal %v", m.Minimum, m.DecisionSeconds, m.CeremonySeconds, m.Rehearsal)
	}
}

// TestErrors changes one place of the file. What staff get wrong must be named.
func TestErrors(t *testing.T) {
	for _, c := range []struct{ name, old, new, want string }{
		{"no YAML", "languages: [en, es]", "languages: [en, es", "manifest file: [3:1]"},
		{"unknown key", "rehearsal: false", "rehersal: false", `manifest file: [3:1] unknown field "rehersal"`},
		{"unknown key below", "name: Rural", "nmae: Rural", `unknown field "nmae"`},
		{"key twice", "minimum: 25", "minimum: 25\nminimum: 2", `mapping key "minimum" already defined`},
		{"language twice in a text", "{en: Sheriff, es: Alguacil}", "{en: Sheriff, en: Alguacil}", `mapping key "en" already defined`},
		{"word for a number", "minimum: 25", "minimum: many", "[6:10] cannot unmarshal string"},
		{"negative number", "minimum: 25", "minimum: -25", "[6:10] cannot unmarshal -25"},
		{"two documents", "minimum: 25", "minimum: 25\n---\ntitle: x", "more than one document"},
		{"list for a text", "name: Rural", "name: [Rural]", "line 18: want a text, or a text for each language"},
		{"date without a time", "from: 2026-11-02T08:00:00-06:00", "from: 2026-11-02", "line 11: want a time with its zone"},
		{"time without a zone", "from: 2026-11-02T08:00:00-06:00", "from: 2026-11-02T08:00:00", "line 11: want a time with its zone"},
		{"no time", "from: 2026-11-02T08:00:00-06:00", "from: Monday", "line 11: want a time with its zone"},
		{"time before 1970", "from: 2026-11-02T08:00:00-06:00", "from: 1969-11-02T08:00:00-06:00", "windows, number 1: from and to must be times"},
		{"end left out", ", to: 2026-11-02T20:00:00-06:00", "", "windows, number 1: from and to must be times"},
		{"window backwards", "to: 2026-11-02T20:00:00-06:00", "to: 2026-11-02T07:00:00-06:00", "manifest.windows[0]: ends before it begins"},
		{"no windows", county(t)[strings.Index(county(t), "windows:"):strings.Index(county(t), "units:")], "", "manifest.windows: 0 elements, want at least 1"},
		{"no units", county(t)[strings.Index(county(t), "units:"):strings.Index(county(t), "contests:")], "", `contest "council": there is no unit "city"`},
		{"no contests", county(t)[strings.Index(county(t), "contests:"):], "", "manifest.contests: 0 elements, want at least 1"},
		{"root with a parent", "{id: county, name", "{id: county, parent: city, name", `unit "county": the first unit is the whole and has no parent`},
		{"unit without a parent", "{id: rural, parent: county,", "{id: rural,", `unit "rural": its parent "" must stand before it`},
		{"unknown parent", "{id: rural, parent: county,", "{id: rural, parent: state,", `unit "rural": its parent "state" must stand before it`},
		{"parent after its child", "{id: ward-1, parent: city,", "{id: ward-1, parent: rural,", `unit "ward-1": its parent "rural" must stand before it`},
		{"unit twice", "{id: ward-2,", "{id: ward-1,", `unit "ward-1": the id is used twice`},
		{"contest in an unknown unit", "units: [city]", "units: [village]", `contest "council": there is no unit "village"`},
		{"contest twice", "id: council", "id: sheriff", `manifest.contests[1].id: "sheriff" is used twice`},
		{"option twice", "{id: ben,", "{id: ada,", `manifest.contests[0].options[1].id: "ada" is used twice`},
		{"reserved option", "{id: ben,", "{id: none,", `the reserved "none"`},
		{"vote for none", "vote_for: 1", "vote_for: 0", "manifest.contests[0].limit: 0 is not between 1 and the 2 options"},
		{"vote for too many", "vote_for: 2", "vote_for: 4", "manifest.contests[1].limit: 4 is not between 1 and the 3 options"},
		{"text without a language", "{en: City, es: Ciudad}", "{en: City}", `manifest.units[1].name: no text in language "es"`},
		{"text with a language more", "{en: City, es: Ciudad}", "{en: City, es: Ciudad, fr: Ville}", "manifest.units[1].name: text in a language that manifest.languages lacks"},
		{"control character", "name: Ada Alder", `name: "Ada\x1b[31m Alder"`, `contest "sheriff", option "ada", language`},
		{"line break", "name: Ada Alder", `name: "Ada\nAlder"`, "the text has control characters or space at its ends"},
		{"space at the end", "name: Ada Alder", `name: "Ada Alder "`, "the text has control characters or space at its ends"},
		{"control character in an id", "{id: rural,", `{id: "ru\x07ral",`, `unit "ru\aral", id: the text has control characters`},
		{"control character in a number", `phone: "+1 555 0100"`, `phone: "+1 555\t0100"`, "phone: the text has control characters"},
		{"threshold above the trustees", "trustees_needed: 2", "trustees_needed: 4", "manifest.threshold: 4 is not between 1 and the 3 trustees"},
		{"threshold left out", "trustees_needed: 2\n", "", "manifest.threshold: 0 is not between 1 and the 3 trustees"},
		{"nothing to call", "phone: \"+1 555 0100\"\n", "", "manifest.phone: 0 bytes of text, want at least 1"},
		{"title too long", "name: Ada Alder", "name: " + strings.Repeat("x", 201), "manifest.contests[0].options[0].name.en: 201 bytes of text, want at most 200"},
		{"witness without a key", "minimum: 25", "minimum: 25\nwitnesses_needed: 1\nwitnesses: [{url: https://w.example}]", "witnesses, number 1: invalid key name"},
		{"log's key for a witness's", "minimum: 25", "minimum: 25\nwitnesses_needed: 1\nwitnesses: [{key: example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k, url: https://w.example}]", "witnesses, number 1: invalid verifier key"},
		{"second key that is none", "minimum: 25", "minimum: 25\nwitnesses_needed: 1\nwitnesses: [{key: " + witnessKey + ", mldsa_key: " + witnessKey + ", url: https://w.example}]", "witnesses, number 1: mldsa_key: invalid verifier key"},
		{"second key of another witness", "minimum: 25", "minimum: 25\nwitnesses_needed: 1\nwitnesses: [{key: " + witnessKey + ", mldsa_key: " + secondKey(t, "v.example") + ", url: https://w.example}]", "witnesses, number 1: mldsa_key is of v.example, key of w.example"},
		{"quorum of nobody", "minimum: 25", "minimum: 25\nwitnesses_needed: 1", "quorum"},
		{"program without a hash", "minimum: 25", "minimum: 25\nsoftware: [{name: rollcall-verify}]", "software, number 1: sha256 must have 64 hexadecimal digits"},
		{"program with a short hash", "minimum: 25", "minimum: 25\nsoftware: [{name: a, sha256: " + strings.Repeat("ab", 32) + "}, {name: b, sha256: ab}]", "software, number 2: sha256 must have 64"},
		{"program without a name", "minimum: 25", "minimum: 25\nsoftware: [{sha256: " + strings.Repeat("ab", 32) + "}]", "manifest.software[0].name: 0 bytes of text, want at least 1"},
		{"program twice", "minimum: 25", "minimum: 25\nsoftware: [{name: a, sha256: " + strings.Repeat("ab", 32) + "}, {name: a, sha256: " + strings.Repeat("cd", 32) + "}]", `manifest.software[1].name: "a" is used twice`},
		{"program with a line break", "minimum: 25", "minimum: 25\nsoftware: [{name: \"a\\nb\", sha256: " + strings.Repeat("ab", 32) + "}]", "software 1, name: the text has control characters"},
		{"minimum 1", "minimum: 25", "minimum: 1", "manifest.minimum: 1 would report single ballots"},
	} {
		t.Run(c.name, func(t *testing.T) {
			text := county(t)
			if strings.Count(text, c.old) < 1 {
				t.Fatalf("no %q in the file", c.old)
			}
			f, err := Parse(strings.NewReader(strings.Replace(text, c.old, c.new, 1)))
			if err == nil {
				_, err = f.Build(testKeys())
			}
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("error %v, want %s", err, c.want)
			}
		})
	}
}

func TestParseBounds(t *testing.T) {
	for name, text := range map[string]string{"empty": "", "comment": "# nothing\n"} {
		if _, err := Parse(strings.NewReader(text)); err == nil || err.Error() != "manifest file is empty" {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := Parse(strings.NewReader("title: " + strings.Repeat("x", MaxFile))); err == nil || !strings.Contains(err.Error(), "manifest is over 1048576 bytes") {
		t.Errorf("too long: %v", err)
	}
}

// TestNamesOfOthers refuses what trustees put into their own files.
func TestNamesOfOthers(t *testing.T) {
	f, err := Parse(strings.NewReader(county(t)))
	if err != nil {
		t.Fatal(err)
	}
	k := testKeys()
	k.Trustees[1].Name = "Mallory\x1b[2J"
	if _, err := f.Build(k); err == nil || err.Error() != "trustee 2, name: the text has control characters or space at its ends" {
		t.Errorf("trustee's name: %v", err)
	}
	k = testKeys()
	k.Trustees[2].Signing = k.Trustees[0].Signing
	if _, err := f.Build(k); err == nil || !strings.Contains(err.Error(), "manifest.trustees[2].signing: the same key as manifest.trustees[0].signing") {
		t.Errorf("copied key: %v", err)
	}
}

// TestSoftware joins the program that runs with those of a file.
func TestSoftware(t *testing.T) {
	named := "software:\n  - {name: rollcall, sha256: " + strings.Repeat("ab", 32) + "}\n  - {name: rollcall-verify, sha256: " + strings.Repeat("CD", 32) + "}\n"
	f, err := Parse(strings.NewReader(county(t) + named))
	if err != nil {
		t.Fatal(err)
	}
	verify := entry.Software{Name: "rollcall-verify", SHA256: bytes.Repeat([]byte{0xcd}, 32)}
	own := entry.Software{Name: "rollcall", SHA256: bytes.Repeat([]byte{0xab}, 32)}
	other := entry.Software{Name: "rollcall", SHA256: bytes.Repeat([]byte{0xef}, 32)}
	for name, c := range map[string]struct {
		running, want []entry.Software
		refused       string
	}{
		"nothing runs":           {nil, []entry.Software{own, verify}, ""},
		"what the file names":    {[]entry.Software{own}, []entry.Software{own, verify}, ""},
		"another of that name":   {[]entry.Software{other}, nil, `software, number 1: "rollcall" that runs here has the hash efef`},
		"under a name of itself": {[]entry.Software{{Name: "mended", SHA256: own.SHA256}}, []entry.Software{{Name: "mended", SHA256: own.SHA256}, own, verify}, ""},
	} {
		k := testKeys()
		k.Software = c.running
		m, err := f.Build(k)
		if c.refused != "" {
			if err == nil || !strings.Contains(err.Error(), c.refused) {
				t.Errorf("%s: error %v", name, err)
			}
			continue
		}
		if err != nil || !reflect.DeepEqual(m.Software, c.want) {
			t.Errorf("%s: %v, %v", name, m.Software, err)
		}
	}
}

func TestSpread(t *testing.T) {
	f, err := Parse(strings.NewReader(county(t)))
	if err != nil {
		t.Fatal(err)
	}
	for voters, want := range map[int][]int{0: {0, 0, 0, 0, 0}, 1: {0, 0, 1, 0, 0}, 8: {0, 0, 3, 3, 2}, 9: {0, 0, 3, 3, 3}} {
		if got := f.Spread(voters); !slices.Equal(got, want) {
			t.Errorf("%d voters: %v, want %v", voters, got, want)
		}
	}
	if got := new(File).Spread(5); len(got) != 0 {
		t.Errorf("no units: %v", got)
	}
}

// FuzzParse reads anything. What can be built keeps the rules.
func FuzzParse(f *testing.F) {
	f.Add([]byte(county(f)))
	f.Add([]byte("title: &a {en: x}\nunits: [{id: u, name: *a}]\ncontests: [{id: c, title: *a}]\n"))
	f.Fuzz(func(t *testing.T, b []byte) {
		file, err := Parse(bytes.NewReader(b))
		if err != nil {
			return
		}
		m, err := file.Build(testKeys())
		if err != nil {
			return
		}
		if err := m.Check(); err != nil {
			t.Fatal(err)
		}
	})
}

// TestParseDoesNotPanic: the YAML library does, on these.
func TestParseDoesNotPanic(t *testing.T) {
	for _, s := range []string{"units: !0000 0", "contests: !x y", "windows: !!map 1"} {
		if f, err := Parse(strings.NewReader(s)); err == nil {
			t.Errorf("%q: %+v", s, f)
		}
	}
}

// witnessKey is a witness's Ed25519 verifier key.
var witnessKey = func() string {
	k, err := checkpoint.GenerateCosigner("w.example", strings.NewReader(strings.Repeat("w", 32)))
	if err != nil {
		panic(err)
	}
	return k.Verifier().String()
}()

// secondKey is an ML-DSA-44 verifier key of a witness of some name.
func secondKey(t *testing.T, name string) string {
	t.Helper()
	k, err := checkpoint.GenerateMLDSACosigner(name, strings.NewReader(strings.Repeat("m", 32)))
	if err != nil {
		t.Fatal(err)
	}
	return k.Verifier().String()
}

// TestSecondKey: a second key is no part of the manifest.
func TestSecondKey(t *testing.T) {
	build := func(mldsa string) *entry.Manifest {
		t.Helper()
		f, err := Parse(strings.NewReader(strings.Replace(county(t), "minimum: 25",
			"minimum: 25\nwitnesses_needed: 1\nwitnesses: [{key: "+witnessKey+mldsa+", url: https://w.example}]", 1)))
		if err != nil {
			t.Fatal(err)
		}
		m, err := f.Build(testKeys())
		if err != nil {
			t.Fatal(err)
		}
		return m
	}
	if !reflect.DeepEqual(build(""), build(", mldsa_key: "+secondKey(t, "w.example"))) {
		t.Error("two manifests")
	}
}
