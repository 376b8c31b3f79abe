package api

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"rollcall/api/page"
	"rollcall/api/public"
	"rollcall/bulletin/entry"
)

// fillBoard puts n entries on a board.
func fillBoard(t testing.TB, f *fake, n int) {
	t.Helper()
	f.mu.Lock()
	defer f.mu.Unlock()
	for i := uint64(0); i < uint64(n); i++ {
		f.entries[i] = testEntry(t, i)
	}
	f.checkpoint = fmt.Appendf(nil, "%s\n%d\n%s\n\n— %[1]s AAAAAAAA\n— witness.example AAAAAAAA\n— witness.example BBBBBBBB\n", f.manifest.Log.Origin, n, strings.Repeat("A", 43)+"=")
}

// TestBoardPage: the newest entries come first, every entry is on one page, and
// links lead from one stretch to the next.
func TestBoardPage(t *testing.T) {
	f := newFake()
	server, _ := newServer(t, f)
	empty := get(t, server.URL+"/board")
	checkPage(t, empty)
	if !strings.Contains(empty.body, "There is nothing on the board yet.") {
		t.Errorf("empty board: %s", seen(empty.body))
	}
	fillBoard(t, f, 70)
	shown := map[string]bool{}
	for _, path := range []string{"/board", "/board?from=63&lang=en", "/board?from=0&lang=es"} {
		res := get(t, server.URL+path)
		checkPage(t, res)
		for i := range 70 {
			if id := fmt.Sprintf(`<li value="%d"><a href="/board/%[1]d?lang=`, i); strings.Contains(res.body, id) {
				if shown[id] {
					t.Errorf("entry %d is shown twice", i)
				}
				shown[id] = true
			}
		}
		older, newer := strings.Contains(res.body, `rel="next"`), strings.Contains(res.body, `rel="prev"`)
		if older != (path != "/board?from=0&lang=es") || newer != (path != "/board") {
			t.Errorf("%s: older %v, newer %v", path, older, newer)
		}
	}
	if len(shown) != 70 {
		t.Errorf("%d of 70 entries are shown", len(shown))
	}
	newest := get(t, server.URL+"/board")
	if strings.Index(newest.body, `value="69"`) > strings.Index(newest.body, `value="64"`) {
		t.Error("an older entry comes before a newer one")
	}
	if page := seen(newest.body); !strings.Contains(page, "The board has 70 entries.") || strings.Count(page, "witness.example") != 1 {
		t.Errorf("board: %s", page)
	}
	for _, path := range []string{"/board?from=70", "/board?from=x", "/board?from=-1", "/board?from=99999999999999999999", "/board/70", "/board/x", "/board/-1"} {
		res := get(t, server.URL+path)
		if res.StatusCode != 404 || !strings.Contains(res.body, "There is no such page.") {
			t.Errorf("%s: status %d", path, res.StatusCode)
		}
		checkPage(t, res)
	}
}

// TestEntryPage: an entry says what it is, and links to its forms for programs.
func TestEntryPage(t *testing.T) {
	f := newFake()
	server, _ := newServer(t, f)
	fillBoard(t, f, 3)
	f.entries[0] = sign(t, &entry.Cast{Ballot: 12, Leaf: make([]byte, 32)})
	f.entries[1] = sign(t, &entry.Test{Ballot: 7, Leaf: make([]byte, 32), Openings: []entry.Opening{
		{Contest: 0, Selected: []uint64{1}, Nonces: make([]byte, 32)},
	}})
	f.entries[2] = sign(t, &entry.Test{Ballot: 7, Leaf: make([]byte, 32), Openings: []entry.Opening{
		{Contest: 63, Selected: []uint64{1}, Nonces: make([]byte, 32)}, // void: it shows nothing
	}})
	for path, want := range map[string]string{
		"/board/0":         "Entry 0 of the public board Cast The voter of ballot 12 keyed in the cast code: the ballot counts. See the ballot: entry 12",
		"/board/1":         "Test The voter of ballot 7 chose a test",
		"/board/1?lang=es": "Entrada 1 del tablero público Prueba",
		"/board/2":         "Test The voter of ballot 7 chose a test",
	} {
		res := get(t, server.URL+path)
		checkPage(t, res)
		if page := seen(res.body); res.StatusCode != 200 || !strings.Contains(page, want) {
			t.Errorf("%s: status %d lacks %q:\n%s", path, res.StatusCode, want, page)
		}
		if opened := strings.Contains(res.body, `class="opened"`); opened != (path[:8] == "/board/1") {
			t.Errorf("%s: opened %v", path, opened)
		}
	}
}

// TestVerifyPageNamesSoftware: the programs of the manifest stand there, and nothing
// where it names none.
func TestVerifyPageNamesSoftware(t *testing.T) {
	f := newFake()
	server, _ := newServer(t, f)
	for lang, want := range map[string]string{"en": "name the programs it is run and checked with", "es": "nombran los programas", "fil": "mga programang ginagamit"} {
		res := get(t, server.URL+"/verify?lang="+lang)
		checkPage(t, res)
		page := seen(res.body)
		for _, part := range []string{want, "rollcall <1> " + strings.Repeat("ab", 32), "rollcall-verify " + strings.Repeat("cd", 32)} {
			if !strings.Contains(page, part) {
				t.Errorf("%s: lacks %q:\n%s", lang, part, page)
			}
		}
	}
	f.manifest.Software = nil
	if page := seen(get(t, server.URL+"/verify?lang=en").body); strings.Contains(page, "name the programs") {
		t.Errorf("no software is named, and the page says: %s", page)
	}
}

// TestPageNamesTheRollChunk: the page says where on the roll the voter stands, for
// every ballot that a browser can check.
func TestPageNamesTheRollChunk(t *testing.T) {
	f := newFake()
	f.ballots = []public.Ballot{castAt(1), sealedAt(2, public.StateVoid), sealedAt(3, public.StateUndecided)}
	f.ballots[0].RollAt, f.ballots[2].RollAt = 2017, 5
	server, _ := newServer(t, f)
	for n, want := range []string{` data-roll="2017"`, "", ` data-roll="5"`} {
		page := lookUp(t, server.URL, code(n+1), "en").body
		if got := strings.Contains(page, "data-check"); got != (want != "") || !strings.Contains(page, want) {
			t.Errorf("ballot %d: a check is there: %v, want%s", n+1, got, want)
		}
	}
}

// TestTextPages: the pages that explain are whole in every language, and name the
// election.
func TestTextPages(t *testing.T) {
	f := newFake()
	server, _ := newServer(t, f)
	for _, path := range []string{"/how", "/verify"} {
		bodies := map[string]bool{}
		for _, lang := range page.Languages {
			res := get(t, server.URL+path+"?lang="+lang)
			checkPage(t, res)
			if res.StatusCode != 200 || !strings.Contains(res.body, `aria-current="page"`) || !strings.Contains(res.body, string(f.ID())) {
				t.Errorf("%s in %s: status %d:\n%s", path, lang, res.StatusCode, res.body)
			}
			bodies[seen(res.body)] = true
		}
		if len(bodies) != len(page.Languages) {
			t.Errorf("%s: %d different texts in %d languages", path, len(bodies), len(page.Languages))
		}
	}
}

// TestReferencePage: every operation of the specification is listed, and the
// specification is there for programs.
func TestReferencePage(t *testing.T) {
	server, _ := newServer(t, newFake())
	res := get(t, server.URL+"/api")
	checkPage(t, res)
	listed := seen(res.body)
	for operation, op := range operationsOf(t) {
		if !strings.Contains(listed, operation) || !strings.Contains(listed, op.Summary) {
			t.Errorf("the page lacks %s", operation)
		}
	}
	spec := get(t, server.URL+"/api/v1/openapi.yaml")
	if spec.StatusCode != 200 || !strings.HasPrefix(spec.body, "openapi: 3.1.0") || spec.Header.Get("Access-Control-Allow-Origin") != "*" {
		t.Errorf("specification: status %d, %v", spec.StatusCode, spec.Header)
	}
}

// TestPreflight: a script of another origin may read with conditions, and not post.
func TestPreflight(t *testing.T) {
	server, _ := newServer(t, newFake())
	res := do(t, http.MethodOptions, server.URL+"/api/v1/election", "", "Origin", "https://newsroom.example",
		"Access-Control-Request-Method", "GET", "Access-Control-Request-Headers", "if-none-match")
	if res.StatusCode != 204 || res.Header.Get("Access-Control-Allow-Origin") != "*" ||
		!strings.Contains(res.Header.Get("Access-Control-Allow-Headers"), "If-None-Match") {
		t.Errorf("status %d, %v", res.StatusCode, res.Header)
	}
	for _, path := range []string{"/api/v1/entries", "/check", "/"} {
		checkProblem(t, do(t, http.MethodOptions, server.URL+path, "", "Access-Control-Request-Method", "POST"), 405, "method")
	}
	if methods := res.Header.Get("Access-Control-Allow-Methods"); strings.Contains(methods, "POST") {
		t.Errorf("others may %s", methods)
	}
	if res := get(t, server.URL+"/api/v1/election"); !strings.Contains(res.Header.Get("Access-Control-Expose-Headers"), "ETag") {
		t.Errorf("a script can not see the ETag: %v", res.Header)
	}
}
