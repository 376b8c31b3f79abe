package live

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/gin-gonic/gin"
)

// serve serves a hub over TCP with the timeouts of package api.
func serve(t testing.TB, cfg HubConfig) (*Hub, *httptest.Server) {
	t.Helper()
	h := NewHub(cfg)
	return h, start(t, h, handler(h))
}

func start(t testing.TB, h *Hub, handler http.Handler) *httptest.Server {
	t.Helper()
	server := httptest.NewUnstartedServer(handler)
	server.Config.ReadTimeout, server.Config.WriteTimeout = 15*time.Second, 30*time.Second
	server.Config.RegisterOnShutdown(h.Close)
	server.Config.ConnContext = ConnContext
	server.Start()
	t.Cleanup(func() {
		h.Close()
		server.Close()
	})
	return server
}

func TestHeaders(t *testing.T) {
	h, server := serve(t, HubConfig{})
	h.Publish(State{Size: 5, Phase: "open"})
	s, resp := open(t, server.Client(), server.URL, "")
	if got, want := s.take(t, 2), []string{"board 5.0.0", "phase 5.2.0"}; !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
	if s.retry != 3000 {
		t.Errorf("retry %d", s.retry)
	}
	head, err := server.Client().Head(server.URL)
	if err != nil {
		t.Fatal(err)
	}
	if b, err := io.ReadAll(head.Body); len(b) > 0 || err != nil || head.StatusCode != http.StatusOK {
		t.Errorf("HEAD: status %d, body %q, %v", head.StatusCode, b, err)
	}
	for _, header := range []http.Header{resp.Header, head.Header} {
		for name, want := range map[string]string{
			"Content-Type": "text/event-stream", "Cache-Control": "no-store", "X-Accel-Buffering": "no",
			"Access-Control-Allow-Origin": "*", "Content-Length": "", "Content-Encoding": "",
		} {
			if got := header.Get(name); got != want {
				t.Errorf("%s: %q, want %q", name, got, want)
			}
		}
	}
	waitFollowers(t, h, 1)
}

// waitFollowers waits until n follow.
func waitFollowers(t testing.TB, h *Hub, n int) {
	t.Helper()
	for h.Followers() != n {
		if t.Context().Err() != nil {
			t.Fatal("test is over")
		}
		time.Sleep(time.Millisecond)
	}
}

func TestResume(t *testing.T) {
	all := []string{"board 10.0.0", "phase 10.3.0", "result 10.3.2"}
	after := "board 11.3.2" // of a state that is published once the stream is open
	for _, test := range []struct {
		name, id string
		want     []string
	}{
		{"nothing", "", all},
		{"all", "10.3.2", nil},
		{"an older board", "7.3.2", []string{"board 10.3.2"}},
		{"an older phase", "10.2.2", []string{"phase 10.3.2"}},
		{"an older result", "10.3.1", []string{"result 10.3.2"}},
		{"no result yet", "10.3.0", []string{"result 10.3.2"}},
		{"cut off after the board", "10.1.0", []string{"phase 10.3.0", "result 10.3.2"}},
		{"everything older", "2.1.0", []string{"board 10.1.0", "phase 10.3.0", "result 10.3.2"}},
		{"a larger board", "11.3.2", all},
		{"a later phase", "10.4.2", all},
		{"a later result", "10.3.3", all},
		{"all, and a space that net/http trims", "10.3.2 ", nil},
		{"nonsense with a sign", "+10.3.2", all},
		{"words", "null", all},
		{"very long", fmt.Sprintf("%04000d.3.2", 10), all},
	} {
		t.Run(test.name, func(t *testing.T) {
			h, server := serve(t, HubConfig{Every: time.Millisecond})
			h.Publish(State{Size: 10, Phase: "closing", Result: 2})
			s, _ := open(t, server.Client(), server.URL, test.id)
			got := s.take(t, len(test.want))
			h.Publish(State{Size: 11, Phase: "closing", Result: 2})
			if got = append(got, s.take(t, 1)...); !slices.Equal(got, append(slices.Clone(test.want), after)) {
				t.Errorf("%q, want %q", got, test.want)
			}
		})
	}
}

// TestResumeTwoHeaders holds that of two ids none is believed.
func TestResumeTwoHeaders(t *testing.T) {
	r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/", nil)
	r.Header.Add("Last-Event-ID", "10.3.2")
	if got := lastEvent(r); got != (cursor{10, 3, 2}) {
		t.Errorf("one id: %v", got)
	}
	r.Header.Add("Last-Event-ID", "10.3.2")
	if got := lastEvent(r); got != (cursor{}) {
		t.Errorf("two ids: %v", got)
	}
}

// TestResumeEverywhere cuts a stream after each event, and holds that both parts
// together are the whole.
func TestResumeEverywhere(t *testing.T) {
	h, server := serve(t, HubConfig{})
	h.Publish(State{Size: 10, Phase: "ended", Result: 1})
	s, _ := open(t, server.Client(), server.URL, "")
	whole := s.take(t, 3)
	for n := 1; n < 3; n++ {
		s, resp := open(t, server.Client(), server.URL, "")
		got := s.take(t, n)
		resp.Body.Close()
		s, _ = open(t, server.Client(), server.URL, s.lastID)
		if got = append(got, s.take(t, 3-n)...); !slices.Equal(got, whole) {
			t.Errorf("cut after %d: %q, want %q", n, got, whole)
		}
	}
}

// TestResumeAfterRestart holds that a server which knows nothing yet does not
// forget where a follower stands.
func TestResumeAfterRestart(t *testing.T) {
	h, server := serve(t, HubConfig{})
	s, _ := open(t, server.Client(), server.URL, "10.2.0")
	waitFollowers(t, h, 1)
	h.Publish(State{Size: 12, Phase: "open"})
	h.Publish(State{Size: 12, Phase: "closing"})
	if got, want := s.take(t, 2), []string{"board 12.2.0", "phase 12.3.0"}; !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
}

// TestManyFollowers holds that each of 300 sees the last state, whatever it
// missed, and nothing twice, while several publish at once.
func TestManyFollowers(t *testing.T) {
	const followers, states = 300, 400
	h, server := serve(t, HubConfig{Every: time.Millisecond, PerClient: followers})
	var wg sync.WaitGroup
	for range followers {
		s, _ := open(t, server.Client(), server.URL, "")
		wg.Go(func() {
			var at cursor
			for at != (cursor{states, 4, 3}) {
				e, err := s.next()
				if err != nil {
					t.Errorf("at %v: %v", at, err)
					return
				}
				checkEvent(t, e)
				next, _ := parseCursor(e.id)
				if !at.before(next) {
					t.Errorf("event %+v after %v", e, at)
					return
				}
				at = next
			}
		})
	}
	var publishers sync.WaitGroup
	for range 4 {
		publishers.Go(func() {
			for i := 1; i <= states; i++ {
				h.Publish(State{Size: uint64(i), Phase: phases[(i-1)*4/states], Result: i * 3 / states})
				if i%20 == 0 {
					time.Sleep(time.Millisecond)
				}
			}
		})
	}
	publishers.Wait()
	wg.Wait()
}

// unread follows without ever reading.
func unread(t *testing.T, address string) net.Conn {
	t.Helper()
	conn, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	if err := conn.(*net.TCPConn).SetReadBuffer(4096); err != nil {
		t.Fatal(err)
	}
	fmt.Fprintf(conn, "GET / HTTP/1.1\r\nHost: hub\r\n\r\n")
	return conn
}

// TestSlowReader holds that one who does not read is dropped, that others and
// whoever publishes do not notice, and that this is so under gin, whose Flush
// has no error.
func TestSlowReader(t *testing.T) {
	gin.SetMode(gin.ReleaseMode)
	for _, name := range []string{"net/http", "gin", "gin, directly"} {
		t.Run(name, func(t *testing.T) {
			h := NewHub(HubConfig{Every: time.Nanosecond, Patience: 500 * time.Millisecond})
			serving := handler(h)
			if name != "net/http" {
				e := gin.New()
				e.GET("/", func(c *gin.Context) { handler(h).ServeHTTP(c.Writer, c.Request) })
				serving = e
			}
			server := httptest.NewUnstartedServer(serving)
			server.Config.ConnContext = func(ctx context.Context, c net.Conn) context.Context {
				c.(*net.TCPConn).SetWriteBuffer(4096) // or megabytes wait in the kernel
				if name == "gin, directly" {
					return ConnContext(ctx, c)
				}
				return ctx
			}
			server.Start()
			defer server.Close()
			defer h.Close()
			unread(t, server.Listener.Addr().String())
			waitFollowers(t, h, 1)
			s, _ := open(t, server.Client(), server.URL, "")
			waitFollowers(t, h, 2)

			var size uint64
			sizes := make(chan uint64, 1)
			stop := make(chan struct{})
			go func() {
				for {
					size++
					h.Publish(State{Size: size, Phase: "open"})
					select {
					case <-stop:
						size++
						h.Publish(State{Size: size, Phase: "ended"})
						sizes <- size
						return
					case <-time.After(50 * time.Microsecond):
					}
				}
			}()
			last := make(chan string, 1)
			go func() {
				for {
					e, err := s.next()
					if err != nil || e.name == "phase" && e.data[:16] == `{"phase":"ended"` {
						last <- e.id
						return
					}
				}
			}()
			waitFollowers(t, h, 1)
			close(stop)
			if got, want := <-last, fmt.Sprintf("%d.4.0", <-sizes); got != want {
				t.Errorf("the other one ends at %q, want %q", got, want)
			}
		})
	}
}

// TestShutdown holds that a server with followers stops at once, and that they
// see an end and not a broken connection.
func TestShutdown(t *testing.T) {
	h, server := serve(t, HubConfig{})
	h.Publish(State{Size: 5, Phase: "open"})
	var wg sync.WaitGroup
	for range 50 {
		s, _ := open(t, server.Client(), server.URL, "")
		wg.Go(func() {
			s.take(t, 2)
			if e, err := s.next(); err != io.EOF {
				t.Errorf("%+v %v at the end", e, err)
			}
		})
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	if err := server.Config.Shutdown(ctx); err != nil {
		t.Error(err)
	}
	wg.Wait()
	if n := h.Followers(); n != 0 {
		t.Errorf("%d still follow", n)
	}
	h.Close() // again is no fault
	h.Publish(State{Size: 6, Phase: "open"})
	if at := h.frame.Load().at; at.size != 5 {
		t.Errorf("a closed hub tells of %v", at)
	}
}

func TestRefusals(t *testing.T) {
	h := NewHub(HubConfig{Followers: 2})
	answers := make(chan error, 8)
	server := start(t, h, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		err := h.Follow(w, r, netip.Prefix{})
		if err != nil {
			w.WriteHeader(http.StatusServiceUnavailable)
		}
		answers <- err
	}))
	status := func(method string) int {
		req, err := http.NewRequestWithContext(t.Context(), method, server.URL, nil)
		if err != nil {
			t.Fatal(err)
		}
		resp, err := server.Client().Do(req)
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		return resp.StatusCode
	}
	_, first := open(t, server.Client(), server.URL, "")
	open(t, server.Client(), server.URL, "")
	for _, method := range []string{"GET", "HEAD"} {
		if code, err := status(method), <-answers; code != http.StatusServiceUnavailable || !errors.Is(err, ErrFull) {
			t.Errorf("%s of a third: status %d, %v", method, code, err)
		}
	}
	first.Body.Close()
	if err := <-answers; err != nil {
		t.Errorf("who leaves is %v", err)
	}
	open(t, server.Client(), server.URL, "")
	h.Close()
	<-answers
	<-answers
	if code, err := status("GET"), <-answers; code != http.StatusServiceUnavailable || !errors.Is(err, ErrClosed) {
		t.Errorf("after the end: status %d, %v", code, err)
	}
}
