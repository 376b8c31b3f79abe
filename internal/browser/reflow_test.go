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

func TestReflowWantsAViewport(t *testing.T) {
	p := Start(t, Options{})
	s := serve(t, strings.Replace(document(form), "width=device-width", "width=980", 1))
	p.Open(s.URL + "/")
	requireFails(t, p, (*Page).RequireReflow, `meta viewport is "width=980"`)
}
