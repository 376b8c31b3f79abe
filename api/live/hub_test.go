package live

import (
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// bubble serves a hub over pipes with the timeouts of package api, and returns
// it and a client. Everything ends with the test.
func bubble(t *testing.T, cfg HubConfig, certificate *tls.Certificate) (*Hub, *http.Client) {
	t.Helper()
	h, p := NewHub(cfg), newPipes()
	server := &http.Server{
		Handler: handler(h), ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 15 * time.Second,
		WriteTimeout: 30 * time.Second, IdleTimeout: 60 * time.Second,
	}
	transport := &http.Transport{DialContext: dialer(p.dial)}
	if certificate == nil {
		go server.Serve(p)
	} else {
		server.TLSConfig = &tls.Config{Certificates: []tls.Certificate{*certificate}, NextProtos: []string{"h2"}}
		transport.TLSClientConfig = &tls.Config{InsecureSkipVerify: true}
		transport.ForceAttemptHTTP2 = true
		go server.ServeTLS(p, "", "")
	}
	t.Cleanup(func() {
		h.Close()
		transport.CloseIdleConnections()
		server.Close()
	})
	return h, &http.Client{Transport: transport}
}

// arrival is an event and when it came, from the beginning of a test.
type arrival struct {
	after time.Duration
	event string
}

// record reads a stream to its end.
func record(t *testing.T, s *source, start time.Time) chan []arrival {
	all := make(chan []arrival, 1)
	go func() {
		var got []arrival
		for {
			e, err := s.next()
			if err != nil {
				all <- got
				return
			}
			checkEvent(t, e)
			got = append(got, arrival{time.Since(start), e.name + " " + e.id})
		}
	}()
	return all
}

// TestPace holds when events go out: the board once a second and then its
// newest state, a phase and a result at once and without the board.
func TestPace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h, client := bubble(t, HubConfig{}, nil)
		start := time.Now()
		s, _ := open(t, client, "http://hub/", "")
		got := record(t, s, start)
		at := func(ms int, st State) {
			time.Sleep(time.Until(start.Add(time.Duration(ms) * time.Millisecond)))
			h.Publish(st)
		}
		at(0, State{Size: 1, Phase: "setup"})
		at(100, State{Size: 2, Phase: "setup"})
		at(200, State{Size: 3, Phase: "setup"})
		at(300, State{Size: 4, Phase: "open"})
		for i := range 50 {
			at(400+10*i, State{Size: uint64(5 + i), Phase: "open"})
		}
		at(5000, State{Size: 60, Phase: "closing"}) // after silence: the board, too
		at(5001, State{Size: 60, Phase: "ended", Result: 1})
		at(5002, State{Size: 61, Phase: "ended", Result: 2})
		time.Sleep(time.Minute)
		h.Close()
		ms := time.Millisecond
		want := []arrival{
			{0, "board 1.0.0"}, {0, "phase 1.1.0"},
			{300 * ms, "phase 1.2.0"},
			{1000 * ms, "board 54.2.0"},
			{5000 * ms, "board 60.2.0"}, {5000 * ms, "phase 60.3.0"},
			{5001 * ms, "phase 60.4.0"}, {5001 * ms, "result 60.4.1"},
			{5002 * ms, "result 60.4.2"},
			{6000 * ms, "board 61.4.2"},
		}
		if got := <-got; !slices.Equal(got, want) {
			t.Errorf("got  %v\nwant %v", got, want)
		}
		if s.comments != 3 { // from the sixth second on
			t.Errorf("%d heartbeats in a minute of silence", s.comments)
		}
	})
}

// certificate is one for a test's server.
func certificate(t *testing.T) tls.Certificate {
	server := httptest.NewTLSServer(http.NotFoundHandler())
	defer server.Close()
	return server.TLS.Certificates[0]
}

// TestLongStream holds that a stream outlives the timeouts of the server, and
// of its own writes, in either version of HTTP.
func TestLongStream(t *testing.T) {
	cert := certificate(t)
	for _, test := range []struct {
		name, address string
		cert          *tls.Certificate
		version       int
	}{{"HTTP/1.1", "http://hub/", nil, 1}, {"HTTP/2", "https://hub/", &cert, 2}} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				h, client := bubble(t, HubConfig{}, test.cert)
				h.Publish(State{Size: 1, Phase: "open"})
				s, resp := open(t, client, test.address, "")
				if resp.ProtoMajor != test.version {
					t.Fatalf("version %d", resp.ProtoMajor)
				}
				s.take(t, 2)
				start := time.Now()
				got := record(t, s, start)
				time.Sleep(time.Hour + time.Second)
				h.Publish(State{Size: 2, Phase: "open"})
				time.Sleep(2 * time.Second)
				h.Close()
				if got, want := <-got, (arrival{time.Hour + time.Second, "board 2.2.0"}); len(got) != 1 || got[0] != want {
					t.Errorf("after an hour: %v, want %v", got, want)
				}
				if want := 3600 / 15; s.comments != want {
					t.Errorf("%d heartbeats, want %d", s.comments, want)
				}
			})
		})
	}
}

// silent serves a hub over pipes to one who reads the head of the answer and
// nothing more.
func silent(t *testing.T) (*Hub, *http.Server) {
	t.Helper()
	h, p := NewHub(HubConfig{}), newPipes()
	server := &http.Server{Handler: handler(h)}
	go server.Serve(p)
	conn, err := p.dial(t.Context(), "", "")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		server.Close()
		conn.Close()
	})
	fmt.Fprintf(conn, "GET / HTTP/1.1\r\nHost: hub\r\n\r\n")
	if _, err := conn.Read(make([]byte, 4096)); err != nil {
		t.Fatal(err)
	}
	return h, server
}

// TestSilentReader holds that one who stops reading is dropped when patience
// ends, heartbeats alone being enough to find out.
func TestSilentReader(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h, _ := silent(t)
		time.Sleep(24 * time.Second)
		if n := h.Followers(); n != 1 {
			t.Errorf("%d followers before its time", n)
		}
		time.Sleep(2 * time.Second) // 15 of silence and 10 of patience
		if n := h.Followers(); n != 0 {
			t.Errorf("%d followers after its time", n)
		}
	})
}

// TestSilentAtTheEnd holds that one who does not even read the end of its stream
// delays a server's shutdown by no more than patience.
func TestSilentAtTheEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h, server := silent(t)
		time.Sleep(time.Second)
		h.Close()
		ctx, cancel := context.WithTimeout(t.Context(), 12*time.Second)
		defer cancel()
		if err := server.Shutdown(ctx); err != nil {
			t.Errorf("shutdown: %v", err)
		}
	})
}

// TestPublishOrder holds which states are left out.
func TestPublishOrder(t *testing.T) {
	h := NewHub(HubConfig{Every: time.Nanosecond})
	defer h.Close()
	good := State{Size: 10, Phase: "open", Result: 1}
	h.Publish(good)
	told := h.frame.Load()
	for _, bad := range []State{
		good, {Size: 9, Phase: "open", Result: 1}, {Size: 11, Phase: "setup", Result: 1}, {Size: 11, Phase: "open"},
		{Size: 11, Phase: "over", Result: 1}, {Size: 11, Phase: "open", Result: -1}, {},
	} {
		if h.Publish(bad); h.frame.Load() != told {
			t.Fatalf("%+v is told after %+v", bad, good)
		}
	}
	if h.Publish(State{Size: 10, Phase: "open", Result: 2}); h.frame.Load() == told {
		t.Error("a new result is not told")
	}
}

// TestSince holds for every place of a follower and every frame that events
// lead from one to the other, whichever bytes are shared.
func TestSince(t *testing.T) {
	frames := []*frame{{}}
	for _, s := range []State{
		{Size: 1, Phase: "setup"}, {Size: 2, Phase: "setup"}, {Size: 2, Phase: "open"}, {Size: 3, Phase: "closing", Result: 1},
		{Size: 4, Phase: "ended", Result: 2}, {Size: 4, Phase: "ended", Result: 3},
	} {
		frames = append(frames, frames[len(frames)-1].advance(s, true))
	}
	frames = append(frames, frames[1].advance(State{Size: 9, Phase: "open"}, false))
	for _, f := range frames[1:] {
		for _, c := range append(places(), f.from, f.at) {
			from := c
			if !f.at.covers(c) {
				from = cursor{} // has followed something else
			}
			s := newSource(strings.NewReader(string(f.since(c))))
			at := from
			for {
				e, err := s.next()
				if err == io.EOF {
					break
				}
				if err != nil {
					t.Fatal(err)
				}
				checkEvent(t, e)
				next, _ := parseCursor(e.id)
				if !at.before(next) {
					t.Fatalf("from %v to %v: event %+v after %v", c, f.at, e, at)
				}
				at = next
			}
			if at != f.at {
				t.Fatalf("from %v to %v: events lead to %v", c, f.at, at)
			}
		}
	}
	if old, f := frames[1], frames[len(frames)-1]; f.at != (cursor{1, 2, 0}) || string(f.data[board]) != string(old.data[board]) {
		t.Errorf("without its board a state tells of it: %v %s", f.at, f.data[board])
	}
}

// TestConfigDefaults holds the numbers that documents name.
func TestConfigDefaults(t *testing.T) {
	want := HubConfig{Followers: 20_000, PerClient: 250, Every: time.Second, Heartbeat: 15 * time.Second, Patience: 10 * time.Second}
	if got := NewHub(HubConfig{}).config; got != want {
		t.Errorf("%+v, want %+v", got, want)
	}
}

// TestFollowWithoutDeadlines holds that a connection on which a reader could not
// be dropped is refused before anything is answered.
func TestFollowWithoutDeadlines(t *testing.T) {
	h := NewHub(HubConfig{})
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	w := httptest.NewRecorder()
	err := h.Follow(w, httptest.NewRequestWithContext(ctx, http.MethodGet, "/", nil), netip.Prefix{})
	if err == nil || w.Body.Len() > 0 || len(w.Header()) > 0 || h.Followers() != 0 {
		t.Errorf("error %v, header %v, body %q, %d followers", err, w.Header(), w.Body, h.Followers())
	}
}
