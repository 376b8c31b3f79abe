package browser

import (
	"context"
	_ "embed"
	"fmt"
	"strings"

	"github.com/chromedp/chromedp"
)

// narrow is the width in CSS pixels at which WCAG 2.2, 1.4.10, lets nobody
// scroll sideways: a small telephone, or a window of 1280 at 400 %.
const narrow = 320

//go:embed js/reflow.js
var reflowScript string

// Reflow is how a page fits into a window of 320 CSS pixels.
type Reflow struct {
	Width       int    // of the window
	ScrollWidth int    // of the document
	Viewport    string // content of <meta name=viewport>, "" without
	Wide        []Wide // what reaches out of the window, outermost elements only
}

// Wide is an element that reaches out of the window.
type Wide struct {
	Element string  // its tag, id and classes
	Right   float64 // its right edge or that of its text, in CSS pixels from the document's left
}

// Reflow looks at the page in a window of 320 CSS pixels, and then gives the
// window its width again. What scrolls sideways by itself, as tables may, is
// not wide, nor is what is hidden from the eye.
func (p *Page) Reflow() Reflow {
	p.t.Helper()
	var r Reflow
	p.width(narrow)
	p.look(reflowScript, &r)
	p.width(p.options.Width)
	return r
}

// width gives the window a width.
func (p *Page) width(w int) {
	p.t.Helper()
	run(p, "resizing", chromedp.Func(func(ctx context.Context, s *chromedp.Target) error { return p.resize(ctx, s, w) }))
}

// Faults returns what is wrong with it, in sentences.
func (r Reflow) Faults() []string {
	var faults []string
	if r.ScrollWidth > r.Width {
		faults = append(faults, fmt.Sprintf("the document is %d px wide in a window of %d px", r.ScrollWidth, r.Width))
	}
	for _, w := range r.Wide {
		faults = append(faults, fmt.Sprintf("%s reaches to %.0f px in a window of %d px", w.Element, w.Right, r.Width))
	}
	if !strings.Contains(strings.ReplaceAll(r.Viewport, " ", ""), "width=device-width") {
		faults = append(faults, fmt.Sprintf("a telephone lays the page out as wide as on a desk: meta viewport is %q", r.Viewport))
	}
	return faults
}

// RequireReflow fails the test for each fault that Reflow finds.
func (p *Page) RequireReflow() {
	p.t.Helper()
	for _, f := range p.Reflow().Faults() {
		p.t.Errorf("browser: reflow: %s", f)
	}
}
