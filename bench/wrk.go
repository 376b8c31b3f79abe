package main

import (
	"bytes"
	"context"
	_ "embed"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"time"
)

//go:embed wrk.lua
var wrkScript []byte

const (
	// wrkThreads is how many threads of wrk ask. They share the machine with the
	// server: two could keep it from its own processors.
	wrkThreads = 1
	// readers is how many there are, each with an address of its own: limits are for
	// each address.
	readers = 16_384
)

// asking is one thing that readers ask for.
type asking struct {
	name              string
	rate, median, p99 string // keys: answers a second, and seconds in which a half and 99 in 100 are answered
	status            int    // of every answer
	holds             string // what an answer holds
	request           func(code, etag string) *http.Request
	tag               string // path of what is asked for again with its ETag; "" is none
}

// askConnections is how many readers wait for an answer at any time. wrk asks as
// fast as it is answered: more of them wait longer and get no more.
const askConnections = 100

// askings are what is asked with wrk, one after the other in each round.
var askings = []asking{
	{name: "look-ups of receipt codes", rate: keyLookupRate, median: keyLookupMedian, p99: keyLookupP99,
		status: http.StatusOK, holds: `"state":"cast"`,
		request: func(code, _ string) *http.Request { return newRequest(http.MethodGet, "/api/v1/receipts/"+code, "") }},
	{name: "pages of receipt codes", rate: keyPageRate, median: keyPageMedian, p99: keyPageP99,
		status: http.StatusOK, holds: `class="card good"`,
		request: func(code, _ string) *http.Request {
			return newRequest(http.MethodPost, "/check", url.Values{"lang": {"en"}, "number": {code}}.Encode())
		}},
	{name: "conditional requests", rate: keyAgainRate, median: keyAgainMedian, p99: keyAgainP99,
		status: http.StatusNotModified, tag: "/api/v1/election",
		request: func(_, etag string) *http.Request {
			r := newRequest(http.MethodGet, "/api/v1/election", "")
			r.Header.Set("If-None-Match", etag)
			return r
		}},
}

// newRequest returns a request for a path of a server yet to be named; a body is
// that of a form.
func newRequest(method, path, body string) *http.Request {
	r, err := http.NewRequest(method, "http://server"+path, strings.NewReader(body))
	if err != nil {
		panic("bench: " + err.Error()) // paths are constants and digits
	}
	if body != "" {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	return r
}

// requests writes n requests as wrk.lua reads them.
func (a *asking) requests(host, etag string, codes []string, n int) ([]byte, error) {
	var b bytes.Buffer
	for i := range n {
		r := a.request(codes[i%len(codes)], etag)
		r.Host = host
		r.Header.Set("X-Forwarded-For", fmt.Sprintf("10.%d.%d.%d", i>>16&255, i>>8&255, i&255))
		r.Header.Set("User-Agent", "wrk")
		if err := r.Write(&b); err != nil {
			return nil, err
		}
		b.WriteByte(0)
	}
	return b.Bytes(), nil
}

// try asks once and holds that the answer is the one that is meant.
func (a *asking) try(ctx context.Context, server, etag, code string) error {
	r := a.request(code, etag)
	u, err := url.Parse(server)
	if err != nil {
		return err
	}
	r.URL.Host, r.Host = u.Host, u.Host
	res, err := http.DefaultClient.Do(r.WithContext(ctx))
	if err != nil {
		return err
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err == nil && (res.StatusCode != a.status || !strings.Contains(string(body), a.holds)) {
		err = fmt.Errorf("%s: the answer is %s, %d bytes", a.name, res.Status, len(body))
	}
	return err
}

// etagOf returns the ETag of a path; "" of none.
func etagOf(ctx context.Context, server, path string) (string, error) {
	if path == "" {
		return "", nil
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, server+path, nil)
	if err != nil {
		return "", err
	}
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		return "", err
	}
	defer res.Body.Close()
	if res.Header.Get("ETag") == "" {
		return "", fmt.Errorf("%s: %s, without an ETag", path, res.Status)
	}
	return res.Header.Get("ETag"), nil
}

// run has wrk ask for some time, as fast as it is answered.
func (a *asking) run(ctx context.Context, server, dir string, codes []string, duration time.Duration) (samples, error) {
	etag, err := etagOf(ctx, server, a.tag)
	if err != nil {
		return nil, err
	}
	if err := a.try(ctx, server, etag, codes[0]); err != nil {
		return nil, err
	}
	script, list := filepath.Join(dir, "wrk.lua"), filepath.Join(dir, "requests")
	b, err := a.requests(strings.TrimPrefix(server, "http://"), etag, codes, readers)
	if err != nil {
		return nil, err
	}
	for path, b := range map[string][]byte{script: wrkScript, list: b} {
		if err := os.WriteFile(path, b, 0o644); err != nil {
			return nil, err
		}
	}
	out, _, err := run(ctx, "", nil, nil, "wrk", "-t", fmt.Sprint(wrkThreads), "-c", fmt.Sprint(askConnections),
		"-d", fmt.Sprintf("%.0fs", duration.Seconds()), "-s", script, server, "--", list, fmt.Sprint(wrkThreads))
	if err != nil {
		return nil, err
	}
	w, err := parseWrk(out)
	if err != nil {
		return nil, err
	}
	if err := a.try(ctx, server, etag, codes[0]); err != nil { // it is still the answer that is meant
		return nil, err
	}
	return samples{a.rate: w.rate, a.median: w.median, a.p99: w.p99}, nil
}

// asked is what wrk found: answers a second, and seconds.
type asked struct{ rate, median, p99 float64 }

// wrkLine is what wrk.lua says at the end.
var wrkLine = regexp.MustCompile(`(?m)^rollcall: (\d+) requests, (\d+) us, p50 (\d+) us, p99 (\d+) us, failed (\d+), refused (\d+)$`)

// parseWrk reads the output of wrk with wrk.lua. A request that was refused, or
// not answered, is an error: what was measured would be something else.
func parseWrk(out []byte) (asked, error) {
	m := wrkLine.FindSubmatch(out)
	if m == nil {
		return asked{}, fmt.Errorf("wrk says nothing of its requests:\n%s", out)
	}
	var n [6]float64
	for i := range n {
		var err error
		if n[i], err = strconv.ParseFloat(string(m[i+1]), 64); err != nil {
			return asked{}, err
		}
	}
	if n[4] > 0 || n[5] > 0 {
		return asked{}, fmt.Errorf("of %.0f requests %.0f failed and %.0f were refused", n[0], n[4], n[5])
	}
	if n[1] == 0 {
		return asked{}, fmt.Errorf("wrk asked for no time")
	}
	return asked{n[0] / n[1] * 1e6, n[2] / 1e6, n[3] / 1e6}, nil
}
