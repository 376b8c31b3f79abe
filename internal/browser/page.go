package browser

import (
	"cmp"
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"

	"rollcall/internal/peers"
)

const (
	// pageLimit is how long a page may live, from Start to the last look at it.
	pageLimit = 5 * time.Minute

	// stepLimit is how long one thing may take that is done to a page, such as
	// a click. It bounds the wait for an element that never comes.
	stepLimit = 30 * time.Second
)

// Options say what kind of browser a person has.
type Options struct {
	Width, Height int  // of the window, in CSS pixels; 0 is 1000 and 800
	Zoom          int  // how many pixels of a screen one CSS pixel is, for pictures; 0 is 1
	Print         bool // what the page would be on paper, shown in the window
	Dark          bool // the person prefers a dark colour scheme; otherwise a light one
	ForcedColors  bool // the system sets all colours, as "high contrast" does
	ReducedMotion bool // the person prefers little motion
	NoScript      bool // pages run no scripts
	Slow          bool // a slow telephone network and a processor of a quarter of this one's speed; see slow.go
}

// Page is one window, with no cookies, no storage and an empty cache. Its
// methods fail the test if the browser does not do as told. It is for one
// goroutine.
type Page struct {
	t       testing.TB
	ctx     context.Context // chromedp's, of the window
	options Options
	seen    *record
}

// Start opens a window, until the test ends. It skips the test if there is no
// chromium, or fails it under ROLLCALL_PEERS=1. When the test ends, any complaint
// of the browser that the test did not take fails it: see Complaints.
func Start(t testing.TB, o Options) *Page {
	t.Helper()
	peers.Need(t, "chromium", "chromium")
	whole, err := shared.get()
	if err != nil {
		t.Fatalf("browser: %v", err)
	}
	limited, cancelLimit := context.WithTimeout(whole, pageLimit)
	p := &Page{t: t, options: o.filled(), seen: &record{}}
	var cancel context.CancelFunc
	p.ctx, cancel = chromedp.NewContext(limited, chromedp.WithNewBrowserContext(), chromedp.WithListener(p.seen.event))
	t.Cleanup(func() {
		p.requireNoComplaints()
		cancel()
		cancelLimit()
	})
	if err := chromedp.Do(p.ctx, chromedp.Func(p.prepare)); err != nil {
		t.Fatalf("browser: opening a window: %v", err)
	}
	return p
}

// For lends the window to a test that runs within the one that opened it: what is
// done to the returned page fails that test, and so do complaints until it ends. A
// window that has shown other pages has much of its work done, and is faster.
func (p *Page) For(t testing.TB) *Page {
	other := p.reportTo(t)
	t.Cleanup(func() {
		other.requireNoComplaints()
		other.seen.forget()
	})
	return other
}

// reportTo returns the page with its faults told to another test.
func (p *Page) reportTo(t testing.TB) *Page {
	other := *p
	other.t = t
	return &other
}

// filled returns the options with what a zero stands for.
func (o Options) filled() Options {
	o.Width, o.Height = cmp.Or(o.Width, 1000), cmp.Or(o.Height, 800)
	o.Zoom = cmp.Or(o.Zoom, 1)
	return o
}

// Change makes the window what other options say, without loading the page again.
// Whether scripts run is for the next page, and so is a slow network.
func (p *Page) Change(o Options) {
	p.t.Helper()
	p.options = o.filled()
	run(p, "changing the window", chromedp.Func(p.prepare))
}

// Options returns what the window is now.
func (p *Page) Options() Options { return p.options }

// prepare makes the window what the options say.
func (p *Page) prepare(ctx context.Context, s *chromedp.Target) error {
	if err := p.resize(ctx, s, p.options.Width); err != nil {
		return err
	}
	if err := p.emulate(ctx, s); err != nil {
		return err
	}
	if _, err := scripts(!p.options.NoScript)(ctx, s); err != nil {
		return err
	}
	if p.options.Slow {
		return slowDown(ctx, s)
	}
	return nil
}

// emulate makes media queries come out as the options say.
func (p *Page) emulate(ctx context.Context, s *chromedp.Target) error {
	either := func(is bool, yes, no string) string {
		if is {
			return yes
		}
		return no
	}
	o := p.options
	_, err := cdp.Call(ctx, s, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
		Media: either(o.Print, "print", ""),
		Features: []*emulation.MediaFeature{
			{Name: "prefers-color-scheme", Value: either(o.Dark, "dark", "light")},
			{Name: "prefers-reduced-motion", Value: either(o.ReducedMotion, "reduce", "no-preference")},
			{Name: "forced-colors", Value: either(o.ForcedColors, "active", "none")},
		},
	})
	return err
}

// scripts lets pages run scripts, or not.
func scripts(run bool) chromedp.Action[chromedp.Void] {
	return chromedp.Func(func(ctx context.Context, s *chromedp.Target) error {
		_, err := cdp.Call(ctx, s, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: !run})
		return err
	})
}

// resize gives the window another width.
func (p *Page) resize(ctx context.Context, s *chromedp.Target, width int) error {
	_, err := cdp.Call(ctx, s, emulation.SetDeviceMetricsOverride, emulation.SetDeviceMetricsOverrideParams{
		Width: int64(width), Height: int64(p.options.Height), DeviceScaleFactor: float64(p.options.Zoom),
	})
	return err
}

// run does something to the page within stepLimit, and fails the test if it
// does not succeed; what names it.
func run[T any](p *Page, what string, a chromedp.Action[T]) T {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.ctx, stepLimit)
	defer cancel()
	v, err := chromedp.Run(ctx, a)
	if err != nil {
		p.t.Fatalf("browser: %s: %v", what, err)
	}
	return v
}

// Open goes to an address and waits until the page has loaded. It returns the
// status of the answer. Transfer counts anew from here.
func (p *Page) Open(url string) int {
	p.t.Helper()
	p.seen.restart()
	return status(run(p, "opening "+url, chromedp.NavigateResponse(url)))
}

// Follow does something that leads to another page, such as to press a button,
// and waits until that has loaded. It returns the status of the answer.
func (p *Page) Follow(act func()) int {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.ctx, stepLimit)
	defer cancel()
	response, err := chromedp.RunResponse(ctx, chromedp.Func(func(context.Context, *chromedp.Target) error {
		act()
		return nil
	}))
	if err != nil {
		p.t.Fatalf("browser: waiting for the next page: %v", err)
	}
	return status(response)
}

// status returns the status of an answer, 0 if there was none: the page was
// not fetched, or the address is within the page.
func status(r *network.Response) int {
	if r == nil {
		return 0
	}
	return int(r.Status)
}

// Click presses the mouse in the middle of the first element that a CSS
// selector matches, once it is visible.
func (p *Page) Click(selector string) {
	p.t.Helper()
	run(p, "clicking "+selector, chromedp.Click(chromedp.CSS(selector)))
}

// Type focuses an element, once it is visible, and types text, key by key.
func (p *Page) Type(selector, text string) {
	p.t.Helper()
	run(p, "typing into "+selector, chromedp.SendKeys(chromedp.CSS(selector), text))
}

// Text returns the text of an element as it is shown, once it is visible.
func (p *Page) Text(selector string) string {
	p.t.Helper()
	return run(p, "reading "+selector, chromedp.Text(chromedp.CSS(selector)))
}

// HTML returns the document as it is now, which scripts may have changed.
func (p *Page) HTML() string {
	p.t.Helper()
	var html string
	p.look("document.documentElement.outerHTML", &html)
	return html
}

// Eval evaluates an expression among the page's own scripts and decodes its
// JSON into out, unless that is nil. A promise is waited for. It works under any
// content security policy and without scripts, but a promise may then never come.
func (p *Page) Eval(expression string, out any) {
	p.t.Helper()
	value := run(p, "evaluating", chromedp.Evaluate[[]byte](expression, chromedp.EvalAwaitPromise))
	p.decode(value, out)
}

// decode reads what an expression came to.
func (p *Page) decode(value []byte, out any) {
	p.t.Helper()
	if out == nil {
		return
	}
	if err := json.Unmarshal(value, out); err != nil {
		p.t.Fatalf("browser: an expression came to %q: %v", value, err)
	}
}

// Screenshot draws the whole page, also what one has to scroll to, and returns
// the path of the PNG file. It is kept in the folder $ROLLCALL_SCREENSHOTS, or
// without that until the test ends. The name is without folder and ending.
func (p *Page) Screenshot(name string) string {
	p.t.Helper()
	if name == "" || filepath.Base(name) != name {
		p.t.Fatalf("browser: screenshot %q: not a plain name", name)
	}
	folder := os.Getenv("ROLLCALL_SCREENSHOTS")
	if folder == "" {
		folder = p.t.TempDir()
	}
	picture := run(p, "drawing "+name, chromedp.FullScreenshot(100))
	path := filepath.Join(folder, name+".png")
	if err := os.WriteFile(path, picture, 0o644); err != nil {
		p.t.Fatalf("browser: %v", err)
	}
	return path
}

// Paper is a sheet that a page can be printed on.
type Paper = chromedp.PaperSize

// A4 and Letter are what most printers have.
var (
	A4     Paper = chromedp.PaperA4
	Letter Paper = chromedp.PaperLetter
)

// PrintPDF prints the page on paper, without backgrounds, as browsers do by
// default. Like a screenshot, it is kept in $ROLLCALL_SCREENSHOTS if that is set.
func (p *Page) PrintPDF(name string, paper Paper) []byte {
	p.t.Helper()
	pdf := run(p, "printing", chromedp.PrintToPDF(chromedp.PDFPaper(paper)))
	if folder := os.Getenv("ROLLCALL_SCREENSHOTS"); folder != "" {
		if err := os.WriteFile(filepath.Join(folder, name+".pdf"), pdf, 0o644); err != nil {
			p.t.Fatalf("browser: %v", err)
		}
	}
	return pdf
}
