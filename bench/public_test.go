package main

import (
	"fmt"
	"os"
	"runtime"
	"strings"
	"testing"
	"time"
)

// TestMain is also the process of followers that TestServed starts.
func TestMain(m *testing.M) {
	if len(os.Args) == 5 && os.Args[1] == "follow" {
		if err := followChild(os.Args[2], os.Args[3], os.Args[4]); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

func TestParseStat(t *testing.T) {
	got, err := parseStat([]byte("4242 (a (b) c) S 1 4242 4242 0 -1 4194560 1 2 3 4 150 25 0 0 20 0 9 0 1 2 3\n"))
	if err != nil || got != 1750*time.Millisecond {
		t.Errorf("%v, %v", got, err)
	}
	for name, stat := range map[string]string{"empty": "", "no name": "1 2 3", "short": "1 (x) S 1 2 3", "no number": "1 (x) S 1 1 1 0 -1 4 1 2 3 4 x 25 0 0"} {
		if _, err := parseStat([]byte(stat)); err == nil {
			t.Errorf("%s: taken", name)
		}
	}
}

// TestBounds: a figure that is not good enough says so, at either end.
func TestBounds(t *testing.T) {
	good := figures{keyLookupRate: {10_000}, keyLookupP99: {0.05}, keyFollowP99: {0.02}, keyBytes: {60_000}, keyUsable: {1},
		keyLoadRate: {10_000}, keyPacedP99: {0.1}}
	bad := figures{keyLookupRate: {9_999}, keyLookupP99: {0.0501}, keyFollowP99: {0.051}, keyBytes: {60_001}, keyUsable: {1.01},
		keyLoadRate: {9_999}, keyPacedP99: {0.1001}}
	for _, test := range []struct {
		figures     figures
		met, notMet int
	}{{good, 7, 0}, {bad, 0, 7}, {figures{keyUsable: {0.5}}, 1, 0}, {figures{}, 0, 0}} {
		r := &results{config: full, figures: test.figures}
		text := r.targets()
		if met, not := strings.Count(text, "| met |"), strings.Count(text, "| not met |"); met != test.met || not != test.notMet {
			t.Errorf("%d met, %d not, want %d and %d:\n%s", met, not, test.met, test.notMet, text)
		}
	}
	all := (&results{config: full, figures: figures{keyUsable: {0.5}, keyPacedP99: {0.07}, keyFloor: {3}, keyVerify: {4}}}).targets()
	if !strings.Contains(all, "| the floor against Rollcall | 0.75 |") || !strings.Contains(all, "|\n\n| the board") || !strings.Contains(all, "|\n\n| the public's side") {
		t.Errorf("all tables:\n%s", all)
	}
}

// TestPublicTable: every figure that is measured has a row.
func TestPublicTable(t *testing.T) {
	f := figures{}
	for _, row := range publicRows(full) {
		f[row.key] = []float64{0.5}
	}
	for _, a := range askings {
		for _, key := range []string{a.rate, a.median, a.p99} {
			if len(f[key]) == 0 {
				t.Errorf("%s has no row", key)
			}
		}
	}
	text := (&results{config: full, figures: f}).public()
	if got := strings.Count(text, "\n"); got != len(f)+2 || !strings.Contains(text, "5,000 followers") {
		t.Errorf("%d lines:\n%s", got, text)
	}
	if text := (&results{config: full, figures: figures{}}).public(); text != "" {
		t.Errorf("a table of nothing: %s", text)
	}
}

// TestServed: a board is served by rollcall itself, answers what wrk asks, and
// tells followers of the ballots that are posted.
func TestServed(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("epoll is Linux'")
	}
	ctx := t.Context()
	s, err := serve(ctx, "..", t.TempDir(), 20, 1, func(string) {})
	if err != nil {
		t.Fatal(err)
	}
	r, err := s.start(ctx)
	if err != nil {
		t.Fatal(err)
	}
	for _, a := range askings {
		etag, err := etagOf(ctx, r.url, a.tag)
		if err != nil {
			t.Fatal(err)
		}
		if err := a.try(ctx, r.url, etag, s.codes[19]); err != nil {
			t.Error(err)
		}
		if err := a.try(ctx, r.url, `"other"`, "1111222233334445"); err == nil {
			t.Errorf("%s: an answer that is not meant is taken", a.name)
		}
	}
	found, err := s.measureFollowing(ctx, r, 30, 1)
	if err != nil {
		t.Fatal(err)
	}
	for _, key := range []string{keyFollowMedian, keyFollowP99, keyFollowLast} {
		if found[key] <= 0 || found[key] > found[keyFollowLast] {
			t.Errorf("%s is %v of %v", key, found[key], found)
		}
	}
	if err := s.post(ctx, r.url); err == nil || !strings.Contains(err.Error(), "no voter is left") {
		t.Errorf("a ballot of nobody: %v", err)
	}
	if err := r.stop(); err != nil {
		t.Error(err)
	}
	s.program = "/bin/false"
	if _, err := s.start(ctx); err == nil || !strings.Contains(err.Error(), "rollcall serve ended: exit status 1") {
		t.Errorf("a server that does not start: %v", err)
	}
}
