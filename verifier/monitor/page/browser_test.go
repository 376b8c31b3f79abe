package page

import (
	"os"
	"testing"

	"rollcall/internal/browser"
	"rollcall/verifier"
	"rollcall/verifier/monitor"
)

func TestMain(m *testing.M) { os.Exit(browser.Main(m)) }

// TestPageInABrowser holds the page in each of its states, by day and by night, on
// a telephone and on a desk, against WCAG 2.2 AA: no violation, and nothing that a
// person would have to decide. It works with keys alone and without scripts, fits
// into 320 pixels and holds large and spaced letters, and asks nobody else for
// anything. With ROLLCALL_SCREENSHOTS=DIR the pictures stay there.
func TestPageInABrowser(t *testing.T) {
	p := browser.Start(t, browser.Options{})
	for name, status := range map[string]*monitor.Status{
		"nothing": nil, "goes-on": judged(verifier.Skipped), "verified": judged(verifier.Pass), "alarm": alarmed(judged(verifier.Fail)),
	} {
		t.Run(name, func(t *testing.T) {
			p := p.For(t)
			shown, _, server := newPage(t)
			if status != nil {
				shown.Show(status)
			} else {
				shown.Progress(12, 1234)
			}
			for _, o := range []browser.Options{{Width: 320, Height: 640, NoScript: true}, {Width: 1000, Dark: true}, {Width: 1000, ForcedColors: true}} {
				p.Change(o)
				if code := p.Open(server.URL + "/"); code != 200 {
					t.Errorf("status %d", code)
				}
				p.RequireAccessible()
				p.RequireReflow()
				p.RequireKeyboard()
				p.RequireTargets()
				p.RequireOneOrigin(server.URL)
				if !o.ForcedColors {
					p.Screenshot(name + map[bool]string{true: "-dark", false: ""}[o.Dark])
				}
			}
			p.Change(browser.Options{Width: 320})
			p.Restyle(browser.LargeText, browser.WideText)
			p.RequireFit()
			p.Change(browser.Options{})
			if code := p.Follow(func() { p.Click(`a[href="/"]`) }); code != 200 {
				t.Errorf("loading it again: %d", code)
			}
			if code := p.Open(server.URL + "/status.json"); code != 200 {
				t.Errorf("status.json: %d", code)
			}
		})
	}
}
