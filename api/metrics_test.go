package api

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"rollcall/api/live"
	"rollcall/api/public"
)

// scrape returns the metrics as Prometheus gets them.
func scrape(t *testing.T, s *Server) (status int, text string) {
	t.Helper()
	w := httptest.NewRecorder()
	s.Metrics().ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/metrics", nil))
	return w.Code, w.Body.String()
}

// TestMetrics: requests are counted by pattern, and the state of the board is told.
func TestMetrics(t *testing.T) {
	f := newFake()
	f.ballots = []public.Ballot{castAt(1)}
	hub := live.NewHub(live.HubConfig{})
	s, err := New(Config{Election: f, Board: t.TempDir(), Hub: hub})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Shutdown(t.Context()) })
	for _, r := range []*http.Request{
		httptest.NewRequest(http.MethodGet, "/api/v1/receipts/"+code(1), nil),
		httptest.NewRequest(http.MethodGet, "/api/v1/receipts/"+code(2), nil),
		httptest.NewRequest(http.MethodGet, "/secret-place", nil),
		httptest.NewRequest("BREW", "/", nil),
	} {
		s.handler.ServeHTTP(httptest.NewRecorder(), r)
	}
	status, text := scrape(t, s)
	for _, want := range []string{
		`rollcall_http_requests_total{method="GET",route="/api/v1/receipts/:number",status="200"} 1`,
		`rollcall_http_requests_total{method="GET",route="/api/v1/receipts/:number",status="404"} 1`,
		`rollcall_http_requests_total{method="GET",route="none",status="404"} 1`,
		`rollcall_http_requests_total{method="other",route="none",status="405"} 1`,
		`rollcall_http_request_seconds_count{route="/api/v1/receipts/:number"} 2`,
		"rollcall_board_entries 90\n", `rollcall_ballots{state="cast"} 1040`, "rollcall_voters 1200\n", "rollcall_followers 0\n",
		`rollcall_phase{phase="open"} 1`, `rollcall_phase{phase="ended"} 0`, "rollcall_looked_up_ballots 1\n", "rollcall_last_tick_timestamp_seconds 1.793707",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("metrics lack %s", want)
		}
	}
	if status != 200 || strings.Contains(text, code(1)) || strings.Contains(text, "secret-place") || strings.Contains(text, "192.0.2.1") || strings.Contains(text, "BREW") {
		t.Errorf("status %d; metrics hold what a client sent:\n%s", status, text)
	}
}

// TestMetricsOfAnElectionThatFails: what can still be told is told.
func TestMetricsOfAnElectionThatFails(t *testing.T) {
	f := newFake()
	f.err, f.status.LastTick = errors.New("disk"), time.Time{}
	s, err := New(Config{Election: f, Board: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Shutdown(t.Context()) })
	_, text := scrape(t, s)
	if !strings.Contains(text, "rollcall_appends_in_flight 0") || strings.Contains(text, "rollcall_board_entries 90") {
		t.Errorf("metrics:\n%s", text)
	}
	f.err = nil
	if _, text := scrape(t, s); !strings.Contains(text, "rollcall_board_entries 90") || strings.Contains(text, "rollcall_last_tick") {
		t.Errorf("metrics:\n%s", text)
	}
}

// TestMetricsAreNotPublic: the public's server has none.
func TestMetricsAreNotPublic(t *testing.T) {
	server, _ := newServer(t, newFake())
	checkProblem(t, get(t, server.URL+"/metrics"), 404, "not-found")
}
