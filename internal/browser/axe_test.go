package browser

import (
	"crypto/sha256"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
)

// rules returns the ids of rules that were broken, with the targets.
func rules(findings []Finding) string {
	var all []string
	for _, f := range findings {
		for _, n := range f.Nodes {
			all = append(all, f.Rule+" "+n.Target)
		}
	}
	slices.Sort(all)
	return strings.Join(all, ", ")
}

func TestAxeFindsViolations(t *testing.T) {
	p := Start(t, Options{})
	for _, tt := range []struct{ name, main, style, want string }{
		{"no label", `<form method="post" action="/answer"><input id="number"></form>`, "", "label #number"},
		{"low contrast", `<p id="pale">Pale</p>`, "#pale { color: #aaa }", "color-contrast #pale"},
		{"no alternative text", `<img id="picture" src="/picture.png">`, "", "image-alt #picture"},
		{"heading skipped", `<h4>Deep</h4>`, "", "heading-order h4"}, // a best practice
		{"small targets, WCAG 2.2", `<ul><li><a href="/a" id="a">a</a><a href="/b" id="b">b</a></ul>`,
			"a { font-size: 8px; min-height: 0; min-width: 0; line-height: 1 }", "target-size #a, target-size #b"},
	} {
		s := serve(t, document(tt.main))
		s.policy += "; img-src 'self'"
		s.pages["/style.css"] = tt.style
		p.Open(s.URL + "/")
		found := p.Axe()
		if got := rules(found.Violations); got != tt.want {
			t.Errorf("%s: %q, want %q", tt.name, got, tt.want)
		}
		for _, f := range found.Violations {
			if f.Help == "" || f.Impact == "" || f.Nodes[0].Summary == "" || !strings.HasPrefix(f.Nodes[0].HTML, "<") {
				t.Errorf("%s: told without its details: %+v", tt.name, f)
			}
		}
		p.Complaints() // of the picture that is not there
		rule, _, _ := strings.Cut(tt.want, " ")
		requireFails(t, p, (*Page).RequireAccessible, "axe: "+rule)
	}
}

func TestAxeTellsWhatItCanNotDecide(t *testing.T) {
	p := Start(t, Options{})
	s := serve(t, document(`<p id="words">Words on a picture</p>`))
	s.pages["/style.css"] = "#words { background: linear-gradient(#fff, #888); }"
	p.Open(s.URL + "/")
	found := p.Axe()
	if got := rules(found.Incomplete); got != "color-contrast #words" || len(found.Violations) > 0 {
		t.Errorf("undecided %q, violations %q", got, rules(found.Violations))
	}
	requireFails(t, p, (*Page).RequireAccessible, "axe could not decide: color-contrast")
}

// What is accessible in the light need not be in the dark.
func TestAxeSeesTheScheme(t *testing.T) {
	for _, dark := range []bool{false, true} {
		p := Start(t, Options{Dark: dark})
		s := serve(t, document(`<p id="words">Words</p>`))
		s.pages["/style.css"] = "#words { color: #333 }"
		p.Open(s.URL + "/")
		if got := rules(p.Axe().Violations); (got == "color-contrast #words") != dark {
			t.Errorf("dark %v: %q", dark, got)
		}
	}
}

// The rules that the tags stand for all run, and axe-core runs in spite of a
// policy that forbids everything, without a complaint.
func TestAxeRunsUnderTheStrictestPolicy(t *testing.T) {
	p := Start(t, Options{})
	s := serve(t, strings.Replace(document("<p>Plain</p>"), `<link rel="stylesheet" href="/style.css">`, "", 1))
	s.policy = "default-src 'none'"
	p.Open(s.URL + "/")
	ran := p.Axe().Ran
	for _, rule := range []string{"html-has-lang", "color-contrast", "autocomplete-valid", "target-size", "region"} {
		if !slices.Contains(ran, rule) {
			t.Errorf("the rule %s did not run", rule)
		}
	}
	if len(ran) < 80 {
		t.Errorf("only %d rules ran: %v", len(ran), ran)
	}
	p.RequireAccessible()
	// The policy is as it was.
	p.Eval(`new Promise(done => {
		const s = document.createElement('script');
		s.onload = () => done('ran'); s.onerror = () => done('refused');
		s.src = '/any.js'; document.head.append(s);
	})`, nil)
	if c := p.Complaints(); len(c) != 1 || c[0].Source != "security" && !strings.Contains(c[0].Text, "Content Security Policy") {
		t.Errorf("complaints after a script that the policy forbids: %v", c)
	}
}

// The copy of axe-core is the one that its README says.
func TestAxeIsWhatTheReadmeSays(t *testing.T) {
	readme, err := os.ReadFile("testdata/README.md")
	if err != nil {
		t.Fatal(err)
	}
	if sum := fmt.Sprintf("%x", sha256.Sum256([]byte(axeSource))); !strings.Contains(string(readme), sum) {
		t.Errorf("testdata/axe.min.js has the sha256 %s, which testdata/README.md does not name", sum)
	}
	version, _, _ := strings.Cut(strings.TrimPrefix(axeSource, "/*! axe v"), "\n")
	if !strings.Contains(string(readme), "axe-core "+version) {
		t.Errorf("testdata/README.md does not name version %s", version)
	}
}

// What is for browsers without scripts is checked as well, and stays without.
func TestAxeWithoutScripts(t *testing.T) {
	s := serve(t, document(`<noscript><p id="without">Pale</p></noscript><p id="words">Words</p><script src="/a.js"></script>`))
	s.policy += "; script-src 'self'"
	s.pages["/style.css"] = "#without { color: #aaa }"
	s.pages["/a.js"] = "document.getElementById('words').remove(); addEventListener('focus', () => document.body.append('ran'))"
	for _, tt := range []struct {
		without bool
		want    string
	}{{false, ""}, {true, "color-contrast #without"}} {
		p := Start(t, Options{NoScript: tt.without})
		p.Open(s.URL + "/")
		for range 2 {
			if got := rules(p.Axe().Violations); got != tt.want {
				t.Errorf("without scripts %v: %q, want %q", tt.without, got, tt.want)
			}
		}
		if kept := strings.Contains(p.HTML(), "Words"); kept != tt.without {
			t.Errorf("without scripts %v: the page ran a script: %v", tt.without, !kept)
		}
		p.Open(s.URL + "/")
		if kept := strings.Contains(p.HTML(), "Words"); kept != tt.without {
			t.Errorf("without scripts %v: the next page ran a script: %v", tt.without, !kept)
		}
	}
}
