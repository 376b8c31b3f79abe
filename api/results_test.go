package api

import (
	"context"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"rollcall/api/gen"
	"rollcall/api/public"
)

// TestReportsComeOutInOrder: nothing before the opening, no count before the result,
// and a request for it says when.
func TestReportsComeOutInOrder(t *testing.T) {
	f := newFake()
	server, _ := newServer(t, f)
	list := func() gen.Reports {
		res := get(t, server.URL+"/api/v1/results")
		checkAnswer(t, "/api/v1/results", res)
		var v gen.Reports
		decode(t, res, &v)
		return v
	}
	early := func(path string) {
		t.Helper()
		res := get(t, server.URL+path)
		checkProblem(t, res, 404, "no-result")
		var p gen.Problem
		decode(t, res, &p)
		if p.NotBefore == nil || !p.NotBefore.Equal(noon.Add(8*time.Hour)) || !strings.Contains(res.body, "until 2026-11-03T20:00:00Z") {
			t.Errorf("%s does not say when: %s", path, res.body)
		}
	}
	if v := list(); v.Latest != nil || len(v.Reports) != 0 {
		t.Errorf("before the opening: %+v", v)
	}
	for _, path := range []string{"/latest", "/1", "/1/nist.json", "/1/openelections.csv", "/2"} {
		early("/api/v1/results" + path)
	}

	f.zero()
	if v := list(); v.Latest == nil || *v.Latest != 1 || v.Reports[0].Status != gen.Zero || v.Reports[0].URL != "/api/v1/results/1" {
		t.Errorf("after the opening: %+v", v)
	}
	var zero gen.Report
	latest := get(t, server.URL+"/api/v1/results/latest")
	checkAnswer(t, "/api/v1/results/latest", latest)
	if latest.StatusCode != http.StatusTemporaryRedirect || latest.Header.Get("Location") != "/api/v1/results/1" {
		t.Errorf("latest: status %d to %q", latest.StatusCode, latest.Header.Get("Location"))
	}
	decode(t, get(t, server.URL+"/api/v1/results/1"), &zero)
	if zero.Version != 1 || zero.Status != gen.Zero || zero.NotBefore == nil || zero.Index != nil || len(zero.Contests) != 2 {
		t.Errorf("zero report: %+v", zero)
	}
	for _, c := range zero.Contests {
		if len(c.Parts) != 0 || c.Total.Ballots != 0 || len(c.Total.Options) == 0 {
			t.Errorf("zero report: %+v", c)
		}
		for _, o := range c.Total.Options {
			if o.Votes != 0 || len(o.Name) == 0 {
				t.Errorf("zero report: %+v", o)
			}
		}
	}
	early("/api/v1/results/2")
	early("/api/v1/results/2/nist.json")

	f.publish()
	if v := list(); *v.Latest != 2 || len(v.Reports) != 2 || v.Reports[1].Status != gen.Result || !v.Reports[1].Published.Equal(noon.Add(9*time.Hour)) {
		t.Errorf("after the result: %+v", v)
	}
	checkProblem(t, get(t, server.URL+"/api/v1/results/3"), 404, "not-found")
	checkProblem(t, get(t, server.URL+"/api/v1/results/0"), 400, "request")
	checkProblem(t, get(t, server.URL+"/api/v1/results/x"), 400, "request")
	checkProblem(t, get(t, server.URL+"/api/v1/results/99999999999999999999"), 400, "request")
}

func TestGetResult(t *testing.T) {
	f := newFake()
	f.publish()
	server, _ := newServer(t, f)
	res := get(t, server.URL+"/api/v1/results/2")
	checkAnswer(t, "/api/v1/results/{version}", res)
	var v gen.Report
	decode(t, res, &v)
	if *v.Index != 88 || fmt.Sprint(*v.Trustees) != "[1 3]" || len(v.Contests) != 2 || v.NotBefore != nil ||
		!v.Rehearsal || v.Checkpoint != "checkpoint of the result\n" || v.Election != string(f.ID()) {
		t.Fatalf("unexpected: %s", res.body)
	}
	chair, council := v.Contests[0], v.Contests[1]
	if o := chair.Total.Options; chair.Total.Ballots != 1040 || o[0].Votes != 510 || o[3].ID != "none" || o[3].Votes != 10 ||
		o[3].Name["es"] == "" || len(chair.Parts) != 2 || fmt.Sprint(chair.Parts[1].Units) != "[south mill]" {
		t.Errorf("chair: %+v", chair)
	}
	if council.Total.Ballots != 1034 || council.Total.Undervotes != 168 || !council.Parts[1].Withheld ||
		council.Parts[1].Ballots != 6 || len(council.Parts[1].Options) != 0 {
		t.Errorf("council: %+v", council)
	}
}

// TestResultFiles: the forms for others have a name to keep them under, which says
// what a table can not, and are of this result.
func TestResultFiles(t *testing.T) {
	f := newFake()
	f.publish()
	server, _ := newServer(t, f)
	nist := get(t, server.URL+"/api/v1/results/2/nist.json")
	var report map[string]any
	if err := json.Unmarshal([]byte(nist.body), &report); err != nil || report["IsTest"] != true {
		t.Errorf("NIST: %v, test %v", err, report["IsTest"])
	}
	table := get(t, server.URL+"/api/v1/results/2/openelections.csv?lang=es")
	rows, err := csv.NewReader(strings.NewReader(table.body)).ReadAll()
	if err != nil || len(rows) < 10 || strings.Join(rows[0], ",") != "county,precinct,office,district,party,candidate,votes" ||
		!strings.Contains(table.body, "Presidencia del condado") {
		t.Errorf("CSV: %v\n%s", err, table.body)
	}
	for res, want := range map[*answer]string{
		&nist:  string(f.ID()) + "-report-2-result-rehearsal-nist.json",
		&table: string(f.ID()) + "-report-2-result-rehearsal-openelections.es.csv",
	} {
		if got := res.Header.Get("Content-Disposition"); got != `attachment; filename="`+want+`"` {
			t.Errorf("kept under %s, want %s", got, want)
		}
	}
	checkAnswer(t, "/api/v1/results/{version}/nist.json", nist)
	checkAnswer(t, "/api/v1/results/{version}/openelections.csv", table)
	checkProblem(t, get(t, server.URL+"/api/v1/results/2/openelections.csv?lang=xx"), 400, "request")
}

// TestContradictionIsNotShown: a result that is not whole, or contradicts itself, is
// shown by no page and in no form, not even in part.
func TestContradictionIsNotShown(t *testing.T) {
	for name, change := range map[string]func(r *public.Result){
		"a vote too many":      func(r *public.Result) { r.Parts[0].Options[0].Votes++ },
		"a part that is lost":  func(r *public.Result) { r.Parts = r.Parts[:3] },
		"a part that is twice": func(r *public.Result) { r.Parts = append(r.Parts, r.Parts[3]) },
	} {
		f := newFake()
		f.publish()
		change(f.result)
		server, _ := newServer(t, f)
		// The count stands in a cell; the page's address may hold any digits.
		if page := get(t, server.URL+"/results"); page.StatusCode != 500 || strings.Contains(page.body, ">350<") {
			t.Errorf("%s: the page of results has status %d", name, page.StatusCode)
		}
		for _, form := range []string{"", "/nist.json", "/openelections.csv"} {
			checkProblem(t, get(t, server.URL+"/api/v1/results/2"+form), 500, "internal")
		}
	}
}

// TestReportsAreMadeOnce: a report that is out is made once in each form, whatever
// happens to what it is made of, and a language that there is not keeps nothing.
func TestReportsAreMadeOnce(t *testing.T) {
	f := newFake()
	f.publish()
	s, err := New(Config{Election: f, Board: t.TempDir(), Lookups: Rate{PerSecond: -1}})
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(s.Handler())
	t.Cleanup(func() {
		server.Close()
		if err := s.Shutdown(context.Background()); err != nil {
			t.Error(err)
		}
	})
	forms := []string{"", "/nist.json", "/openelections.csv", "/openelections.csv?lang=en", "/openelections.csv?lang=es"}
	first := map[string]string{}
	for _, form := range forms {
		res := get(t, server.URL+"/api/v1/results/2"+form)
		if first[form] = res.body; res.StatusCode != 200 {
			t.Errorf("%s: status %d", form, res.StatusCode)
		}
	}
	if first["/openelections.csv"] != first["/openelections.csv?lang=en"] || first["/openelections.csv"] == first["/openelections.csv?lang=es"] {
		t.Error("the table without a language is not that in the first one, or all are the same")
	}
	f.result.Parts[0].Options[0].Votes++ // would be refused, if it were looked at
	for i := range 50 {
		checkProblem(t, get(t, fmt.Sprintf("%s/api/v1/results/2/openelections.csv?lang=x%d", server.URL, i)), 400, "request")
	}
	for _, form := range forms {
		if res := get(t, server.URL+"/api/v1/results/2"+form); res.StatusCode != 200 || res.body != first[form] {
			t.Errorf("%s, asked again: status %d, made anew", form, res.StatusCode)
		}
	}
	if n := len(s.reports.files); n != len(forms)-1 {
		t.Errorf("%d files are kept, want %d", n, len(forms)-1)
	}
}

// TestNotModified: who has an answer gets 304, until it changes; and nobody gets it
// for what may not be kept.
func TestNotModified(t *testing.T) {
	f := newFake()
	f.publish()
	f.entries[0] = testEntry(t, 0)
	server, _ := newServer(t, f)
	for _, path := range []string{
		"/api/v1/election", "/api/v1/results", "/api/v1/results/2", "/api/v1/results/2/nist.json", "/api/v1/results/1/openelections.csv",
		"/api/v1/entries/0", "/api/v1/entries/0?format=json", "/api/v1/proofs/0",
	} {
		res := get(t, server.URL+path)
		tag := res.Header.Get("ETag")
		if res.StatusCode != 200 || len(tag) < 10 || tag[0] != '"' || strings.Contains(res.Header.Get("Cache-Control"), "no-store") {
			t.Errorf("%s: status %d, ETag %s", path, res.StatusCode, tag)
		}
		again := get(t, server.URL+path, "If-None-Match", `"other", W/`+tag)
		if again.StatusCode != http.StatusNotModified || again.body != "" || again.Header.Get("ETag") != tag {
			t.Errorf("%s: status %d with its own tag", path, again.StatusCode)
		}
		if other := get(t, server.URL+path, "If-None-Match", `"other"`); other.StatusCode != 200 || other.body != res.body {
			t.Errorf("%s: status %d with another tag", path, other.StatusCode)
		}
		head := do(t, http.MethodHead, server.URL+path, "")
		if head.StatusCode != 200 || head.body != "" || head.Header.Get("ETag") != tag {
			t.Errorf("HEAD %s: status %d, ETag %s", path, head.StatusCode, head.Header.Get("ETag"))
		}
	}
	before := get(t, server.URL+"/api/v1/election").Header.Get("ETag")
	f.status.Size++
	if res := get(t, server.URL+"/api/v1/election", "If-None-Match", before); res.StatusCode != 200 {
		t.Errorf("a board that has grown: status %d", res.StatusCode)
	}
	// By time, where an answer has one.
	when := noon.Add(9 * time.Hour)
	for since, want := range map[time.Time]int{when: 304, when.Add(time.Hour): 304, when.Add(-time.Second): 200} {
		if res := get(t, server.URL+"/api/v1/results/2", "If-Modified-Since", since.Format(http.TimeFormat)); res.StatusCode != want {
			t.Errorf("if modified since %s: status %d, want %d", since, res.StatusCode, want)
		}
	}
	receipt := get(t, server.URL+"/api/v1/receipts/"+code(9))
	if receipt.Header.Get("ETag") != "" || receipt.Header.Get("Cache-Control") != "no-store" {
		t.Errorf("a look-up may be kept: %v", receipt.Header)
	}
	problem := get(t, server.URL+"/api/v1/entries/99", "If-None-Match", "*")
	if problem.StatusCode != 404 || problem.Header.Get("ETag") != "" {
		t.Errorf("a problem: status %d, ETag %q", problem.StatusCode, problem.Header.Get("ETag"))
	}
}

// TestPanicBehindConditional: what was held back when a handler panicked is not
// sent.
func TestPanicBehindConditional(t *testing.T) {
	f := newFake()
	f.publish()
	f.manifest.Windows = nil // makes the answer panic
	f.reports = f.reports[:1]
	server, _ := newServer(t, f)
	checkProblem(t, get(t, server.URL+"/api/v1/results/1"), 500, "internal")
}

// TestOwnCheckIsShown: the page says what the server's own check found, and that it
// is the server's; a failed one can not be overlooked; nothing of it before a result.
func TestOwnCheckIsShown(t *testing.T) {
	f := newFake()
	server, _ := newServer(t, f)
	page := func() string {
		res := get(t, server.URL+"/results")
		checkPage(t, res)
		return seen(res.body)
	}
	f.own = &public.OwnCheck{At: noon.Add(10 * time.Hour), Passed: true, Checks: 20}
	if text := page(); strings.Contains(text, "checks passed") {
		t.Errorf("before a result: %s", text)
	}
	f.publish()
	if text := page(); !strings.Contains(text, "We checked the whole board on November 3, 2026, 22:00:00 UTC: all 20 checks passed. This was our own check.") {
		t.Errorf("passed: %s", text)
	}
	f.own = &public.OwnCheck{At: noon.Add(10 * time.Hour), Checks: 20}
	if text := page(); strings.Contains(text, "passed") || !strings.Contains(text, "something is wrong. Do not rely on this result. Call +1 555 0100.") {
		t.Errorf("failed: %s", text)
	}
}
