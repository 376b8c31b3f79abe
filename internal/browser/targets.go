package browser

import _ "embed"

//go:embed js/targets.js
var targetsScript string

// Small returns what one presses, or types into, and is smaller than 24 by 24
// CSS pixels, where it does not stand in a line of words (WCAG 2.2, 2.5.8).
//
// It is stricter than axe-core, which lets small targets be where there is room
// around them, and does not look at <summary>.
func (p *Page) Small() []string {
	p.t.Helper()
	var small []string
	p.look(targetsScript, &small)
	return small
}

// RequireTargets fails the test for each element that Small finds.
func (p *Page) RequireTargets() {
	p.t.Helper()
	for _, e := range p.Small() {
		p.t.Errorf("browser: %s is too small to hit: less than 24 by 24 px", e)
	}
}
