package browser

import "testing"

// A window becomes another without loading its page again.
func TestChange(t *testing.T) {
	s := serve(t, document(`<p id="words">Words</p>`))
	s.pages["/style.css"] = `#words { color: #333 } @media print { #words { display: none } }`
	p := Start(t, Options{})
	p.Open(s.URL + "/")
	p.Eval("globalThis.same = true", nil)
	type state struct {
		Width, Height, Ratio                      float64
		Print, Dark, Forced, Reduced, Shown, Same bool
	}
	for _, tt := range []struct {
		o    Options
		want state
	}{
		{Options{}, state{Width: 1000, Height: 800, Ratio: 1, Shown: true, Same: true}},
		{Options{Width: 640, Height: 512, Zoom: 2}, state{Width: 640, Height: 512, Ratio: 2, Shown: true, Same: true}},
		{Options{Print: true}, state{Width: 1000, Height: 800, Ratio: 1, Print: true, Same: true}},
		{Options{Dark: true, ReducedMotion: true}, state{Width: 1000, Height: 800, Ratio: 1, Dark: true, Reduced: true, Shown: true, Same: true}},
		{Options{ForcedColors: true}, state{Width: 1000, Height: 800, Ratio: 1, Forced: true, Shown: true, Same: true}},
		{Options{}, state{Width: 1000, Height: 800, Ratio: 1, Shown: true, Same: true}},
	} {
		p.Change(tt.o)
		var got state
		p.Eval(`({Width: innerWidth, Height: innerHeight, Ratio: devicePixelRatio, Same: globalThis.same === true,
			Print: matchMedia('print').matches, Dark: matchMedia('(prefers-color-scheme: dark)').matches,
			Forced: matchMedia('(forced-colors: active)').matches, Reduced: matchMedia('(prefers-reduced-motion: reduce)').matches,
			Shown: document.getElementById('words').checkVisibility()})`, &got)
		if got != tt.want {
			t.Errorf("%+v came to %+v", tt.o, got)
		}
	}
	// What axe-core finds is of the window as it is now.
	for _, dark := range []bool{true, false, true} {
		p.Change(Options{Dark: dark})
		if got := rules(p.Axe().Violations); (got == "color-contrast #words") != dark {
			t.Errorf("dark %v: %q", dark, got)
		}
	}
}
