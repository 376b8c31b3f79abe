package browser

import (
	"strings"
	"testing"
)

func TestSmallTargets(t *testing.T) {
	p := Start(t, Options{})
	tiny := "a, button, input, summary { min-width: 0; min-height: 0; padding: 0; border: 0; font-size: 10px; line-height: 1 }"
	for _, tt := range []struct{ name, main, style, want string }{
		{"large enough", form + `<details><summary>More words</summary></details>`, "", ""},
		{"a link alone", `<p><a href="/a" id="a">here</a></p>`, tiny, "a#a"},
		{"a link alone, with room around it", `<p><a href="/a" id="a">here</a></p>`, tiny + "p { margin: 99px }", "a#a"},
		{"a link in words", `<p>Words and <a href="/a" id="a">more words</a>.</p>`, tiny + "a { display: inline }", ""},
		{"a link beside a dot", `<p><a href="/a" id="a">more words</a>.</p>`, tiny + "a { display: inline }", "a#a"},
		{"a summary", `<details><summary id="s">More</summary><p>Words</p></details>`, tiny, "summary#s"},
		{"one that is wide and low", `<button id="b">Some words</button>`, tiny + "#b { width: 99px }", "button#b"},
		{"a field", `<label for="i">Number</label> <input id="i">`, tiny, "input#i"},
		{"what is hidden", `<input type="hidden" name="x"><button hidden>a</button><details><summary>Words</summary><a href="/a">b</a></details>`,
			"a { min-width: 0; min-height: 0 }", ""},
	} {
		s := serve(t, document(tt.main))
		s.pages["/style.css"] = tt.style
		p.Open(s.URL + "/")
		if got := strings.Join(p.Small(), ", "); got != tt.want {
			t.Errorf("%s: %q, want %q", tt.name, got, tt.want)
		}
		if tt.want != "" {
			requireFails(t, p, (*Page).RequireTargets, tt.want+" is too small")
		} else {
			p.RequireTargets()
		}
	}
}
