package browser

import (
	_ "embed"
	"errors"
	"fmt"
	"strings"
)

// axeSource is axe-core; see testdata/README.md.
//
//go:embed testdata/axe.min.js
var axeSource string

// axeHides is how axe-core names the elements that no browser shows. It takes
// scripts for granted; see axeWithoutScripts.
const axeHides = `["style","script","noscript","template"].includes`

// axeWithoutScripts is axe-core for browsers without scripts, which do show
// what stands in <noscript>.
func axeWithoutScripts() (string, error) {
	if !strings.Contains(axeSource, axeHides) {
		return "", errors.New("axe-core is not as it was, and does not look into <noscript>")
	}
	return strings.ReplaceAll(axeSource, axeHides, strings.Replace(axeHides, `"noscript",`, "", 1)), nil
}

// axeRun runs it, and gives its results without what only its makers need.
//
//go:embed js/axe.js
var axeRun string

// Axe is what axe-core has found on a page.
type Axe struct {
	Violations []Finding
	Incomplete []Finding // what it could not decide, and a person has to look at
	Ran        []string  // ids of all rules that ran, for those who want to know that one did
}

// Finding is one rule that is broken, or may be.
type Finding struct {
	Rule   string // its id, such as "color-contrast"
	Impact string // "minor", "moderate", "serious", "critical" or ""
	Help   string // what it asks for, in a sentence
	Nodes  []Node
}

// Node is an element that breaks a rule.
type Node struct {
	Target  string // a CSS selector of it
	HTML    string // its markup, shortened
	Summary string // what to do about it
}

func (f Finding) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s (%s): %s", f.Rule, f.Impact, f.Help)
	for _, n := range f.Nodes {
		fmt.Fprintf(&b, "\n  %s  %s\n    %s", n.Target, n.HTML, strings.ReplaceAll(n.Summary, "\n", "\n    "))
	}
	return b.String()
}

// Axe checks the page as it is now against axe-core's rules for WCAG 2.0 to 2.2,
// levels A and AA, and its best practices. The page's content security policy
// stays as it is.
func (p *Page) Axe() Axe {
	p.t.Helper()
	source := axeSource
	if p.options.NoScript {
		var err error
		if source, err = axeWithoutScripts(); err != nil {
			p.t.Fatalf("browser: %v", err)
		}
		// axe-core waits for timers, which do not fire without scripts. The document was read without them and stays
		// what it is; no script of the page begins to run because they are let run now.
		run(p, "letting axe-core run", scripts(true))
		defer run(p, "stopping scripts again", scripts(false))
	}
	var loaded bool
	if p.look("typeof axe === 'object'", &loaded); !loaded {
		p.look(source+";0", nil)
	}
	var found Axe
	p.look(axeRun, &found)
	if len(found.Ran) == 0 {
		p.t.Fatal("browser: axe-core ran no rule")
	}
	return found
}

// RequireAccessible fails the test for each violation, for each thing that
// axe-core could not decide, and for each complaint of the browser so far.
func (p *Page) RequireAccessible() {
	p.t.Helper()
	found := p.Axe()
	for _, f := range found.Violations {
		p.t.Errorf("browser: axe: %v", f)
	}
	for _, f := range found.Incomplete {
		p.t.Errorf("browser: axe could not decide: %v", f)
	}
	for _, c := range p.Complaints() {
		p.t.Errorf("browser: %v", c)
	}
}
