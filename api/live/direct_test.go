package live

import (
	"bufio"
	"context"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"testing"
	"time"
)

// waitFor waits until something is true.
func waitFor(t testing.TB, what string, is func() bool) {
	t.Helper()
	for !is() {
		if t.Context().Err() != nil {
			t.Fatalf("%s: never", what)
		}
		time.Sleep(time.Millisecond)
	}
}

// narrow is a hub whose connections have little room.
func narrow(t *testing.T, cfg HubConfig) (*Hub, *httptest.Server) {
	t.Helper()
	h := NewHub(cfg)
	server := httptest.NewUnstartedServer(handler(h))
	server.Config.ConnContext = func(ctx context.Context, c net.Conn) context.Context {
		c.(*net.TCPConn).SetWriteBuffer(4096) // or megabytes wait in the kernel
		return ConnContext(ctx, c)
	}
	server.Start()
	t.Cleanup(func() {
		h.Close()
		server.Close()
	})
	return h, server
}

// full reports whether the follower's own goroutine writes.
func (d *direct) full() bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.own
}

// TestWhoIsToldDirectly: those whose connection is known and who take chunks; the
// others are told all the same.
func TestWhoIsToldDirectly(t *testing.T) {
	for _, test := range []struct {
		name  string
		serve func(*httptest.Server)
		proto string
		want  int
	}{
		{"plain", func(s *httptest.Server) { s.Config.ConnContext = ConnContext; s.Start() }, "HTTP/1.1", 1},
		{"connection not known", (*httptest.Server).Start, "HTTP/1.1", 0},
		{"no chunks", func(s *httptest.Server) { s.Config.ConnContext = ConnContext; s.Start() }, "HTTP/1.0", 0},
		{"TLS", func(s *httptest.Server) { s.Config.ConnContext = ConnContext; s.StartTLS() }, "HTTP/1.1", 0},
		{"HTTP/2", func(s *httptest.Server) { s.Config.ConnContext, s.EnableHTTP2 = ConnContext, true; s.StartTLS() }, "HTTP/2.0", 0},
	} {
		t.Run(test.name, func(t *testing.T) {
			h := NewHub(HubConfig{Every: time.Nanosecond})
			server := httptest.NewUnstartedServer(handler(h))
			test.serve(server)
			defer server.Close()
			defer h.Close()
			h.Publish(State{Size: 1, Phase: "open"})
			var s *source
			if test.proto == "HTTP/1.0" {
				conn, err := net.Dial("tcp", server.Listener.Addr().String())
				if err != nil {
					t.Fatal(err)
				}
				defer conn.Close()
				fmt.Fprintf(conn, "GET / HTTP/1.0\r\n\r\n")
				r := bufio.NewReader(conn)
				resp, err := http.ReadResponse(r, nil)
				if err != nil {
					t.Fatal(err)
				}
				s = newSource(resp.Body)
			} else {
				var resp *http.Response
				s, resp = open(t, server.Client(), server.URL, "")
				if resp.Proto != test.proto {
					t.Fatalf("%s, want %s", resp.Proto, test.proto)
				}
			}
			if got, want := s.take(t, 2), []string{"board 1.0.0", "phase 1.2.0"}; !slices.Equal(got, want) {
				t.Errorf("%q, want %q", got, want)
			}
			if got := len(h.directs.list()); got != test.want {
				t.Errorf("%d are told directly, want %d", got, test.want)
			}
			h.Publish(State{Size: 2, Phase: "closing"})
			if got, want := s.take(t, 2), []string{"board 2.2.0", "phase 2.3.0"}; !slices.Equal(got, want) {
				t.Errorf("%q, want %q", got, want)
			}
		})
	}
}

// TestBehind: who reads too slowly for a while has an unbroken stream all the
// same, in order, which ends at the newest state.
func TestBehind(t *testing.T) {
	h, server := narrow(t, HubConfig{Every: time.Nanosecond, Patience: time.Minute})
	conn := &answered{Conn: unread(t, server.Listener.Addr().String())}
	waitFor(t, "a follower", func() bool { return len(h.directs.list()) == 1 })
	d := h.directs.list()[0]
	size := uint64(0)
	for range 3 {
		// Until its connection is full, and for some time after.
		for more := 100; more > 0; {
			size++
			h.Publish(State{Size: size, Phase: "open"})
			time.Sleep(20 * time.Microsecond)
			if d.full() {
				more--
			}
		}
		last := fmt.Sprintf("%d.2.0", size)
		s := conn.source(t)
		var at cursor
		for s.lastID != last {
			e, err := s.next()
			if err != nil {
				t.Fatalf("at %v: %v", at, err)
			}
			checkEvent(t, e)
			next, _ := parseCursor(e.id)
			if !at.before(next) {
				t.Fatalf("event %+v after %v", e, at)
			}
			at = next
		}
		waitFor(t, "room again", func() bool { return !d.full() })
	}
}

// answered is a connection whose answer is read once it is wanted.
type answered struct {
	net.Conn
	s *source
}

func (a *answered) source(t *testing.T) *source {
	t.Helper()
	if a.s == nil {
		resp, err := http.ReadResponse(bufio.NewReader(a.Conn), nil)
		if err != nil {
			t.Fatal(err)
		}
		a.s = newSource(resp.Body)
	}
	return a.s
}

// TestBehindAtTheEnd: a hub that is closed ends the chunk that is on its way, so
// that the stream ends as it should.
func TestBehindAtTheEnd(t *testing.T) {
	h, server := narrow(t, HubConfig{Every: time.Nanosecond, Patience: time.Minute})
	conn := &answered{Conn: unread(t, server.Listener.Addr().String())}
	waitFor(t, "a follower", func() bool { return len(h.directs.list()) == 1 })
	d := h.directs.list()[0]
	for size := uint64(1); !d.full(); size++ {
		h.Publish(State{Size: size, Phase: "open"})
		time.Sleep(20 * time.Microsecond)
	}
	h.Close()
	s := conn.source(t)
	for {
		e, err := s.next()
		if err != nil {
			if err.Error() != "EOF" {
				t.Errorf("the stream ends with %v", err)
			}
			return
		}
		checkEvent(t, e)
	}
}

// TestDirectHeartbeat: silence is broken for those who are told directly, too.
func TestDirectHeartbeat(t *testing.T) {
	h, server := serve(t, HubConfig{Every: time.Nanosecond, Heartbeat: 10 * time.Millisecond})
	s, _ := open(t, server.Client(), server.URL, "")
	waitFor(t, "a follower", func() bool { return len(h.directs.list()) == 1 })
	for size := uint64(1); s.comments < 5; size++ {
		h.Publish(State{Size: size, Phase: "open"})
		s.take(t, 1)
		time.Sleep(15 * time.Millisecond)
	}
}

// TestDirectLeaves: who is gone is forgotten, in whatever order they go, and those
// who stay are told.
func TestDirectLeaves(t *testing.T) {
	h, server := serve(t, HubConfig{Every: time.Nanosecond})
	var streams []*source
	var answers []*http.Response
	for i := range 6 {
		s, resp := open(t, server.Client(), server.URL, "")
		streams, answers = append(streams, s), append(answers, resp)
		waitFor(t, "a follower", func() bool { return len(h.directs.list()) == i+1 })
	}
	h.Publish(State{Size: 1, Phase: "open"})
	for _, s := range streams {
		s.take(t, 2)
	}
	for left, i := range []int{5, 0, 3} {
		answers[i].Body.Close()
		waitFor(t, "one who leaves", func() bool { return len(h.directs.list()) == 5-left })
		size := uint64(left + 2)
		h.Publish(State{Size: size, Phase: "open"})
		streams[i] = nil
		for _, s := range streams {
			if s == nil {
				continue
			}
			if got, want := s.take(t, 1), fmt.Sprintf("board %d.2.0", size); got[0] != want {
				t.Errorf("%q, want %q", got, want)
			}
		}
	}
	h.directs.mu.Lock() // the others leave when the server ends
	defer h.directs.mu.Unlock()
	for place, d := range h.directs.all {
		if h.directs.place[d] != place || len(h.directs.place) != 3 {
			t.Errorf("at %d stands one whose place is %d, of %d", place, h.directs.place[d], len(h.directs.place))
		}
	}
}
