package browser

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
)

func TestMain(m *testing.M) { os.Exit(Main(m)) }

// policy is as strict as one that lets a page have a style.
const policy = "default-src 'none'; style-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"

// style is a style that is accessible in both schemes.
const style = `
:root { color-scheme: light dark; --ink: #222; --ground: #fff; }
@media (prefers-color-scheme: dark) { :root { --ink: #eee; --ground: #111; } }
body { color: var(--ink); background: var(--ground); font: 16px/1.5 sans-serif; margin: 1rem; }
a { color: inherit; }
[hidden] { display: none !important; }
a, input, button { display: inline-block; min-height: 24px; min-width: 24px; }
:focus-visible { outline: 3px solid var(--ink); outline-offset: 2px; }
.still { display: none; }
@media (prefers-reduced-motion: reduce) { .still { display: block; } }
`

// document is a page that is accessible if what stands in its main part is.
func document(main string) string {
	return `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>A page</title>` +
		`<meta name="viewport" content="width=device-width"><link rel="stylesheet" href="/style.css"></head>` +
		`<body><main><h1>A page</h1>` + main + `</main></body></html>`
}

// form is accessible, and leads to another page.
const form = `<p>Words. <a id="more" href="/more#part">More words</a></p>
<form method="post" action="/answer"><label for="number">Number</label> <input id="number" name="number">
<button id="go">Show</button></form>`

// site serves pages by path, each a whole document, under a policy.
type site struct {
	*httptest.Server
	pages  map[string]string
	policy string
}

// serve starts a site whose home page is the given document.
func serve(t *testing.T, home string) *site {
	t.Helper()
	s := &site{pages: map[string]string{"/": home}, policy: policy}
	s.Server = httptest.NewServer(s)
	t.Cleanup(s.Close)
	return s
}

func (s *site) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Security-Policy", s.policy)
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	page, ok := s.pages[r.URL.Path]
	switch {
	case r.URL.Path == "/style.css":
		w.Header().Set("Content-Type", "text/css")
		fmt.Fprint(w, style+s.pages["/style.css"])
	case strings.HasSuffix(r.URL.Path, ".js") && ok:
		w.Header().Set("Content-Type", "text/javascript")
		fmt.Fprint(w, page)
	case r.URL.Path == "/favicon.ico":
		w.WriteHeader(http.StatusNoContent) // the browser asks for it where the policy lets it
	case r.URL.Path == "/answer":
		fmt.Fprint(w, document(`<p id="answer">`+r.FormValue("number")+`</p>`))
	case r.URL.Path == "/moved":
		http.Redirect(w, r, "/", http.StatusSeeOther)
	case ok:
		fmt.Fprint(w, page)
	default:
		w.WriteHeader(http.StatusNotFound)
		fmt.Fprint(w, document("<p>Not here.</p>"))
	}
}

// failing is a test that fails without failing the test that runs it.
type failing struct {
	testing.TB
	errors []string
}

func (f *failing) Helper()                      {}
func (f *failing) Errorf(s string, args ...any) { f.errors = append(f.errors, fmt.Sprintf(s, args...)) }

// requireFails holds that a Require method fails a test, and says why.
func requireFails(t *testing.T, p *Page, require func(*Page), why string) {
	t.Helper()
	f := &failing{TB: t}
	require(p.reportTo(f))
	if all := strings.Join(f.errors, "\n"); !strings.Contains(all, why) {
		t.Errorf("failed with %q, want %q in it", all, why)
	}
}

func TestAccessiblePagePasses(t *testing.T) {
	for _, o := range []Options{{}, {Dark: true}, {Width: 320}, {Width: 320, Dark: true}} {
		p := Start(t, o)
		s := serve(t, document(form))
		if status := p.Open(s.URL + "/"); status != http.StatusOK {
			t.Fatalf("status %d", status)
		}
		p.RequireAccessible()
		p.RequireReflow()
		p.RequireKeyboard()
		p.RequireOneOrigin(s.URL)
	}
}

func TestPagesAreUsed(t *testing.T) {
	p := Start(t, Options{})
	s := serve(t, document(form))
	p.Open(s.URL + "/")
	p.Type("#number", "12 34")
	if status := p.Follow(func() { p.Click("#go") }); status != http.StatusOK {
		t.Errorf("status %d after a click", status)
	}
	if got := p.Text("#answer"); got != "12 34" {
		t.Errorf("typed and clicked: %q", got)
	}
	if html := p.HTML(); !strings.HasPrefix(html, "<html") || !strings.Contains(html, `<p id="answer">12 34</p>`) {
		t.Errorf("HTML: %q", html)
	}

	// With keys alone.
	p.Open(s.URL + "/")
	p.Press("Tab", "Tab")
	p.Type("#number", "5")
	p.Press("Tab")
	p.Follow(func() { p.Press("Space") })
	if got := p.Text("#answer"); got != "5" {
		t.Errorf("by the space bar: %q", got)
	}
	p.Open(s.URL + "/")
	p.Press("Tab", "Tab", "Shift+Tab")
	if status := p.Follow(func() { p.Press("Enter") }); status != http.StatusNotFound {
		t.Errorf("status %d of the link that Shift+Tab went back to, want 404", status)
	}
	if c := p.Complaints(); len(c) > 0 {
		t.Errorf("a page that is not found is no complaint: %v", c)
	}
}

func TestEval(t *testing.T) {
	p := Start(t, Options{})
	s := serve(t, document(`<script src="/set.js"></script>`))
	s.policy = "default-src 'none'; style-src 'self'; script-src 'self'"
	s.pages["/set.js"] = "const answer = 42;"
	p.Open(s.URL + "/")
	var got struct{ Answer int }
	p.Eval("({Answer: answer})", &got)
	if got.Answer != 42 {
		t.Errorf("a name of the page's script is %d", got.Answer)
	}
	p.Eval("Promise.resolve({Answer: 43})", &got)
	if got.Answer != 43 {
		t.Errorf("a promise came to %d", got.Answer)
	}
	p.Eval("document.title = 'Another'", nil)
	if !strings.Contains(p.HTML(), "<title>Another</title>") {
		t.Error("an expression does nothing")
	}
	// The harness looks from a world of its own.
	p.Axe()
	var kind string
	p.Eval("typeof axe + typeof tabs", &kind)
	if kind != "undefinedundefined" {
		t.Errorf("the page sees the harness: %s", kind)
	}
}

// Each window is a person of her own.
func TestWindowsShareNothing(t *testing.T) {
	s := serve(t, document(""))
	a, b := Start(t, Options{}), Start(t, Options{})
	a.Open(s.URL + "/")
	a.Eval("localStorage.setItem('who', 'a'); document.cookie = 'who=a'", nil)
	b.Open(s.URL + "/")
	var got string
	b.Eval("document.cookie + (localStorage.getItem('who') || '')", &got)
	if got != "" {
		t.Errorf("another window has %q", got)
	}
	for _, p := range []*Page{a, b} {
		var focused bool
		if p.Eval("document.hasFocus()", &focused); !focused {
			t.Error("one window takes the focus from another")
		}
	}
	if b.Transfer().Requests != 2 {
		t.Errorf("another window has a cache: %+v", b.Transfer())
	}
}

func TestOptionsReachThePage(t *testing.T) {
	const watched = `<p class="still">Still</p><noscript><p id="without">Without</p></noscript><p id="changed">No</p><script src="/change.js"></script>`
	for _, o := range []Options{
		{}, {Width: 320, Height: 500}, {Dark: true}, {ReducedMotion: true}, {NoScript: true},
	} {
		p := Start(t, o)
		s := serve(t, document(watched))
		s.policy = "default-src 'none'; style-src 'self'; script-src 'self'"
		s.pages["/change.js"] = "document.getElementById('changed').textContent = 'Yes'"
		p.Open(s.URL + "/")
		var got struct {
			Width, Height int
			Dark, Still   bool
		}
		p.Eval(`({Width: innerWidth, Height: innerHeight, Dark: matchMedia('(prefers-color-scheme: dark)').matches,
			Still: document.querySelector('.still').offsetHeight > 0})`, &got)
		width, height := max(o.Width, 320), max(o.Height, 500)
		if o.Width == 0 {
			width, height = 1000, 800
		}
		if got.Width != width || got.Height != height || got.Dark != o.Dark || got.Still != o.ReducedMotion {
			t.Errorf("%+v: the page sees %+v", o, got)
		}
		changed, html := "Yes", p.HTML()
		if o.NoScript {
			changed = "No"
			if p.Text("#without") != "Without" {
				t.Error("what is for browsers without scripts is not shown to one")
			}
		}
		if p.Text("#changed") != changed {
			t.Errorf("%+v: script ran: %v, %s", o, p.Text("#changed"), html)
		}
	}
}

// Without scripts a person can still do everything, and so can a test.
func TestNoScriptIsUsable(t *testing.T) {
	p := Start(t, Options{NoScript: true})
	s := serve(t, document(form))
	p.Open(s.URL + "/")
	p.RequireReflow()
	p.RequireKeyboard()
	p.RequireOneOrigin(s.URL)
	p.Type("#number", "7")
	p.Follow(func() { p.Press("Enter") })
	if got := p.Text("#answer"); got != "7" {
		t.Errorf("answered %q", got)
	}
}

func TestWithoutMain(t *testing.T) {
	var none process
	if _, err := none.get(); err == nil || !strings.Contains(err.Error(), "browser.Main") {
		t.Errorf("a browser that nothing would end: %v", err)
	}
}
