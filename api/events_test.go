package api

import (
	"bufio"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/gin-gonic/gin"

	"rollcall/api/live"
	"rollcall/api/public"
)

// TestEvents: the stream goes through the whole server, beyond the time that any
// other handler has, and ends with it.
func TestEvents(t *testing.T) {
	f := newFake()
	hub := live.NewHub(live.HubConfig{Every: time.Millisecond})
	server, _ := newServer(t, f, func(c *Config) { c.Hub = hub })
	hub.Publish(live.State{Size: 5, Phase: string(public.PhaseOpen)})
	res, err := http.Get(server.URL + eventsPath)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	for name, want := range map[string]string{
		"Content-Type": "text/event-stream", "Access-Control-Allow-Origin": "*", "Cache-Control": "no-store", "ETag": "", "Content-Length": "",
	} {
		if got := res.Header.Get(name); !strings.HasPrefix(got, want) || want == "" && got != "" {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
	lines := bufio.NewScanner(res.Body)
	wait := func(want string) {
		t.Helper()
		for lines.Scan() {
			if strings.Contains(lines.Text(), want) {
				return
			}
		}
		t.Fatalf("the stream ends before %q: %v", want, lines.Err())
	}
	wait(`"size":5`)
	hub.Publish(live.State{Size: 9, Phase: string(public.PhaseClosing)})
	wait("event: phase")
	wait("closing")

	head := do(t, http.MethodHead, server.URL+eventsPath, "")
	if head.StatusCode != 200 || head.body != "" {
		t.Errorf("HEAD: status %d", head.StatusCode)
	}
	checkProblem(t, do(t, http.MethodPost, server.URL+eventsPath, ""), 405, "method")
	hub.Close()
	for lines.Scan() { // ends, or the test's own time does
	}
	closed := get(t, server.URL+eventsPath)
	checkProblem(t, closed, 503, "busy")
	if closed.Header.Get("Retry-After") == "" {
		t.Error("503 without Retry-After")
	}
}

// TestEventsHaveNoDeadline: a handler has one, a stream has none.
func TestEventsHaveNoDeadline(t *testing.T) {
	e := gin.New()
	has := map[string]bool{}
	e.Use(deadline)
	for _, path := range []string{eventsPath, "/api/v1/election"} {
		e.GET(path, func(c *gin.Context) { _, has[path] = c.Request.Context().Deadline() })
		e.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, path, nil))
	}
	if has[eventsPath] || !has["/api/v1/election"] {
		t.Errorf("deadlines: %v", has)
	}
}

// TestNoEventsWithoutAHub: a server that streams nothing says that nothing is there.
func TestNoEventsWithoutAHub(t *testing.T) {
	server, _ := newServer(t, newFake())
	checkProblem(t, get(t, server.URL+eventsPath), 404, "not-found")
}
