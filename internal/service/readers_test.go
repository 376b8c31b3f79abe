package service

import (
	"database/sql"
	"fmt"
	"io"
	"io/fs"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"rollcall/api"
	"rollcall/internal/election"
	"rollcall/internal/workspace"
)

// answer asks for a path as a reader does, and returns status and body.
func answer(t *testing.T, h http.Handler, path string) string {
	t.Helper()
	req := httptest.NewRequest(http.MethodGet, path, nil)
	if form, ok := strings.CutPrefix(path, "/check?"); ok {
		req = httptest.NewRequest(http.MethodPost, "/check", strings.NewReader(form))
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, req)
	body, err := io.ReadAll(w.Body)
	must(t, err)
	// On paper a page says when it was made, to the second.
	return fmt.Sprintf("%d %s", w.Code, paper.ReplaceAll(body, nil))
}

var paper = regexp.MustCompile(`<p class="paper">.*</p>`)

// readersPaths is everything that a reader can ask a finished election for: the
// public files, the pages, and every operation of the API.
func readersPaths(t *testing.T, e *election.Election) []string {
	t.Helper()
	paths := []string{"/", "/results", "/board", "/how", "/verify", "/checkpoint", "/static/style.css", "/api/v1/election", "/api/v1/turnout", "/api/v1/results",
		"/api/v1/results/1", "/api/v1/results/2", "/api/v1/results/2/nist.json", "/api/v1/results/2/openelections.csv"}
	must(t, filepath.WalkDir(filepath.Join(e.Public(), "tile"), func(path string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			rel, _ := filepath.Rel(e.Public(), path)
			paths = append(paths, "/"+filepath.ToSlash(rel))
		}
		return err
	}))
	state := e.Door.State()
	ballots := 0
	for i := range state.Size() {
		paths = append(paths, fmt.Sprintf("/api/v1/entries/%d", i), fmt.Sprintf("/api/v1/entries/%d?format=json", i),
			fmt.Sprintf("/api/v1/proofs/%d", i), fmt.Sprintf("/board/%d", i))
		b, ok := state.Ballot(i)
		if !ok {
			continue
		}
		ballots++
		for _, number := range []string{b.Code, b.Voter.BallotNumber} {
			paths = append(paths, "/api/v1/receipts/"+number, "/check?"+url.Values{"number": {number}}.Encode())
		}
	}
	if ballots == 0 {
		t.Fatal("no ballots")
	}
	spec, err := os.ReadFile(filepath.Join("..", "..", "api", "openapi.yaml"))
	must(t, err)
	operations := regexp.MustCompile(`(?m)^  (/\S+):\n    get:`).FindAllStringSubmatch(string(spec), -1)
	if len(operations) < 5 {
		t.Fatalf("only %d operations found", len(operations))
	}
	for _, o := range operations {
		if o[1] == "/api/v1/events" || o[1] == "/api/v1/results/latest" {
			continue // one never ends, the other has no content
		}
		prefix, _, _ := strings.Cut(o[1], "{")
		if !strings.Contains(strings.Join(paths, "\n"), prefix) {
			t.Errorf("%s is not tried", o[1])
		}
	}
	return paths
}

// TestReadersNeverTouchTheDatabase takes the database's tables away: every
// route of readers answers as before.
func TestReadersNeverTouchTheDatabase(t *testing.T) {
	ctx := t.Context()
	e, _, err := election.Simulate(ctx, election.Small(t.TempDir()), rand.New(rand.NewPCG(3, 4)))
	must(t, err)
	t.Cleanup(func() { must(t, e.Close()) })
	reports := &reports{dir: workspace.Dir(t.TempDir()), door: e.Door, board: e.Board}
	must(t, reports.follow(ctx))
	much := api.Rate{PerSecond: 1e6, Burst: 1e6}
	server, err := api.New(api.Config{Election: &told{e.Door, e.Board, reports, &ownCheck{}, nil}, Board: e.Public(), Lookups: much})
	must(t, err)
	t.Cleanup(func() { must(t, server.Shutdown(ctx)) })

	paths := readersPaths(t, e)
	before := map[string]string{}
	for _, path := range paths {
		answer(t, server.Handler(), path) // looks up every ballot, which is counted
	}
	for _, path := range paths {
		before[path] = answer(t, server.Handler(), path)
		if !strings.HasPrefix(before[path], "200 ") {
			t.Errorf("%s: %.200s", path, before[path])
		}
	}
	beyond := fmt.Sprintf("/api/v1/entries/%d", e.Door.State().Size())
	if got := answer(t, server.Handler(), beyond); !strings.HasPrefix(got, "404 ") {
		t.Errorf("%s: %.200s", beyond, got)
	}

	db, err := sql.Open("sqlite", filepath.Join(e.Dir, "board.db"))
	must(t, err)
	defer db.Close()
	for _, table := range []string{"entries", "nodes", "claims", "meta"} {
		_, err := db.Exec(`ALTER TABLE ` + table + ` RENAME TO taken_` + table)
		must(t, err)
	}
	if _, err := e.Board.Log().Entry(ctx, 0); err == nil {
		t.Fatal("the database still answers: this test shows nothing")
	}
	for _, path := range paths {
		if got := answer(t, server.Handler(), path); got != before[path] {
			t.Errorf("without the database, %s: %.200s", path, got)
		}
	}
	for _, path := range []string{"/api/v1/election", "/api/v1/turnout", "/api/v1/results/2"} {
		first := httptest.NewRecorder()
		server.Handler().ServeHTTP(first, httptest.NewRequest(http.MethodGet, path, nil))
		again := httptest.NewRequest(http.MethodGet, path, nil)
		again.Header.Set("If-None-Match", first.Header().Get("ETag"))
		w := httptest.NewRecorder()
		if server.Handler().ServeHTTP(w, again); w.Code != http.StatusNotModified || w.Body.Len() > 0 {
			t.Errorf("without the database, %s asked for again: %d", path, w.Code)
		}
	}
}
