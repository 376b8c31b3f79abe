package api

import (
	"bytes"
	"encoding/json"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"rollcall/api/gen"
	"rollcall/api/public"
	"rollcall/bulletin/entry"
)

// serve answers one request without a network.
func serve(t testing.TB, h http.Handler, r *http.Request) *httptest.ResponseRecorder {
	t.Helper()
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

// newHandler is what newServer serves.
func newHandler(t testing.TB, f *fake) http.Handler {
	t.Helper()
	server, _ := newServer(t, f)
	return server.Config.Handler
}

// checkRefusal holds what is true of every answer to a bad request.
func checkRefusal(t testing.TB, r *http.Request, w *httptest.ResponseRecorder) {
	t.Helper()
	if w.Header().Get("Content-Security-Policy") != policy {
		t.Errorf("%s %q: no policy", r.Method, r.URL)
	}
	if w.Code < 400 || strings.HasPrefix(w.Header().Get("Content-Type"), "text/html") {
		return
	}
	var p gen.Problem
	if err := json.Unmarshal(w.Body.Bytes(), &p); err != nil || p.Status != w.Code || w.Header().Get("Content-Type") != problemType {
		t.Errorf("%s %q: status %d is no problem: %s", r.Method, r.URL, w.Code, w.Body)
	}
}

// malform spoils a good request in one of many ways.
func malform(rnd *rand.Rand, good []byte) *http.Request {
	method, path, kind, body := http.MethodPost, "/api/v1/entries", cborType, bytes.Clone(good)
	switch rnd.IntN(8) {
	case 0:
		body = body[:rnd.IntN(len(body))]
	case 1:
		body = append(body, byte(rnd.Uint32()))
	case 2:
		body = make([]byte, entry.MaxSize+1+rnd.IntN(1000))
	case 3:
		kind = []string{"", "application/json", "text/html", "multipart/form-data; boundary=x"}[rnd.IntN(4)]
	case 4:
		method = []string{"PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"}[rnd.IntN(5)]
	case 5:
		path = "/api/v1/entries/" + []string{"0", "..", "%00", "?format=json"}[rnd.IntN(4)]
	case 6: // shortest lengths only: a longer head of the array is not canonical
		body = append([]byte{0x98, 0x03}, body[1:]...)
	default: // the kind, which no other kind differs from in one letter
		body[2+rnd.IntN(5)] ^= 0x20
	}
	r := httptest.NewRequest(method, path, bytes.NewReader(body))
	r.Header.Set("Content-Type", kind)
	return r
}

func TestMalformedRequestsChangeNothing(t *testing.T) {
	f := newFake()
	h := newHandler(t, f)
	rnd := rand.New(rand.NewPCG(1, 2))
	good := testEntry(t, 9)
	for range 200 {
		r := malform(rnd, good)
		w := serve(t, h, r)
		if w.Code < 400 || w.Code >= 500 {
			t.Errorf("%s %s: status %d: %s", r.Method, r.URL, w.Code, w.Body)
		}
		checkRefusal(t, r, w)
	}
	if got := f.changes(); got != [2]int{} {
		t.Errorf("%d entries posted, %d look-ups", got[0], got[1])
	}
	r := httptest.NewRequest(http.MethodPost, "/api/v1/entries", bytes.NewReader(good))
	r.Header.Set("Content-Type", cborType)
	if w := serve(t, h, r); w.Code != http.StatusCreated {
		t.Errorf("and a good one: status %d: %s", w.Code, w.Body)
	}
}

func FuzzRoutes(f *testing.F) {
	for _, seed := range []struct{ method, path string }{
		{"GET", "/"}, {"HEAD", "/checkpoint"}, {"GET", "/tile/0/000.p/90"}, {"GET", "/tile/%2e%2e/secret"}, {"GET", "/hint/%2e%2e/secret"},
		{"GET", "/api/v1/entries/0?format=json"}, {"GET", "/api/v1/receipts/" + code(1)}, {"POST", "/check"}, {"GET", "/api/v1/proofs/-1"},
		{"GET", "/results?lang=fil"}, {"GET", "/board?from=32"}, {"GET", "/board/0"}, {"GET", "/api"}, {"GET", "/verify?from=x"},
		{"GET", "/api/v1/results/2/openelections.csv?lang=en"}, {"GET", "/api/v1/results/1/nist.json"}, {"OPTIONS", "/api/v1/results"},
	} {
		f.Add(seed.method, seed.path)
	}
	e := newFake()
	e.ballots, e.entries[0] = []public.Ballot{castAt(1)}, testEntry(f, 0)
	h := newHandler(f, e)
	f.Fuzz(func(t *testing.T, method, path string) {
		u, err := url.ParseRequestURI(path)
		if err != nil || !strings.HasPrefix(path, "/") || method == "" || strings.ContainsFunc(method, func(r rune) bool { return r < 'A' || r > 'Z' }) {
			return
		}
		r := httptest.NewRequest(http.MethodGet, "/", nil)
		r.Method, r.URL, r.RequestURI = method, u, path
		w := serve(t, h, r)
		checkRefusal(t, r, w)
		if w.Code >= 500 || strings.Contains(w.Body.String(), "secret") && !strings.Contains(path, "secret") {
			t.Errorf("%s %q: status %d: %s", method, path, w.Code, w.Body)
		}
		if got := e.changes(); got[0] != 0 {
			t.Errorf("%s %q: an entry was posted", method, path)
		}
	})
}

func FuzzPostEntry(f *testing.F) {
	f.Add([]byte{})
	f.Add([]byte{0x83, 0x60, 0x40, 0x80})
	f.Add(testEntry(f, 3))
	e := newFake()
	h := newHandler(f, e)
	f.Fuzz(func(t *testing.T, raw []byte) {
		before := e.changes()[0]
		r := httptest.NewRequest(http.MethodPost, "/api/v1/entries", bytes.NewReader(raw))
		r.Header.Set("Content-Type", cborType)
		w := serve(t, h, r)
		checkRefusal(t, r, w)
		_, err := entry.Decode(raw)
		if good := w.Code == http.StatusCreated || w.Code == http.StatusOK; good != (err == nil) {
			t.Errorf("status %d for an entry of which Decode says %v", w.Code, err)
		}
		if after := e.changes()[0]; err != nil && after != before {
			t.Error("an entry was posted that does not decode")
		}
	})
}

func FuzzLookUp(f *testing.F) {
	f.Add(code(1))
	f.Add(public.Number(ballotNumber(1)).Groups())
	f.Add("<b>&\u2013")
	e := newFake()
	e.ballots = []public.Ballot{castAt(1)}
	h := newHandler(f, e)
	f.Fuzz(func(t *testing.T, typed string) {
		r := httptest.NewRequest(http.MethodPost, "/check", strings.NewReader(url.Values{"number": {typed}}.Encode()))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		w := serve(t, h, r)
		checkRefusal(t, r, w)
		n, err := public.ParseNumber(typed)
		want := http.StatusBadRequest
		switch {
		case err == nil && (string(n) == code(1) || string(n) == ballotNumber(1)):
			want = http.StatusOK
		case err == nil:
			want = http.StatusNotFound
		}
		if w.Code != want {
			t.Errorf("%q: status %d, want %d", typed, w.Code, want)
		}
		if err != nil && len(typed) > 0 && strings.Contains(w.Body.String(), "<b>") {
			t.Errorf("%q stands in the page as it is", typed)
		}
	})
}
