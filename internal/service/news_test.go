package service

import (
	"bufio"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"os"
	"strings"
	"testing"

	"rollcall/api/live"
	"rollcall/internal/election"
	"rollcall/internal/workspace"
)

// TestNews: a follower and a subscriber are told the phase and the result of an
// election, each by the board's state, and no vote.
func TestNews(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	e, _, err := election.Simulate(ctx, election.Small(t.TempDir()), rand.New(rand.NewPCG(7, 8)))
	must(t, err)
	t.Cleanup(func() { must(t, e.Close()) })

	calls := make(chan string, 100)
	subscriber := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		b, _ := io.ReadAll(r.Body)
		calls <- r.Header.Get("webhook-id") + " " + string(b)
	}))
	t.Cleanup(subscriber.Close)
	dir := workspace.Dir(t.TempDir())
	must(t, os.WriteFile(dir.Webhooks(), []byte("- url: "+subscriber.URL+"\n  secrets: [whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw]\n  events: [phase, result]\n"), 0o600))

	reports := &reports{dir: dir, door: e.Door, board: e.Board}
	told := &told{e.Door, e.Board, reports, &ownCheck{}, nil}
	hooks, err := webhooks(dir, told, slog.New(slog.DiscardHandler))
	must(t, err)
	hub := live.NewHub(live.HubConfig{})
	stream := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { _ = hub.Follow(w, r, netip.Prefix{}) }))
	t.Cleanup(stream.Close)
	t.Cleanup(hub.Close)

	n := &news{door: e.Door, reports: reports, hub: hub, hooks: hooks}
	reports.tell = n.tell
	ended := make(chan error, 1)
	go func() { ended <- n.follow(ctx) }()
	must(t, reports.follow(ctx)) // the reports come out while the news are followed

	res, err := http.Get(stream.URL)
	must(t, err)
	defer res.Body.Close()
	var got []string
	for lines := bufio.NewScanner(res.Body); lines.Scan(); {
		got = append(got, lines.Text())
		if strings.Contains(lines.Text(), `"version":2`) {
			break
		}
	}
	text := strings.Join(got, "\n")
	for _, want := range []string{"event: board", "event: phase", `"phase":"ended"`, "event: result"} {
		if !strings.Contains(text, want) {
			t.Errorf("the stream lacks %q:\n%s", want, text)
		}
	}
	id := string(told.ID())
	for _, want := range []string{id + "-phase-ended", id + "-result-2"} {
		call := <-calls
		name, body, _ := strings.Cut(call, " ")
		if name != want || !json.Valid([]byte(body)) || !strings.Contains(body, id) {
			t.Errorf("call %s, want %s: %s", name, want, body)
		}
	}
	cancel()
	must(t, <-ended)
	must(t, hooks.Close(context.Background()))
}

// TestNoWebhooks: an election without subscribers has no file, and one with a file
// that others can read is not started.
func TestNoWebhooks(t *testing.T) {
	dir := workspace.Dir(t.TempDir())
	if hooks, err := webhooks(dir, nil, nil); hooks != nil || err != nil {
		t.Errorf("%v, %v", hooks, err)
	}
	must(t, os.WriteFile(dir.Webhooks(), []byte("[]"), 0o644))
	must(t, os.Chmod(dir.Webhooks(), 0o644))
	if _, err := webhooks(dir, nil, nil); err == nil || !strings.Contains(err.Error(), "600") {
		t.Errorf("a file that others can read: %v", err)
	}
}
