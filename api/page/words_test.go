package page

import (
	"fmt"
	"io/fs"
	"maps"
	"os"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/goccy/go-yaml"

	"rollcall/bulletin/entry"
)

var value = regexp.MustCompile(`\{\{\.(\w+)\}\}`)

// texts reads the file of a language: every form of every text.
func texts(t *testing.T, lang string) map[string][]string {
	t.Helper()
	b, err := files.ReadFile("words/" + lang + ".yaml")
	if err != nil {
		t.Fatal(err)
	}
	var file map[string]any
	if err := yaml.UnmarshalWithOptions(b, &file, yaml.Strict()); err != nil {
		t.Fatal(err)
	}
	all := map[string][]string{}
	for id, v := range file {
		switch v := v.(type) {
		case string:
			all[id] = []string{v}
		case map[string]any:
			for _, form := range slices.Sorted(maps.Keys(v)) {
				all[id] = append(all[id], v[form].(string))
			}
		default:
			t.Errorf("%s: %s is a %T", lang, id, v)
		}
	}
	return all
}

// values returns the names that a text has places for.
func values(text string) []string {
	var names []string
	for _, m := range value.FindAllStringSubmatch(text, -1) {
		names = append(names, m[1])
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// TestEveryTextInEveryLanguage: the same texts, with places for the same values,
// and nothing left in another language's words.
func TestEveryTextInEveryLanguage(t *testing.T) {
	english := texts(t, "en")
	for _, lang := range Languages {
		all := texts(t, lang)
		for id := range english {
			if len(all[id]) == 0 {
				t.Errorf("%s lacks %s", lang, id)
				continue
			}
			want := values(english[id][len(english[id])-1])
			for _, text := range all[id] {
				if strings.TrimSpace(text) != text || text == "" {
					t.Errorf("%s: %s is %q", lang, id, text)
				}
				if got := values(text); !slices.Equal(got, want) {
					t.Errorf("%s: %s has places for %v, in English for %v", lang, id, got, want)
				}
				if same := slices.Contains(english[id], text); same && lang != "en" && len(value.ReplaceAllString(text, "")) > 12 {
					t.Errorf("%s: %s is English: %q", lang, id, text)
				}
				if left := value.ReplaceAllString(text, ""); strings.ContainsAny(left, "{}<>") {
					t.Errorf("%s: %s holds a brace or a tag: %q", lang, id, text)
				}
			}
		}
		for id := range all {
			if len(english[id]) == 0 {
				t.Errorf("%s: %s is in no other language", lang, id)
			}
		}
	}
}

// TestNoJargon: no text has a word that most people do not know.
func TestNoJargon(t *testing.T) {
	jargon := map[string][]string{
		"en":  {"hash", "crypto", "encrypt", "decrypt", "nullifier", "verif", "spoil", "merkle", "blockchain", "zero-knowledge", "homomorphic", "log "},
		"es":  {"hash", "cript", "cifra", "verific", "merkle", "nulific"},
		"fil": {"hash", "crypt", "verif", "merkle", "encrypt"},
	}
	for lang, words := range jargon {
		for id, forms := range texts(t, lang) {
			for _, text := range forms {
				// The program's name is what it is.
				plain := strings.ReplaceAll(strings.ToLower(text), "rollcall-verify", "")
				for _, word := range words {
					if strings.Contains(plain, word) {
						t.Errorf("%s: %s says %q: %q", lang, id, word, text)
					}
				}
			}
		}
	}
}

// TestWordsThatMeanSomethingElse: words that readers of the United States take for
// something else, or that the call says in another way.
func TestWordsThatMeanSomethingElse(t *testing.T) {
	others := map[string]map[string]string{
		"en": {"organis": "the spelling is American", "maths": "it is math here", "you keyed": "one keys in", "phone booth": "nobody stands in one"},
		"es": {
			"recuento": "that is a second count, after a doubt", "pulse": "the call says oprima", "pulsa": "the call says oprima",
			"usted mismo": "half of them are women", "ordenador": "it is a computadora here", "papeleta": "it is a boleta here",
		},
		"fil": {"itinatago": "that is to hide as much as to keep", "itago": "that is to hide as much as to keep"},
	}
	for lang, words := range others {
		for id, forms := range texts(t, lang) {
			for _, text := range forms {
				for word, why := range words {
					if strings.Contains(strings.ToLower(text), word) {
						t.Errorf("%s: %s says %q, but %s: %q", lang, id, word, why, text)
					}
				}
			}
		}
	}
}

// TestTextsInUse: what the program asks for is there, and nothing else.
func TestTextsInUse(t *testing.T) {
	used := map[string]bool{}
	ids := regexp.MustCompile(`\bt\(?[ ]?"([a-z0-9_-]+)"`)
	collect := func(b []byte) {
		for _, m := range ids.FindAllSubmatch(b, -1) {
			used[string(m[1])] = true
		}
	}
	sheets, err := fs.Glob(files, "template/*.html")
	if err != nil || len(sheets) != len(sheetNames)+1 {
		t.Fatalf("%d templates, %v", len(sheets), err)
	}
	for _, name := range sheets {
		b, err := files.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		collect(b)
	}
	for _, name := range []string{"answer", "board", "check", "frame", "meaning", "outage", "page", "proof", "reference", "results", "standing", "words"} {
		b, err := os.ReadFile(name + ".go")
		if err != nil {
			t.Fatal(err)
		}
		collect(b)
	}
	// Ids that are put together.
	for _, item := range menu {
		used["menu_"+item.page] = true
	}
	used["menu_api"] = true
	for m := 1; m <= 12; m++ {
		used[fmt.Sprintf("month_%d", m)] = true
	}
	for _, body := range bodies {
		kind := string(body.Kind())
		used["kind_"+kind], used["means_"+kind] = true, true
	}
	for _, state := range []string{"casting", "counted", "cast", "tested", "arriving"} {
		used[state+"_title"], used[state+"_text"] = true, true
	}
	for _, sort := range []string{"code", "number"} {
		used["asked_"+sort], used["several_"+sort], used["missing_"+sort+"_title"], used["missing_"+sort+"_text"] = true, true, true, true
	}
	for _, so := range []string{"so_far", "so_far_end"} {
		used[so+"_cast"], used[so+"_tested"] = true, true
	}
	for _, step := range steps {
		used["step_"+step] = true
	}
	for _, prefix := range []string{"menu_", "month_", "kind_", "means_", "asked_", "several_", "missing_", "step_"} {
		delete(used, prefix)
	}
	all := texts(t, "en")
	for id := range used {
		if len(all[id]) == 0 {
			t.Errorf("text %q is used and not there", id)
		}
	}
	for id := range all {
		if !used[id] {
			t.Errorf("text %q is not used", id)
		}
	}
}

// steps are all steps of the scripts.
var steps = []string{"election", "ballot", "ballot-record", "decision", "decision-record", "checkpoint", "key", "roll",
	"ballot-signed", "ballot-form", "decision-signed", "tick", "code", "opening"}

// bodies is one body of each kind.
var bodies = []entry.Body{
	&entry.Manifest{}, &entry.Ceremony{Attempt: 1}, &entry.Commitment{Trustee: 1}, &entry.Round1{Trustee: 1},
	&entry.Complaint{Trustee: 1, Against: 2}, &entry.Confirm{Trustee: 99}, &entry.Roll{Voters: make([]byte, 3*entry.VoterSize)},
	&entry.RollEnd{Counts: []uint64{1, 2}}, &entry.Audit{Counts: []uint64{1, 2}}, &entry.AuditList{Keys: make([]byte, 64)}, &entry.Open{Voters: []uint64{1}}, &entry.Tick{Time: 1_800_000_000, Size: 5},
	&entry.Ballot{}, &entry.Cast{Ballot: 3}, &entry.Test{Ballot: 4}, &entry.Close{}, &entry.End{}, &entry.Totals{},
	&entry.TotalsEnd{}, &entry.Share{Trustee: 1}, &entry.ShareEnd{Trustee: 0}, &entry.Result{}, &entry.ResultEnd{Trustees: []uint64{1, 2}},
}

// TestMeanings: every kind of entry has a name and a sentence in every language,
// with everything filled in.
func TestMeanings(t *testing.T) {
	all, err := loadWords()
	if err != nil {
		t.Fatal(err)
	}
	m := &entry.Manifest{Languages: []string{"en"}, Trustees: []entry.Trustee{{Name: "Ana Reyes"}, {Name: "Bo Lind"}}}
	for _, lang := range Languages {
		v := &frame{words: all[lang], Lang: lang, manifest: m, zone: time.UTC}
		seen := map[string]reflect.Type{}
		for _, body := range bodies {
			e := &entry.Entry{Body: body}
			kind, text := v.kind(e), v.meaning(e)
			if kind == "" || text == "" || strings.Contains(text, "<no value>") || strings.Contains(text, "{{") {
				t.Errorf("%s: %s: %q: %q", lang, body.Kind(), kind, text)
			}
			if other, ok := seen[text]; ok {
				t.Errorf("%s: %T and %v mean the same", lang, body, other)
			}
			seen[text] = reflect.TypeOf(body)
		}
		for _, want := range []string{"Ana Reyes", "Bo Lind", "99"} {
			if !slices.ContainsFunc(slices.Collect(maps.Keys(seen)), func(s string) bool { return strings.Contains(s, want) }) {
				t.Errorf("%s: nothing names trustee %q", lang, want)
			}
		}
	}
}

// TestNumbersOfThings: a count has its form in every language, up to millions, for
// which Spanish has a form of its own.
func TestNumbersOfThings(t *testing.T) {
	all, err := loadWords()
	if err != nil {
		t.Fatal(err)
	}
	counted := 0
	for id, forms := range texts(t, "en") {
		if len(forms) < 2 {
			continue
		}
		counted++
		for _, lang := range Languages {
			for _, n := range []uint64{0, 1, 2, 4, 6, 9, 11, 100, 1_000_000, 2_000_000, 18_446_744_073_709_551_615} {
				if s := all[lang].t(id, "n", n, "of", "3", "time", "now", "share", "1.0"); !strings.Contains(s, count(n)) {
					t.Errorf("%s: %s of %d: %q", lang, id, n, s)
				}
			}
		}
	}
	if counted < 10 {
		t.Errorf("only %d texts count", counted)
	}
	for lang, want := range map[string]string{"en": "1 ballot", "es": "1 boleta", "fil": "1 balota"} {
		if got := all[lang].t("results_ballots", "n", uint64(1)); got != want {
			t.Errorf("%s: %q, want %q", lang, got, want)
		}
	}
}

// TestMissingTextPanics: a text that is not there does not pass for another's.
func TestMissingTextPanics(t *testing.T) {
	all, err := loadWords()
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if recover() == nil {
			t.Error("a missing text is no error")
		}
	}()
	all["es"].t("no_such_text")
}
