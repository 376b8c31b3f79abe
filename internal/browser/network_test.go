package browser

import (
	"bytes"
	"image/png"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestTransfer(t *testing.T) {
	p := Start(t, Options{})
	s := serve(t, document(form))
	p.Open(s.URL + "/moved")
	got := p.Transfer()
	if got.Requests != 3 || strings.Join(got.Origins, " ") != s.URL {
		t.Errorf("a redirect, a document and a style: %+v", got)
	}
	// Bodies and headers.
	p.Open(s.URL + "/")
	if direct := p.Transfer(); direct.Requests != 2 || direct.ByType["Document"]+50 > got.ByType["Document"] {
		t.Errorf("without the redirect: %+v, with it %+v", direct, got)
	}
	if d, c := got.ByType["Document"], got.ByType["Stylesheet"]; d <= len(s.pages["/"])+200 || d > len(s.pages["/"])+2000 || c <= len(style) || got.Bytes != d+c {
		t.Errorf("bytes %+v of a document of %d and a style of %d", got, len(s.pages["/"]), len(style))
	}
	// It counts anew from each Open, and goes on counting where a page leads.
	s.pages["/bare"] = "<!doctype html><title>Bare</title><a href=/>Home</a>"
	p.Open(s.URL + "/bare")
	if got := p.Transfer(); got.Requests != 1 {
		t.Errorf("after another page: %+v", got)
	}
	p.Follow(func() { p.Click("a") })
	if got := p.Transfer(); got.Requests < 2 || got.ByType["Document"] < len(s.pages["/"])+len(s.pages["/bare"]) {
		t.Errorf("after following a link: %+v", got)
	}
}

// What the cache answers did not come over the network.
func TestTransferWithACache(t *testing.T) {
	p := Start(t, Options{})
	s := serve(t, document(form))
	inner := s.Config.Handler
	s.Config.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/" {
			w.Header().Set("Cache-Control", "max-age=3600")
		}
		inner.ServeHTTP(w, r)
	})
	for want := 2; want > 0; want-- {
		p.Open(s.URL + "/")
		if got := p.Transfer(); got.Requests != want || got.ByType["Stylesheet"] > 0 != (want == 2) {
			t.Errorf("want %d requests: %+v", want, got)
		}
	}
	s.pages["/kept"] = document("Kept")
	for want := 1; want >= 0; want-- {
		p.Open(s.URL + "/kept")
		if got := p.Transfer(); got.Requests != want || got.Bytes > 0 != (want == 1) {
			t.Errorf("a document that is kept, want %d requests: %+v", want, got)
		}
		p.Open(s.URL + "/")
	}
}

func TestTransferOfAnotherOrigin(t *testing.T) {
	asked := make(chan string, 10)
	other := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked <- r.URL.Path
		w.Header().Set("Content-Type", "text/css")
		w.Write([]byte("p { color: #000 }"))
	}))
	t.Cleanup(other.Close)
	home := strings.Replace(document(form), "</head>", `<link rel="stylesheet" href="`+other.URL+`/other.css"></head>`, 1)

	t.Run("let in", func(t *testing.T) {
		p := Start(t, Options{})
		s := serve(t, home)
		s.policy = "default-src 'none'; style-src *"
		p.Open(s.URL + "/")
		got := p.Transfer()
		if len(got.Origins) != 2 || !strings.Contains(strings.Join(got.Origins, " "), other.URL) || got.Requests != 3 {
			t.Errorf("transferred %+v", got)
		}
		if path := <-asked; path != "/other.css" {
			t.Errorf("the other origin was asked for %s", path)
		}
		requireFails(t, p, func(p *Page) { p.RequireOneOrigin(s.URL + "/") }, "contacts "+other.URL)
	})
	t.Run("refused by the policy", func(t *testing.T) {
		p := Start(t, Options{})
		s := serve(t, home)
		p.Open(s.URL + "/")
		p.RequireOneOrigin(s.URL)
		if got := p.Transfer(); got.Requests != 2 {
			t.Errorf("transferred %+v", got)
		}
		if len(asked) > 0 {
			t.Error("the other origin was asked")
		}
		if c := p.Complaints(); len(c) != 1 || c[0].Source != "security" {
			t.Errorf("complaints: %v", c)
		}
	})
}

// A stream that goes on is not waited for.
func TestTransferWithAStream(t *testing.T) {
	s := serve(t, document(`<p id="at">0</p><script src="/a.js"></script>`))
	s.policy += "; script-src 'self'; connect-src 'self'"
	s.pages["/a.js"] = "new EventSource('/events').onmessage = e => { document.getElementById('at').textContent = e.data }"
	inner := s.Config.Handler
	s.Config.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/events" {
			inner.ServeHTTP(w, r)
			return
		}
		w.Header().Set("Content-Type", "text/event-stream")
		w.Write([]byte("data: 1\n\n"))
		w.(http.Flusher).Flush()
		<-r.Context().Done()
	})
	p := Start(t, Options{}) // after the server, so that it ends before it, and its stream with it
	p.Open(s.URL + "/")
	for p.Text("#at") != "1" {
	}
	if got := p.Transfer(); got.Requests != 4 {
		t.Errorf("a document, a style, a script and a stream: %+v", got)
	}
}

func TestSlow(t *testing.T) {
	s := serve(t, document("<p>"+strings.Repeat("words ", 20000)+"</p>"))
	fast := Start(t, Options{})
	fast.Open(s.URL + "/")
	slow := Start(t, Options{Slow: true})
	slow.Open(s.URL + "/")
	f, u := fast.Usable(), slow.Usable()
	t.Logf("%d bytes: fast %+v, slow %+v", fast.Transfer().Bytes, f, u)
	// The emulation holds 120 kB for 0.15 s and 0.6 s at least, however fast or slow this machine is.
	if u.Loaded.Seconds() < 0.7 {
		t.Errorf("loaded in %v over a network that takes 0.75 s", u.Loaded)
	}
	for _, u := range []Usable{f, u} {
		if u.FirstPaint <= 0 || u.Interactive <= 0 || u.Loaded < u.Interactive {
			t.Errorf("times %+v", u)
		}
	}
}

func TestScreenshot(t *testing.T) {
	folder := t.TempDir()
	t.Setenv("ROLLCALL_SCREENSHOTS", folder)
	p := Start(t, Options{Width: 320, Dark: true})
	s := serve(t, document("<p>Words</p><div></div>"))
	s.pages["/style.css"] = "div { height: 3000px }"
	p.Open(s.URL + "/")
	path := p.Screenshot("page")
	if path != filepath.Join(folder, "page.png") {
		t.Errorf("kept at %s", path)
	}
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	picture, err := png.Decode(bytes.NewReader(b))
	if err != nil {
		t.Fatal(err)
	}
	size := picture.Bounds().Size()
	if r, g, b, _ := picture.At(319, size.Y-1).RGBA(); size.X != 320 || size.Y < 3000 || r>>8 != 0x11 || g>>8 != 0x11 || b>>8 != 0x11 {
		t.Errorf("a picture of %v with the corner %x %x %x", size, r>>8, g>>8, b>>8)
	}
	t.Setenv("ROLLCALL_SCREENSHOTS", "")
	if _, err := os.Stat(p.Screenshot("page")); err != nil {
		t.Error(err)
	}
}

func TestPrintPDF(t *testing.T) {
	p := Start(t, Options{})
	s := serve(t, document("<p>Words</p>"))
	p.Open(s.URL + "/")
	kept := t.TempDir()
	t.Setenv("ROLLCALL_SCREENSHOTS", kept)
	for _, tt := range []struct {
		name  string
		paper Paper
		box   string // of a page, in points, as far as it is whole
	}{{"a4", A4, "/MediaBox [0 0 595"}, {"letter", Letter, "/MediaBox [0 0 612 792]"}} {
		b := p.PrintPDF(tt.name, tt.paper)
		if !bytes.HasPrefix(b, []byte("%PDF-")) || !bytes.Contains(b, []byte(tt.box)) {
			t.Errorf("%s: a PDF of %d bytes that begins %.8q", tt.name, len(b), b)
		}
		if file, err := os.ReadFile(filepath.Join(kept, tt.name+".pdf")); err != nil || !bytes.Equal(file, b) {
			t.Errorf("%s: %v, or the file is another", tt.name, err)
		}
	}
}
