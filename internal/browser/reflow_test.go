package browser

import (
	"strings"
	"testing"
)

func TestReflow(t *testing.T) {
	p := Start(t, Options{})
	long := strings.Repeat("abcdef0123456789", 8)
	for _, tt := range []struct{ name, main, style, wide, fault string }{
		{"narrow", form, "", "", ""},
		{"a wide box", `<div id="box"><p>In it</p></div>`, "#box { width: 600px }", "div#box", "the document is "},
		{"a long word", `<p>A hash is <code class="hash">` + long + `</code></p>`, "", "code.hash", "the document is "},
		{"a long word that breaks", `<p>A hash is <code class="hash">` + long + `</code></p>`, "code { overflow-wrap: anywhere }", "", ""},
		{"a wide table", `<table id="t"><tr><td>` + long + `</td></tr></table>`, "", "table#t", "the document is "},
		{"a wide table that scrolls by itself", `<div tabindex="0"><table id="t"><tr><td>` + long + `</td></tr></table></div>`,
			"div { overflow-x: auto }", "", ""},
		{"cut off", `<div id="cut"><p id="words">` + long + `</p></div>`, "#cut { overflow: hidden }", "p#words", "p#words reaches to "},
		{"for the ear only", `<p id="ear">` + long + `</p>`,
			"#ear { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%) }", "", ""},
		{"not shown", `<p id="no">` + long + `</p>`, "#no { display: none }", "", ""},
	} {
		s := serve(t, document(tt.main))
		s.pages["/style.css"] = tt.style
		p.Open(s.URL + "/")
		r := p.Reflow()
		if r.Width != 320 {
			t.Fatalf("%s: looked at in %d px", tt.name, r.Width)
		}
		var wide []string
		for _, w := range r.Wide {
			wide = append(wide, w.Element)
			if w.Right <= 320 {
				t.Errorf("%s: %s is wide with %.0f px", tt.name, w.Element, w.Right)
			}
		}
		if got := strings.Join(wide, ", "); got != tt.wide {
			t.Errorf("%s: wide is %q, want %q", tt.name, got, tt.wide)
		}
		if tt.fault == "" {
			p.RequireReflow()
		} else {
			requireFails(t, p, (*Page).RequireReflow, tt.fault)
		}
	}
	var width int
	if p.Eval("innerWidth", &width); width != 1000 {
		t.Errorf("the window is left %d px wide", width)
	}
}

// What is read is neither cut off nor covered by other text, in a window of any
// width and with whatever style a person adds.
func TestFit(t *testing.T) {
	p := Start(t, Options{Width: 640})
	for _, tt := range []struct{ name, main, style, add, fault string }{
		{"as it is", form, "", "", ""},
		{"large", form, "", LargeText, ""},
		{"spaced", form, "", WideText, ""},
		{"a box with a height", `<p id="box">Some words</p>`, "#box { height: 2rem; overflow: hidden }", "", ""},
		{"a box with a height in pixels", `<p id="box">Some words</p>`, "p { font-size: 1rem } #box { height: 30px; overflow: hidden }", LargeText, "text of p#box is cut off"},
		{"a line that is cut", `<p id="box">Some words</p>`, "#box { width: 80px; white-space: nowrap; overflow-x: clip }", WideText, "text of p#box is cut off"},
		{"what scrolls", `<div id="box" tabindex="0">Some words</div>`, "#box { height: 10px; width: 80px; overflow: auto }", LargeText, ""},
		{"a button with a height", `<button id="go">Some more words</button>`, "#go { height: 30px; width: 9rem }", "#go { font-size: 40px }", "text of button#go is cut off"},
		{"a line on another", `<p id="a">One</p><p id="b">Two</p>`, "#a { height: 1px; margin: 0 } #b { margin: 0 }", "", "texts of p#a and p#b lie on each other"},
		{"a paragraph on itself", `<p id="a">One<br>Two</p>`, "#a { line-height: .3 }", "", "texts of p#a and p#a lie on each other"},
		{"a wide word", `<p id="a">` + strings.Repeat("long", 8) + `</p>`, "p { font-size: 1rem }", LargeText + LargeText + "p { font-size: 3rem }", "p#a reaches to"},
		{"for the ear only", `<p id="ear">Some words</p>`,
			"#ear { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%) }", "", ""},
	} {
		s := serve(t, document(tt.main))
		s.pages["/style.css"] = tt.style
		p.Open(s.URL + "/")
		p.Restyle(tt.add)
		if tt.fault == "" {
			if faults := p.Fit().Faults(); len(faults) > 0 {
				t.Errorf("%s: %q", tt.name, faults)
			}
			p.RequireFit()
		} else {
			requireFails(t, p, (*Page).RequireFit, tt.fault)
			requireFails(t, p, (*Page).RequireFit, "640 px")
		}
	}
	// A style that was added goes again.
	s := serve(t, document(form))
	p.Open(s.URL + "/")
	size := func() (px float64) {
		p.Eval("parseFloat(getComputedStyle(document.documentElement).fontSize)", &px)
		return px
	}
	p.Restyle(LargeText, WideText)
	large := size()
	if p.Restyle(); large != 32 || size() != 16 {
		t.Errorf("text of %.0f px, and then of %.0f px", large, size())
	}
}

func TestReflowWantsAViewport(t *testing.T) {
	p := Start(t, Options{})
	s := serve(t, strings.Replace(document(form), "width=device-width", "width=980", 1))
	p.Open(s.URL + "/")
	requireFails(t, p, (*Page).RequireReflow, `meta viewport is "width=980"`)
}
