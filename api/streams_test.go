package api

import (
	"bufio"
	"context"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"time"

	"rollcall/api/live"
)

// behind is a server of events on the other side of a web server, which says who
// asks; the test speaks in its place.
func behind(t *testing.T, hub *live.Hub) string {
	t.Helper()
	server, _ := newServer(t, newFake(), func(c *Config) {
		c.Hub, c.Proxies = hub, []netip.Prefix{netip.MustParsePrefix("127.0.0.1/32")}
	})
	return server.URL
}

// follow opens a stream of a client, on a connection of its own, and returns its
// status and how to close it.
func follow(t testing.TB, url, client string) (*http.Response, func()) {
	t.Helper()
	ctx, leave := context.WithCancel(t.Context())
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url+eventsPath, nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("X-Forwarded-For", client)
	res, err := (&http.Transport{DisableKeepAlives: true}).RoundTrip(req)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { res.Body.Close() })
	t.Cleanup(leave)
	return res, leave
}

// waitFor waits until so many streams are open.
func waitFor(t testing.TB, hub *live.Hub, n int) {
	t.Helper()
	for range 6000 {
		if hub.Followers() == n {
			return
		}
		time.Sleep(5 * time.Millisecond)
	}
	t.Fatalf("%d streams are open, want %d", hub.Followers(), n)
}

// TestOneAddressTakesAllStreams is an attack: whoever has one address, or one
// network of IPv6, opens as many streams as there are. It gets its part, the rest
// is told to wait, and everybody else still gets in.
func TestOneAddressTakesAllStreams(t *testing.T) {
	for _, c := range []struct {
		name   string
		attack func(i int) string
		others []string
	}{
		{"IPv4", func(int) string { return "192.0.2.1" }, []string{"192.0.2.2", "2001:db8::1"}},
		{"IPv4 written as IPv6 at times", func(i int) string { return []string{"192.0.2.1", "::ffff:192.0.2.1"}[i%2] }, []string{"192.0.2.2"}},
		{"IPv6", func(i int) string { return fmt.Sprintf("2001:db8:0:1::%x", i+1) }, []string{"2001:db8:0:2::1", "192.0.2.1"}},
		{"what a client writes in front", func(i int) string { return fmt.Sprintf("198.51.100.%d, 192.0.2.1", i%250) }, []string{"192.0.2.1, 192.0.2.2"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			const places, part = 45, 20
			hub := live.NewHub(live.HubConfig{Followers: places, PerClient: part})
			url := behind(t, hub)
			for i := range places {
				res, _ := follow(t, url, c.attack(i))
				if i < part {
					if res.StatusCode != http.StatusOK {
						t.Fatalf("stream %d: status %d", i+1, res.StatusCode)
					}
					continue
				}
				if res.StatusCode != http.StatusTooManyRequests || res.Header.Get("Retry-After") != "30" ||
					res.Header.Get("Access-Control-Expose-Headers") != "Retry-After" || res.Header.Get("Content-Type") != problemType {
					t.Fatalf("stream %d: status %d, %v", i+1, res.StatusCode, res.Header)
				}
			}
			for _, other := range c.others {
				if res, _ := follow(t, url, other); res.StatusCode != http.StatusOK {
					t.Errorf("%s: status %d", other, res.StatusCode)
				}
			}
			if n := hub.Followers(); n != part+len(c.others) {
				t.Errorf("%d streams are open", n)
			}
			refused := get(t, url+eventsPath, "X-Forwarded-For", c.attack(0))
			checkProblem(t, refused, 429, "streams")
			if strings.Contains(refused.body, "192.0.2") || strings.Contains(refused.body, "2001:") {
				t.Errorf("the address is in the answer: %s", refused.body)
			}
			head := do(t, http.MethodHead, url+eventsPath, "", "X-Forwarded-For", c.attack(0))
			if head.StatusCode != http.StatusTooManyRequests {
				t.Errorf("HEAD: status %d", head.StatusCode)
			}
		})
	}
}

// TestStreamsWithoutAProxy: the peer's own address counts, whatever it says.
func TestStreamsWithoutAProxy(t *testing.T) {
	hub := live.NewHub(live.HubConfig{PerClient: 2})
	server, _ := newServer(t, newFake(), func(c *Config) { c.Hub = hub })
	from := func(local string) int {
		dialer := &net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP(local)}}
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, server.URL+eventsPath, nil)
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("X-Forwarded-For", fmt.Sprintf("192.0.2.%d", hub.Followers()))
		res, err := (&http.Transport{DialContext: dialer.DialContext}).RoundTrip(req)
		if err != nil {
			t.Skipf("from %s: %v", local, err)
		}
		t.Cleanup(func() { res.Body.Close() })
		return res.StatusCode
	}
	for i, c := range []struct {
		local string
		want  int
	}{{"127.0.0.1", 200}, {"127.0.0.1", 200}, {"127.0.0.1", 429}, {"127.0.0.2", 200}, {"127.0.0.1", 429}} {
		if got := from(c.local); got != c.want {
			t.Errorf("stream %d, from %s: status %d, want %d", i+1, c.local, got, c.want)
		}
	}
}

// TestStreamIsGivenBack: a place is free again once a stream has ended, in whatever
// way, and only then.
func TestStreamIsGivenBack(t *testing.T) {
	const who = "192.0.2.1"
	for _, c := range []struct {
		name string
		end  func(t *testing.T, url string) // opens a stream and ends it
	}{
		{"closed", func(t *testing.T, url string) {
			_, leave := follow(t, url, who)
			leave()
		}},
		{"cut off", func(t *testing.T, url string) {
			conn, err := net.Dial("tcp", strings.TrimPrefix(url, "http://"))
			if err != nil {
				t.Fatal(err)
			}
			defer conn.Close()
			fmt.Fprintf(conn, "GET %s HTTP/1.1\r\nHost: h\r\nX-Forwarded-For: %s\r\n\r\n", eventsPath, who)
			if line, err := bufio.NewReader(conn).ReadString('\n'); err != nil || !strings.Contains(line, "200") {
				t.Fatalf("%q, %v", line, err)
			}
			if err := conn.(*net.TCPConn).SetLinger(0); err != nil { // a reset in place of an end
				t.Fatal(err)
			}
		}},
		{"HEAD", func(t *testing.T, url string) {
			if res := do(t, http.MethodHead, url+eventsPath, "", "X-Forwarded-For", who); res.StatusCode != 200 {
				t.Fatalf("status %d", res.StatusCode)
			}
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			hub := live.NewHub(live.HubConfig{PerClient: 2})
			url := behind(t, hub)
			follow(t, url, who)
			for range 10 {
				c.end(t, url)
				waitFor(t, hub, 1)
			}
			if res, _ := follow(t, url, who); res.StatusCode != 200 {
				t.Errorf("after ten that ended: status %d", res.StatusCode)
			}
			if res, _ := follow(t, url, who); res.StatusCode != 429 {
				t.Errorf("the third that is open: status %d", res.StatusCode)
			}
		})
	}
}

// TestStreamsThatComeAndGo: under a crowd from one address that comes and goes,
// never more are open than may be, and in the end all places are free.
func TestStreamsThatComeAndGo(t *testing.T) {
	hub := live.NewHub(live.HubConfig{PerClient: 5})
	url := behind(t, hub)
	var all sync.WaitGroup
	for range 20 {
		all.Go(func() {
			for range 20 {
				res, leave := follow(t, url, "192.0.2.1")
				if n := hub.Followers(); n > 5 {
					t.Errorf("%d are open", n)
				}
				if res.StatusCode != 200 && res.StatusCode != 429 {
					t.Errorf("status %d", res.StatusCode)
				}
				leave()
				res.Body.Close()
			}
		})
	}
	all.Wait()
	waitFor(t, hub, 0)
	for i := range 6 {
		if res, _ := follow(t, url, "192.0.2.1"); (res.StatusCode == 200) != (i < 5) {
			t.Errorf("stream %d afterwards: status %d", i+1, res.StatusCode)
		}
	}
}
