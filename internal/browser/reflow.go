package browser

import (
	"context"
	_ "embed"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/chromedp/chromedp"
)

// narrow is the width in CSS pixels at which WCAG 2.2, 1.4.10, lets nobody
// scroll sideways: a small telephone, or a window of 1280 at 400 %.
const narrow = 320

//go:embed js/reflow.js
var reflowScript string

// Reflow is how a page fits into its window.
type Reflow struct {
	Width       int      // of the window
	ScrollWidth int      // of the document
	Viewport    string   // content of <meta name=viewport>, "" without
	Wide        []Wide   // what reaches out of the window, outermost elements only
	Cut         []string // elements whose text is cut off, or hangs out of their button
	Over        []string // pairs of elements whose texts lie on each other
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
	p.width(narrow)
	r := p.Fit()
	p.width(p.options.Width)
	return r
}

// Fit looks at the page in the window as it is.
func (p *Page) Fit() Reflow {
	p.t.Helper()
	var r Reflow
	p.look(reflowScript, &r)
	return r
}

// Styles that people set of their own accord, for Restyle.
const (
	// LargeText is text of twice the size, without the window: WCAG 2.2, 1.4.4.
	LargeText = "html { font-size: 200% !important; }"

	// WideText is text with the spaces that 1.4.12 names.
	WideText = `* { line-height: 1.5 !important; letter-spacing: 0.12em !important; word-spacing: 0.16em !important; }
		p { margin-bottom: 2em !important; }`
)

// Restyle adds styles to those of the page, until it is left, as an extension of
// the browser does. It takes away those that were added before; none at all are
// the page's own.
func (p *Page) Restyle(css ...string) {
	p.t.Helper()
	text, _ := json.Marshal(strings.Join(css, "\n")) // a string
	p.look("(() => { const s = new CSSStyleSheet(); s.replaceSync("+string(text)+"); document.adoptedStyleSheets = [s]; })()", nil)
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
	for _, e := range r.Cut {
		faults = append(faults, fmt.Sprintf("text of %s is cut off", e))
	}
	for _, pair := range r.Over {
		faults = append(faults, fmt.Sprintf("texts of %s lie on each other", pair))
	}
	if !strings.Contains(strings.ReplaceAll(r.Viewport, " ", ""), "width=device-width") {
		faults = append(faults, fmt.Sprintf("a telephone lays the page out as wide as on a desk: meta viewport is %q", r.Viewport))
	}
	return faults
}

// RequireReflow fails the test for each fault that Reflow finds.
func (p *Page) RequireReflow() {
	p.t.Helper()
	p.requireFits(p.Reflow())
}

// RequireFit fails the test for each fault that Fit finds.
func (p *Page) RequireFit() {
	p.t.Helper()
	p.requireFits(p.Fit())
}

func (p *Page) requireFits(r Reflow) {
	p.t.Helper()
	for _, f := range r.Faults() {
		p.t.Errorf("browser: reflow to %d px: %s", r.Width, f)
	}
}
