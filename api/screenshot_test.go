package api

import (
	"bytes"
	"context"
	"image/png"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"rollcall/api/public"
	"rollcall/internal/peers"
)

// TestPageInABrowser draws the page in Debian's chromium at the width of a
// small telephone. With ROLLCALL_SCREENSHOTS=DIR it keeps the pictures there.
func TestPageInABrowser(t *testing.T) {
	peers.Need(t, "chromium", "chromium")
	shots := os.Getenv("ROLLCALL_SCREENSHOTS")
	if shots == "" {
		shots = t.TempDir()
	}
	for _, c := range []struct {
		name, number, lang string
		width              string
		arrange            func(*fake)
		path               string
	}{
		{"home-320", "", "en", "320,1500", func(*fake) {}, "/"},
		{"results-1000", "", "en", "1000,2400", func(f *fake) { f.publish() }, "/results"},
		{"board-320", "", "es", "320,3500", func(f *fake) { fillBoard(t, f, 40) }, "/board"},
		{"how-320", "", "fil", "320,3500", func(f *fake) {}, "/how"},
		{"verify-700", "", "en", "700,1700", func(f *fake) {}, "/verify"},
		{"cast-320", code(1), "es", "320,2600", func(f *fake) { f.ballots = []public.Ballot{castAt(1)} }, ""},
		{"tested-700", code(1), "en", "700,2000", func(f *fake) {
			b := sealedAt(1, public.StateTested)
			b.Opened = []public.Opened{{Contest: 0, Selected: []uint64{1}}, {Contest: 1, Selected: []uint64{0, 1}}}
			f.ballots = []public.Ballot{b, castAt(5)}
		}, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			f := newFake()
			c.arrange(f)
			server, _ := newServer(t, f)
			url := server.URL + c.path + "?lang=" + c.lang
			if c.number != "" {
				url = answerAsGet(t, server, c.number, c.lang)
			}
			picture := filepath.Join(shots, c.name+".png")
			ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
			defer cancel()
			out, err := exec.CommandContext(ctx, "chromium", "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic",
				"--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync",
				"--hide-scrollbars", "--user-data-dir="+t.TempDir(), "--window-size="+c.width, "--screenshot="+picture, url).CombinedOutput()
			if err != nil {
				t.Fatalf("chromium: %v\n%s", err, out)
			}
			checkPicture(t, picture)
		})
	}
}

// answerAsGet lets a browser that can only follow an address see the answer to
// the form, from the same handler under the same headers.
func answerAsGet(t *testing.T, server *httptest.Server, number, lang string) string {
	t.Helper()
	res := lookUp(t, server.URL, number, lang)
	copied := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/" {
			server.Config.Handler.ServeHTTP(w, r)
			return
		}
		w.Header().Set("Content-Security-Policy", res.Header.Get("Content-Security-Policy"))
		w.Header().Set("Content-Type", res.Header.Get("Content-Type"))
		w.Write([]byte(res.body))
	}))
	t.Cleanup(copied.Close)
	return copied.URL + "/"
}

// checkPicture holds that something was drawn, with the style that the policy
// lets in: the ground of the page is not the browser's white.
func checkPicture(t *testing.T, name string) {
	t.Helper()
	b, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	picture, err := png.Decode(bytes.NewReader(b))
	if err != nil {
		t.Fatal(err)
	}
	colours := map[[3]uint32]bool{}
	size := picture.Bounds()
	for y := size.Min.Y; y < size.Max.Y; y += 3 {
		for x := size.Min.X; x < size.Max.X; x += 3 {
			r, g, b, _ := picture.At(x, y).RGBA()
			colours[[3]uint32{r >> 8, g >> 8, b >> 8}] = true
		}
	}
	if !colours[[3]uint32{0xf7, 0xf5, 0xf0}] || len(colours) < 20 {
		t.Errorf("%s: %d colours, and the ground of the style is missing", name, len(colours))
	}
}
