package api

import (
	"fmt"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"time"
)

func TestLimiter(t *testing.T) {
	now := noon
	l := newLimiter(Rate{PerSecond: 2, Burst: 3}, func() time.Time { return now })
	take := func(remote string) (n int) {
		for l.allow(remote) {
			n++
		}
		return n
	}
	for _, c := range []struct {
		wait   time.Duration
		remote string
		want   int
	}{
		{0, "192.0.2.1:1000", 3},
		{0, "192.0.2.1:2000", 0},          // another port of the same address
		{0, "192.0.2.2:1000", 3},          // another address
		{0, "[::ffff:192.0.2.1]:1000", 0}, // the same address, written as IPv6
		{0, "[2001:db8:0:1::1]:1", 3},     //
		{0, "[2001:db8:0:1::2]:1", 0},     // the same /64
		{0, "[2001:db8:0:2::2]:1", 3},     // another /64
		{time.Second, "192.0.2.1:1000", 2},
		{400 * time.Millisecond, "192.0.2.1:1000", 0},
		{100 * time.Millisecond, "192.0.2.1:1000", 1},
		{-time.Hour, "192.0.2.1:1000", 0}, // a clock set back gives nothing
		{3 * time.Hour, "192.0.2.1:1000", 3},
		{0, "@", 3},
	} {
		now = now.Add(c.wait)
		if got := take(c.remote); got != c.want {
			t.Errorf("after %v, %s: %d requests, want %d", c.wait, c.remote, got, c.want)
		}
	}
}

func TestLimiterForgets(t *testing.T) {
	now := noon
	l := newLimiter(Rate{PerSecond: 1, Burst: 10}, func() time.Time { return now })
	for i := range maxBuckets + 5 {
		if !l.allow(fmt.Sprintf("10.%d.%d.%d:1", i>>16, i>>8&255, i&255)) {
			t.Fatalf("address %d is refused", i)
		}
	}
	if len(l.buckets) != maxBuckets {
		t.Errorf("%d buckets, want at most %d", len(l.buckets), maxBuckets)
	}
	now = now.Add(2 * time.Minute)
	l.allow("192.0.2.1:1")
	if len(l.buckets) != 1 {
		t.Errorf("%d buckets are left, want 1", len(l.buckets))
	}
}

func TestLimiterConcurrently(t *testing.T) {
	l := newLimiter(Rate{PerSecond: 0, Burst: 100}, time.Now)
	var wg sync.WaitGroup
	var mu sync.Mutex
	allowed := 0
	for range 8 {
		wg.Go(func() {
			for range 50 {
				if l.allow("192.0.2.1:1") {
					mu.Lock()
					allowed++
					mu.Unlock()
				}
			}
		})
	}
	wg.Wait()
	if allowed != 100 {
		t.Errorf("%d allowed, want 100", allowed)
	}
}

func TestRateDefaults(t *testing.T) {
	if got := (Rate{}).withDefault(5, 6); got != (Rate{5, 6}) {
		t.Errorf("zero: %v", got)
	}
	if got := (Rate{PerSecond: -1}).withDefault(5, 6); got != (Rate{PerSecond: -1}) {
		t.Errorf("lifted: %v", got)
	}
}

// TestLimitsBehindAProxy: a trusted proxy's word is taken on who asks, nobody else's,
// and not what a client wrote in front of it.
func TestLimitsBehindAProxy(t *testing.T) {
	loopback := netip.MustParsePrefix("127.0.0.0/8")
	ask := func(url, forwarded string) int {
		return get(t, url+"/api/v1/election", "X-Forwarded-For", forwarded).StatusCode
	}
	one := Rate{PerSecond: 1e-9, Burst: 1}
	trusted, _ := newServer(t, newFake(), func(c *Config) { c.Lookups, c.Proxies = one, []netip.Prefix{loopback} })
	for i, c := range []struct {
		forwarded string
		want      int
	}{
		{"192.0.2.1", 200}, {"192.0.2.1", 429}, {"192.0.2.2", 200}, {"192.0.2.1, 192.0.2.2", 429}, {"192.0.2.9, 192.0.2.3", 200},
		{"2001:db8::1", 200}, {"2001:db8::2", 429}, {"2001:db8:1::1", 200},
	} {
		if got := ask(trusted.URL, c.forwarded); got != c.want {
			t.Errorf("request %d, %s: status %d, want %d", i, c.forwarded, got, c.want)
		}
	}
	alone, _ := newServer(t, newFake(), func(c *Config) { c.Lookups = one })
	if first, second := ask(alone.URL, "192.0.2.1"), ask(alone.URL, "192.0.2.2"); first != 200 || second != 429 {
		t.Errorf("without a proxy: status %d, then %d", first, second)
	}
}

// TestInsistOnHTTPS: browsers are told so where it is spoken, and only there.
func TestInsistOnHTTPS(t *testing.T) {
	for _, https := range []bool{true, false} {
		server, _ := newServer(t, newFake(), func(c *Config) { c.HTTPS = https })
		res := get(t, server.URL+"/verify")
		if got := res.Header.Get("Strict-Transport-Security") != ""; got != https {
			t.Errorf("HTTPS %v: Strict-Transport-Security %q", https, res.Header.Get("Strict-Transport-Security"))
		}
		if got := strings.Contains(seen(res.body), "rollcall-verify https://"); got != https {
			t.Errorf("HTTPS %v: the address says https: %v", https, got)
		}
	}
}
