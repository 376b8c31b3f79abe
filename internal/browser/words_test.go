package browser

import (
	"strings"
	"testing"
)

func TestBrokenWords(t *testing.T) {
	p := Start(t, Options{Width: 320})
	const narrow = "p, code { display: block; width: 3em; overflow-wrap: anywhere }"
	for _, tt := range []struct{ name, main, style, want string }{
		{"words on lines of their own", "<p>one two three four</p>", narrow, ""},
		{"a word that is too long for its box", "<p>a municipality, no less</p>", narrow, "municipality"},
		{"with letters of other languages", "<p>(elección)</p> <p>überall</p>", "p { width: 2em; overflow-wrap: anywhere }", "elección, überall"},
		{"a soft hyphen that is not used", "<p>muni&shy;cipality</p>", "", ""},
		{"what is no word", "<p>http://a.example/path 0123456789ABCDEF</p><code>municipality</code>", narrow, ""},
		{"longer than words are", "<p>" + strings.Repeat("long", 7) + "</p>", narrow, ""},
		{"not shown", "<p hidden>municipality</p>", narrow, ""},
	} {
		s := serve(t, document(tt.main))
		s.pages["/style.css"] = tt.style
		p.Open(s.URL + "/")
		if got := strings.Join(p.BrokenWords(), ", "); got != tt.want {
			t.Errorf("%s: %q, want %q", tt.name, got, tt.want)
		}
		if tt.want == "" {
			p.RequireWholeWords()
		} else {
			requireFails(t, p, (*Page).RequireWholeWords, strings.Split(tt.want, ", ")[0]+`" is broken in a window of 320 px`)
		}
	}
}
