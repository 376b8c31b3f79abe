package browser

import (
	"strings"
	"testing"
)

func TestTabStops(t *testing.T) {
	p := Start(t, Options{})
	s := serve(t, document(form+`<fieldset><legend>Side</legend>
		<label><input type="radio" name="side" id="left"> Left</label> <label><input type="radio" name="side" id="right"> Right</label></fieldset>
		<details><summary>Closed</summary><a href="/in">Within</a></details>
		<label>Day <input type="date" id="day"></label>
		<button disabled>Not now</button> <a href="/no" hidden>Hidden</a>`))
	p.Open(s.URL + "/")
	walk := p.TabStops()
	want := []string{`a#more (link "More words")`, `input#number (textbox "Number")`, `button#go (button "Show")`,
		`input#left (radio "Left")`, `summary (DisclosureTriangle "Closed")`, `input#day (Date "Day")`}
	var got []string
	for _, s := range walk.Stops {
		got = append(got, s.String())
	}
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("stops:\n%s\nwant:\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	if f := walk.Faults(); len(f) > 0 {
		t.Errorf("faults: %q", f)
	}
	// It begins at the beginning, wherever the focus was.
	p.Press("Tab", "Tab", "Tab")
	if again := p.TabStops(); len(again.Stops) != len(want) || again.Stops[0].ID != "more" {
		t.Errorf("walked again: %+v", again)
	}
}

func TestTabStopsOfFew(t *testing.T) {
	p := Start(t, Options{})
	for _, tt := range []struct {
		main  string
		stops int
	}{{"<p>Words</p>", 0}, {`<p><a href="/a">A</a></p>`, 1}, {`<p><a href="/a">A</a> <a href="/b">B</a></p>`, 2}} {
		s := serve(t, document(tt.main))
		p.Open(s.URL + "/")
		walk := p.TabStops()
		if f := walk.Faults(); len(walk.Stops) != tt.stops || len(f) > 0 {
			t.Errorf("%s: %+v, %q", tt.main, walk.Stops, f)
		}
	}
}

func TestKeyboardFaults(t *testing.T) {
	p := Start(t, Options{})
	const three = `<a id="a" href="/a">A</a> <a id="b" href="/b">B</a> <a id="c" href="/c">C</a>`
	const hold = `addEventListener('keydown', e => { if (e.key === 'Tab') e.preventDefault(); });`
	for _, tt := range []struct{ name, main, style, script, want string }{
		{"a trap of one", three, "", "document.getElementById('b')." + hold, `does not get away from a#b (link "B")`},
		{"a trap of two", three, "", `document.getElementById('c').addEventListener('keydown', e => {
			if (e.key === 'Tab') { e.preventDefault(); document.getElementById('b').focus(); } });`, `does not get away from a#b`},
		{"what comes after a trap", three, "", "document.getElementById('b')." + hold, `does not stop at a#c`},
		{"a trap at the beginning", three, "", "document.getElementById('a')." + hold, `does not get away from a#a`},
		{"no outline", three, "#b:focus-visible { outline: none }", "", `not seen at a#b`},
		{"a clear outline", three, "#b:focus-visible { outline-color: transparent }", "", `not seen at a#b`},
		{"a shadow only", three, "#b:focus-visible { outline: none; box-shadow: 0 0 0 3px #000 }", "", `not seen at a#b`},
		{"a pale outline", three, "#b:focus-visible { outline-color: #ddd }", "", `not seen at a#b`},
		{"a pale outline in a dark box", `<a id="a" href="/a">A</a> <div id="box"><a id="b" href="/b">B</a></div>`,
			"#box { background: #222; color: #fff } #b:focus-visible { outline-color: #333 }", "", `not seen at a#b`},
		{"off the page", three, "#b { position: absolute; left: -9999px }", "", `not seen at a#b`},
		{"for the ear only", three, "#b { position: absolute; min-width: 0; min-height: 0; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%) }", "", `not seen at a#b`},
		{"a dot", three, "#b { min-width: 0; min-height: 0; width: 1px; height: 1px; overflow: hidden }", "", `not seen at a#b`},
		{"clipped", three, "#b { clip-path: inset(50%) }", "", `not seen at a#b`},
		{"transparent", three, "#b { opacity: 0 }", "", `not seen at a#b`},
		{"covered", three + `<div id="cover"></div>`, "#cover { position: fixed; inset: 0; background: #fff }", "", `not seen at a#b`},
		{"out of the order", `<a id="a" href="/a">A</a> <button id="b" tabindex="0">B</button> <div id="c" onclick="1">C</div>`, "", "", `does not stop at div#c`},
		{"no name", `<a id="a" href="/a"></a>`, "", "", `no name: a#a (link "")`},
	} {
		s := serve(t, document(tt.main+`<script src="/a.js"></script>`))
		s.policy += "; script-src 'self' 'unsafe-inline'"
		s.pages["/style.css"] = tt.style
		s.pages["/a.js"] = tt.script
		p.Open(s.URL + "/")
		if f := p.TabStops().Faults(); !strings.Contains(strings.Join(f, "\n"), tt.want) {
			t.Errorf("%s: %q, want %q in it", tt.name, f, tt.want)
		}
		requireFails(t, p, (*Page).RequireKeyboard, tt.want)
	}
}

// Ways to show the focus that are no fault.
func TestFocusIsSeen(t *testing.T) {
	p := Start(t, Options{})
	for _, tt := range []struct{ name, main, style string }{
		{"the browser's own outline", `<a href="/a">A</a>`, ":focus-visible { outline: revert }"},
		{"an outline that comes late", `<a href="/a">A</a>`, "a { outline: 0 solid #000; transition: outline-width 100s 100s } "},
		{"a skip link that comes in", `<a id="skip" href="#x">Skip</a> <p id="x">X</p>`, "#skip:not(:focus) { position: absolute; left: -9999px }"},
		{"around the label of a hidden button", `<label><input type="checkbox"> Yes</label>`,
			"input { opacity: 0 } label:focus-within { outline: 2px solid #000 }"},
		{"light in a dark box", `<div id="box"><a href="/a">A</a></div>`, "#box { background: #222; color: #fff } a:focus-visible { outline-color: #fff }"},
		{"below the window", `<div></div><a href="/a">A</a><div></div>`, "div { height: 3000px }"},
		{"a link of two lines", `<p><a href="/a">` + strings.Repeat("words and ", 30) + `</a></p>`, "a { display: inline }"},
	} {
		s := serve(t, document(tt.main))
		s.pages["/style.css"] = tt.style
		p.Open(s.URL + "/")
		walk := p.TabStops()
		if f := walk.Faults(); len(f) > 0 || len(walk.Stops) != 1 {
			t.Errorf("%s: %q of %v", tt.name, f, walk.Stops)
		}
	}
}
