package main

import (
	"bufio"
	"bytes"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"rollcall/internal/peers"
)

func TestParseWrk(t *testing.T) {
	const good = "Running 1s test @ http://127.0.0.1:1\n  1 threads and 100 connections\n\nrollcall: 3000 requests, 1500000 us, p50 800 us, p99 25000 us, failed 0, refused 0\n"
	got, err := parseWrk([]byte(good))
	if err != nil || got != (asked{2000, 0.0008, 0.025}) {
		t.Errorf("%+v, %v", got, err)
	}
	for name, test := range map[string]struct{ out, want string }{
		"nothing":      {"", "says nothing"},
		"its own only": {"Requests/sec: 3000.00\n", "says nothing"},
		"failed":       {strings.Replace(good, "failed 0", "failed 2", 1), "2 failed and 0 were refused"},
		"refused":      {strings.Replace(good, "refused 0", "refused 7", 1), "0 failed and 7 were refused"},
		"no time":      {strings.Replace(good, "1500000", "0", 1), "no time"},
		"cut":          {good[:len(good)-3], "says nothing"},
	} {
		if _, err := parseWrk([]byte(test.out)); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: error is %v", name, err)
		}
	}
}

// TestRequests: what is written are whole requests, each of an address of its own,
// for all codes.
func TestRequests(t *testing.T) {
	codes := []string{"1111222233334444", "5555666677778888"}
	for _, a := range askings {
		list, err := a.requests("127.0.0.1:8080", `"tag"`, codes, 300)
		if err != nil {
			t.Fatal(err)
		}
		parts := bytes.Split(list, []byte{0})
		if len(parts) != 301 || len(parts[300]) > 0 {
			t.Fatalf("%s: %d requests", a.name, len(parts)-1)
		}
		from, code := map[string]bool{}, map[string]int{}
		for _, part := range parts[:300] {
			r, err := http.ReadRequest(bufio.NewReader(bytes.NewReader(part)))
			if err != nil {
				t.Fatalf("%s: %v: %s", a.name, err, part)
			}
			body, err := io.ReadAll(r.Body)
			if err != nil || r.Host != "127.0.0.1:8080" || int64(len(body)) != max(0, r.ContentLength) {
				t.Errorf("%s: %v: %s", a.name, err, part)
			}
			from[r.Header.Get("X-Forwarded-For")] = true
			for _, c := range codes {
				if strings.Contains(r.URL.Path+string(body), c) {
					code[c]++
				}
			}
			if a.tag != "" && r.Header.Get("If-None-Match") != `"tag"` {
				t.Errorf("%s asks without a tag", a.name)
			}
		}
		if len(from) != 300 {
			t.Errorf("%s: %d addresses", a.name, len(from))
		}
		if a.tag == "" && (code[codes[0]] != 150 || code[codes[1]] != 150) {
			t.Errorf("%s: codes %v", a.name, code)
		}
	}
}

// TestWrk: wrk sends what it is given, and an answer that is not meant is an error.
func TestWrk(t *testing.T) {
	peers.Need(t, "wrk", "wrk")
	var status atomic.Int64
	var forwarded atomic.Int64
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/api/v1/receipts/1111222233334444" && strings.HasPrefix(r.Header.Get("X-Forwarded-For"), "10.0.") {
			forwarded.Add(1)
		}
		w.WriteHeader(int(status.Load()))
		io.WriteString(w, `"state":"cast"`)
	}))
	defer server.Close()
	a := askings[0]
	status.Store(200)
	s, err := a.run(t.Context(), server.URL, t.TempDir(), []string{"1111222233334444"}, time.Second)
	if err != nil || s[a.rate] < 1 || s[a.p99] <= 0 || s[a.median] > s[a.p99] {
		t.Errorf("%v, %v", s, err)
	}
	if n := float64(forwarded.Load()); n < s[a.rate]/2 {
		t.Errorf("only %v of %v a second came for others", n, s[a.rate])
	}
	status.Store(429)
	if _, err := a.run(t.Context(), server.URL, t.TempDir(), []string{"1111222233334444"}, time.Second); err == nil || !strings.Contains(err.Error(), "429") {
		t.Errorf("a server that refuses: %v", err)
	}
}
