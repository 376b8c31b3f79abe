package api

import (
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"rollcall/api/public"
)

func TestBoardFiles(t *testing.T) {
	server, _ := newServer(t, newFake())
	for _, c := range []struct{ path, body, kind, cache string }{
		{"/checkpoint", "origin\n90\n", "text/plain; charset=utf-8", "no-cache"},
		{"/tile/entries/000", "full", "application/octet-stream", forever},
		{"/tile/0/x001/067", "deep", "application/octet-stream", forever},
		{"/tile/0/000.p/90", "partial", "application/octet-stream", "public, max-age=60"},
		{"/hint/000", "hints", "application/octet-stream", forever},
		{"/hint/x001/067", "deep hints", "application/octet-stream", forever},
	} {
		res := get(t, server.URL+c.path, "Accept-Encoding", "gzip, br")
		if res.Header.Get("Content-Encoding") != "" || res.ContentLength != int64(len(c.body)) {
			t.Errorf("%s: compressed, which nothing here gains by: %v", c.path, res.Header)
		}
		if res.StatusCode != 200 || res.body != c.body || res.Header.Get("Content-Type") != c.kind ||
			res.Header.Get("Cache-Control") != c.cache || res.Header.Get("Access-Control-Allow-Origin") != "*" {
			t.Errorf("%s: %s %v %q", c.path, res.Status, res.Header, res.body)
		}
		if again := get(t, server.URL+c.path, "If-Modified-Since", res.Header.Get("Last-Modified")); again.StatusCode != 304 {
			t.Errorf("%s again: %s", c.path, again.Status)
		}
	}
}

// rawGet asks for a path exactly as given: net/http's client would clean it.
func rawGet(t testing.TB, address, path string) string {
	t.Helper()
	conn, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if _, err := conn.Write([]byte("GET " + path + " HTTP/1.0\r\n\r\n")); err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	buf := make([]byte, 4096)
	for {
		n, err := conn.Read(buf)
		b.Write(buf[:n])
		if err != nil {
			return b.String()
		}
	}
}

func TestBoardServesNothingElse(t *testing.T) {
	server, dir := newServer(t, newFake())
	if err := os.WriteFile(filepath.Join(filepath.Dir(dir), "outside"), []byte("secret"), 0o644); err != nil {
		t.Fatal(err)
	}
	// What an operator might leave there by mistake.
	if err := os.Symlink(filepath.Join(dir, "..", "outside"), filepath.Join(dir, "tile/0/005")); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(filepath.Join(dir, "..", "outside"), filepath.Join(dir, "hint/005")); err != nil {
		t.Fatal(err)
	}
	address := strings.TrimPrefix(server.URL, "http://")
	for _, path := range []string{
		"/secret", "/tile/secret", "/tile", "/tile/", "/tile/0", "/tile/0/", "/tile/0/001.p", "/tile/0/001.p/7", "/tile/0/000.p/",
		"/tile/0/000.p/090", "/tile/0/0", "/tile/0/000/", "/tile/00/000", "/tile/64/000", "/tile/-1/000", "/tile/entries/x000/000",
		"/tile/../secret", "/../secret", "/tile/0/../../secret", "/tile/%2e%2e/secret", "/tile/..%2fsecret", "/tile/0%2f000.p%2f90/x",
		"/tile/..%2f..%2foutside", "/tile//0/000.p/90", "//checkpoint", "/checkpoint/", "/./checkpoint", "/tile/0/000.p/90%00",
		`/tile\0\000.p\90`, "/tile/0/000.p/256", "/tile/0/000.p/0", "/tile/entries/000.p/1", "/tile/0/005", "/static/", "/static/..%2fpage.html",
		"/static/page.html", "/page/page.html", "/TILE/0/000.p/90",
		"/hint", "/hint/", "/hint/secret", "/hint/.tmp", "/hint/.tmp/1", "/hint/001", "/hint/002", "/hint/002/file", "/hint/005", "/hint/00",
		"/hint/0000", "/hint/000/", "/hint//000", "/hint/000.p/90", "/hint/x000/000", "/hint/x001", "/hint/x001/", "/hint/entries/000", "/hint/0/000",
		"/hint/../secret", "/hint/%2e%2e/secret", "/hint/..%2fsecret", "/hint/..%2f..%2foutside", "/hint/x001/../secret", "/hint/%2e/000",
		"/hint/000%00", `/hint\000`, "/HINT/000", "/tile/hint/000", "/hint/tile/entries/000", "/hint/x018/x446/x744/x073/x709/x551/616",
	} {
		res := rawGet(t, address, path)
		status, _, _ := strings.Cut(res, "\r\n")
		if strings.Contains(status, " 200 ") || strings.Contains(status, " 30") || strings.Contains(res, "secret") ||
			!strings.Contains(res, problemType) {
			t.Errorf("%s: %s", path, res)
		}
	}
}

func TestHEADAnswersAsGET(t *testing.T) {
	f := newFake()
	f.publish()
	f.ballots = []public.Ballot{castAt(1)}
	server, _ := newServer(t, f)
	for _, path := range []string{
		"/", "/checkpoint", "/tile/entries/000", "/hint/000", "/hint/001", "/api/v1/election", "/api/v1/results", "/api/v1/entries/0", "/api/v1/proofs/0",
		"/api/v1/receipts/" + code(1), "/api/v1/entries/17", "/nowhere", "/static/style.css",
	} {
		want := get(t, server.URL+path)
		got := do(t, http.MethodHead, server.URL+path, "")
		if got.StatusCode != want.StatusCode || got.body != "" || got.Header.Get("Content-Type") != want.Header.Get("Content-Type") {
			t.Errorf("%s: %s, and GET: %s", path, got.Status, want.Status)
		}
	}
}
