package api

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"rollcall/api/public"
)

func TestErrorsAreProblems(t *testing.T) {
	server, _ := newServer(t, newFake())
	for _, c := range []struct {
		method, path string
		status       int
		kind         string
	}{
		{"GET", "/nowhere", 404, "not-found"},
		{"GET", "/api/", 404, "not-found"},
		{"GET", "/api/v1/", 404, "not-found"},
		{"GET", "/api/v2/election", 404, "not-found"},
		{"GET", "/api/v1/election/", 404, "not-found"},
		{"GET", "/api/v1/receipts/", 404, "not-found"},
		{"GET", "/tile/9/999", 404, "not-found"},
		{"GET", "/static/nothing", 404, "not-found"},
		{"GET", "/api/v1/entries", 405, "method"},
		{"PUT", "/api/v1/entries", 405, "method"},
		{"DELETE", "/api/v1/entries/0", 405, "method"},
		{"POST", "/api/v1/results", 405, "method"},
		{"POST", "/", 405, "method"},
		{"PUT", "/checkpoint", 405, "method"},
		{"BREW", "/api/v1/election", 405, "method"},
		{"GET", "/api/v1/receipts/123", 400, "request"},
		{"GET", "/api/v1/receipts/abcdabcdabcd", 400, "request"},
		{"GET", "/api/v1/receipts/1234567890123", 400, "number"},
		{"GET", "/api/v1/receipts/123456789012", 400, "number"},
		{"GET", "/api/v1/receipts/" + strings.Repeat("1", 41), 400, "request"},
		{"GET", "/api/v1/receipts/" + code(7), 404, "not-found"},
	} {
		res := do(t, c.method, server.URL+c.path, "")
		checkProblem(t, res, c.status, c.kind)
		if c.status == 405 && res.Header.Get("Allow") == "" {
			t.Errorf("%s %s: no Allow", c.method, c.path)
		}
		if got := res.Header.Get("Content-Security-Policy"); got != policy {
			t.Errorf("%s %s: policy %q", c.method, c.path, got)
		}
	}
}

func TestTooManyRequests(t *testing.T) {
	server, _ := newServer(t, newFake(), func(c *Config) {
		c.Posts, c.Lookups = Rate{PerSecond: 1e-9, Burst: 2}, Rate{PerSecond: 1e-9, Burst: 2}
	})
	for range 2 {
		if res := get(t, server.URL+"/api/v1/election"); res.StatusCode != 200 {
			t.Errorf("status %d", res.StatusCode)
		}
	}
	res := get(t, server.URL+"/api/v1/election", "X-Forwarded-For", "192.0.2.77")
	checkProblem(t, res, 429, "rate")
	if res.Header.Get("Retry-After") == "" {
		t.Error("no Retry-After")
	}
	// Reading takes nothing from those who post.
	for i, want := range []int{201, 201, 429} {
		if res := postEntry(t, server.URL, testEntry(t, uint64(i))); res.StatusCode != want {
			t.Errorf("post %d: status %d, want %d", i, res.StatusCode, want)
		}
	}
}

// tryPost is postEntry for other goroutines than the test's: it returns the
// status, or 0 if there is no answer.
func tryPost(base string, raw []byte) int {
	res, err := http.Post(base+"/api/v1/entries", cborType, bytes.NewReader(raw))
	if err != nil {
		return 0
	}
	res.Body.Close()
	return res.StatusCode
}

func TestTooManyAppends(t *testing.T) {
	f := newFake()
	started, release := make(chan struct{}, maxAppends), make(chan struct{})
	f.post = func(context.Context, []byte) (public.Posted, error) {
		started <- struct{}{}
		<-release
		return public.Posted{}, nil
	}
	server, _ := newServer(t, f)
	raw := testEntry(t, 1)
	done := make(chan int, maxAppends)
	for range maxAppends {
		go func() { done <- tryPost(server.URL, raw) }()
	}
	for range maxAppends {
		<-started
	}
	res := postEntry(t, server.URL, raw)
	checkProblem(t, res, 503, "busy")
	close(release)
	for range maxAppends {
		if status := <-done; status != 201 {
			t.Errorf("status %d", status)
		}
	}
	if res := postEntry(t, server.URL, raw); res.StatusCode != 201 {
		t.Errorf("afterwards: status %d", res.StatusCode)
	}
}

// lockedBuffer is a log that is written after an answer has gone out, too.
type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lockedBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lockedBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

func TestLogsHoldNeitherNumbersNorAddresses(t *testing.T) {
	f := newFake()
	f.err = errors.New("disk is full")
	var logged lockedBuffer
	server, _ := newServer(t, f, func(c *Config) {
		c.Log = slog.New(slog.NewTextHandler(&logged, &slog.HandlerOptions{Level: slog.LevelDebug}))
	})
	get(t, server.URL+"/api/v1/receipts/"+code(1))
	get(t, server.URL+"/api/v1/receipts/"+ballotNumber(1))
	lookUp(t, server.URL, code(1), "en")
	get(t, server.URL+"/api/v1/receipts/"+code(1)+"x?code="+code(1))
	lines := logged.String()
	if strings.Count(lines, "disk is full") != 3 || !strings.Contains(lines, "/api/v1/receipts/:number") {
		t.Errorf("not logged:\n%s", lines)
	}
	for _, secret := range []string{code(1), ballotNumber(1), "127.0.0.1"} {
		if strings.Contains(lines, secret) {
			t.Errorf("log holds %s:\n%s", secret, lines)
		}
	}
}

func TestPanicIsAProblem(t *testing.T) {
	f := newFake()
	f.post = func(context.Context, []byte) (public.Posted, error) { panic("secret of the program") }
	var logged lockedBuffer
	server, _ := newServer(t, f, func(c *Config) { c.Log = slog.New(slog.NewTextHandler(&logged, nil)) })
	res := postEntry(t, server.URL, testEntry(t, 1))
	checkProblem(t, res, 500, "internal")
	if strings.Contains(res.body, "secret") || !strings.Contains(logged.String(), "secret of the program") {
		t.Errorf("answer %s\nlog %s", res.body, &logged)
	}
	if res := get(t, server.URL+"/api/v1/election"); res.StatusCode != 200 {
		t.Errorf("afterwards: status %d", res.StatusCode)
	}
}

func TestElectionGetsADeadline(t *testing.T) {
	f := newFake()
	f.post = func(ctx context.Context, _ []byte) (public.Posted, error) {
		if at, ok := ctx.Deadline(); !ok || time.Until(at) > handleTimeout {
			t.Errorf("deadline %v %t", at, ok)
		}
		return public.Posted{}, fmt.Errorf("append: %w", context.DeadlineExceeded)
	}
	server, _ := newServer(t, f)
	checkProblem(t, postEntry(t, server.URL, testEntry(t, 1)), 503, "busy")
}

func TestShutdownFinishesAppendsInFlight(t *testing.T) {
	f := newFake()
	started, release := make(chan struct{}), make(chan struct{})
	f.post = func(context.Context, []byte) (public.Posted, error) {
		close(started)
		<-release
		return public.Posted{Index: 5}, nil
	}
	s, err := New(Config{Election: f, Board: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	served, stopped, posted := make(chan error, 1), make(chan error, 1), make(chan int, 1)
	go func() { served <- s.Serve(l) }()
	url := "http://" + l.Addr().String()
	raw := testEntry(t, 1)
	go func() { posted <- tryPost(url, raw) }()
	<-started
	go func() { stopped <- s.Shutdown(context.Background()) }()
	if err := <-served; err != nil {
		t.Errorf("serve: %v", err)
	}
	select {
	case err := <-stopped:
		t.Fatalf("shut down before the append was done: %v", err)
	case <-time.After(100 * time.Millisecond): // it waits, as it should
	}
	close(release)
	if status := <-posted; status != http.StatusCreated {
		t.Errorf("status %d", status)
	}
	if err := <-stopped; err != nil {
		t.Errorf("shutdown: %v", err)
	}
	if _, err := net.Dial("tcp", l.Addr().String()); err == nil {
		t.Error("still listening")
	}
}

func TestNewRefuses(t *testing.T) {
	for name, cfg := range map[string]Config{
		"no election":  {Board: t.TempDir()},
		"no directory": {Election: newFake(), Board: t.TempDir() + "/nowhere"},
	} {
		if _, err := New(cfg); err == nil || !strings.HasPrefix(err.Error(), "api: ") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestWindowsWithoutEnd(t *testing.T) {
	f := newFake()
	f.manifest.Windows[1].To = 1<<64 - 1
	server, _ := newServer(t, f)
	res := get(t, server.URL+"/api/v1/election")
	checkAnswer(t, "/api/v1/election", res)
	if !strings.Contains(res.body, `"to":"9999-12-31T23:59:59Z"`) {
		t.Errorf("%s: %s", res.Status, res.body)
	}
	if page := seen(get(t, server.URL+"/").body); !strings.Contains(page, "until December 31, 9999") {
		t.Errorf("page:\n%s", page)
	}
}

func TestWhatMayBeKept(t *testing.T) {
	f := newFake()
	f.ballots = []public.Ballot{castAt(1)}
	server, _ := newServer(t, f)
	for path, want := range map[string]string{
		"/": "no-cache", "/api/v1/election": "no-cache", "/api/v1/receipts/" + code(1): "no-store", "/api/v1/proofs/0": "no-cache",
		"/api/v1/entries/0": forever, "/api/v1/entries/5": "no-store", "/tile/9/999": "no-store", "/static/icon.svg": forever, "/static/LICENSE": forever,
	} {
		if got := get(t, server.URL+path).Header.Get("Cache-Control"); got != want {
			t.Errorf("%s: %q, want %q", path, got, want)
		}
	}
	if got := lookUp(t, server.URL, code(1), "en").Header.Get("Cache-Control"); got != "no-store" {
		t.Errorf("answer to the form: %q", got)
	}
}

func TestFormWithoutItsBodyGoesHome(t *testing.T) {
	server, _ := newServer(t, newFake())
	if res := get(t, server.URL+"/check"); res.StatusCode != http.StatusSeeOther || res.Header.Get("Location") != "/" {
		t.Errorf("%s to %q", res.Status, res.Header.Get("Location"))
	}
}

// TestLicenseIsServed: whose code the scripts contain asks for its licence to go
// with them, and the script says where.
func TestLicenseIsServed(t *testing.T) {
	server, _ := newServer(t, newFake())
	script := get(t, server.URL+"/static/maths.js").body
	if head, _, _ := strings.Cut(script, "*/"); !strings.HasSuffix(head, "see LICENSE. ") {
		t.Errorf("the script begins with %q", head)
	}
	res := get(t, server.URL+"/static/LICENSE")
	if res.StatusCode != http.StatusOK || res.Header.Get("Content-Type") != "text/plain; charset=utf-8" ||
		!strings.Contains(res.body, "Permission is hereby granted, free of charge") || !strings.Contains(res.body, "@noble/hashes") {
		t.Errorf("%s, %s: %s", res.Status, res.Header.Get("Content-Type"), res.body)
	}
}
