package live

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"rollcall/webhook"
)

// quick is a pace for tests over a network.
var quick = pace{timeout: 10 * time.Second, Backoff: webhook.Backoff{First: 2 * time.Millisecond, Most: 10 * time.Millisecond}, giveUp: time.Hour, boards: time.Millisecond}

// send begins deliveries to endpoints at a pace; they end with the test.
func send(t testing.TB, p pace, log *logbook, endpoints ...Endpoint) *Webhooks {
	t.Helper()
	if log == nil {
		log = new(logbook)
	}
	w, err := newWebhooks(WebhooksConfig{election, endpoints, log.logger()}, p, &http.Transport{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithCancel(context.Background())
		cancel()
		w.Close(ctx)
	})
	return w
}

// TestDelivery holds that each gets what it asked for, in order.
func TestDelivery(t *testing.T) {
	both, phases, boards := &receiver{t: t}, &receiver{t: t}, &receiver{t: t}
	w := send(t, quick, nil, both.listen(phase, result), phases.listen(phase), boards.listen(board))
	at := time.Date(2026, 11, 3, 8, 0, 0, 0, time.UTC)
	w.Publish(State{Size: 5, Time: at, Phase: "setup", Undecided: 1})
	w.Publish(State{Size: 6, Time: at, Phase: "open"})
	w.Publish(State{Size: 7, Time: at, Phase: "ended", Result: 1})
	w.Publish(State{Size: 7, Time: at, Phase: "open", Result: 2}) // not after it
	w.Publish(State{Size: 8, Time: at, Phase: "ended", Result: 2})
	if got, want := both.wait(5), []string{"phase-setup", "phase-open", "phase-ended", "result-1", "result-2"}; !slices.Equal(got, want) {
		t.Errorf("both: %q, want %q", got, want)
	}
	if got, want := phases.wait(3), []string{"phase-setup", "phase-open", "phase-ended"}; !slices.Equal(got, want) {
		t.Errorf("phases: %q, want %q", got, want)
	}
	for got := boards.wait(1); got[len(got)-1] != "board-8"; got = boards.wait(len(got)) {
		if t.Context().Err() != nil {
			t.Fatalf("boards: %q", got)
		}
	}
	if got := both.got[1].body; !strings.HasPrefix(got, `{"type":"phase","timestamp":"20`) ||
		!strings.HasSuffix(got, `","data":{"election":"`+election+`","phase":"open","size":6,"time":"2026-11-03T08:00:00Z"}}`) {
		t.Errorf("body %s", got)
	}
	last := boards.got[len(boards.got)-1].body
	if want := `"size":8,"time":"2026-11-03T08:00:00Z","ballots":{"cast":0,"tested":0,"undecided":0,"void":0}}}`; !strings.HasSuffix(last, want) {
		t.Errorf("body %s, want %s", last, want)
	}
}

// TestRotation goes from one secret to another as the README says: whichever of
// the two a subscriber has at the time, every call is one of its own, and those
// that are repeated after a restart have the id that they had.
func TestRotation(t *testing.T) {
	before, after := secretOf(32), secretOf(40)
	steps := []struct {
		secrets string
		takes   map[string]bool // by the secret that the subscriber has
	}{
		{"[" + before + "]", map[string]bool{before: true, after: false}},
		{"[" + before + ", " + after + "]", map[string]bool{before: true, after: true}},
		{"[" + after + "]", map[string]bool{before: false, after: true}},
	}
	type call struct {
		header http.Header
		body   []byte
	}
	calls := make(chan call, 10)
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		calls <- call{r.Header, body}
	}))
	t.Cleanup(server.Close)
	for i, step := range steps {
		endpoints, err := ReadEndpoints(write(t, entryOf(server.URL, step.secrets, "[phase]"), 0o600))
		if err != nil {
			t.Fatal(err)
		}
		w := send(t, quick, nil, endpoints...)
		w.Publish(State{Size: uint64(i + 1), Phase: "open"})
		got := <-calls
		if id := got.header.Get("webhook-id"); id != election+"-phase-open" {
			t.Errorf("step %d: id %q", i+1, id)
		}
		var want []string
		for _, secret := range endpoints[0].secrets {
			mac := hmac.New(sha256.New, secret)
			fmt.Fprintf(mac, "%s.%s.%s", got.header.Get("webhook-id"), got.header.Get("webhook-timestamp"), got.body)
			want = append(want, "v1,"+base64.StdEncoding.EncodeToString(mac.Sum(nil)))
		}
		if s := got.header.Values("webhook-signature"); len(s) != 1 || s[0] != strings.Join(want, " ") {
			t.Errorf("step %d: signatures %q, want %q", i+1, s, want)
		}
		for secret, takes := range step.takes {
			verifier, err := standardwebhooks.NewWebhook(secret)
			if err != nil {
				t.Fatal(err)
			}
			if err := verifier.Verify(got.body, got.header); (err == nil) != takes {
				t.Errorf("step %d, a subscriber with secret %d bytes long: %v, want it taken: %v", i+1, len(secret), err, takes)
			}
		}
	}
}

// TestRetry holds that whatever is no 2xx is tried again with the same id and
// body, and that nothing overtakes it.
func TestRetry(t *testing.T) {
	failures := []int{500, 503, 404, 301, 100 + 204, 0, 429}
	v := &receiver{t: t, answer: func(w http.ResponseWriter, _ *http.Request, n int) {
		switch {
		case n >= len(failures):
			w.WriteHeader(http.StatusNoContent)
		case failures[n] == 0:
			panic(http.ErrAbortHandler) // breaks the connection
		default:
			w.WriteHeader(failures[n])
			io.WriteString(w, strings.Repeat("why not ", 1<<16)) // more than is read
		}
	}}
	log := new(logbook)
	w := send(t, quick, log, v.listen(phase, result))
	w.Publish(State{Size: 5, Phase: "setup"})
	w.Publish(State{Size: 5, Phase: "open", Result: 1})
	want := slices.Repeat([]string{"phase-setup"}, len(failures)+1)
	want = append(want, "phase-open", "result-1")
	if got := v.wait(len(want)); !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
	for _, r := range v.got[:len(failures)+1] {
		if r.body != v.got[0].body {
			t.Errorf("body of a retry: %s, want %s", r.body, v.got[0].body)
		}
	}
	log.check(t, 1, "127.0.0.1:", "status=500", "tried again")
}

// TestGone holds that 410 ends what is sent to an endpoint, and to no other.
func TestGone(t *testing.T) {
	gone := &receiver{t: t, answer: func(w http.ResponseWriter, _ *http.Request, n int) {
		if n == 1 {
			w.WriteHeader(http.StatusGone)
		}
	}}
	other := &receiver{t: t}
	log := new(logbook)
	w := send(t, quick, log, gone.listen(phase, result), other.listen(phase))
	w.Publish(State{Size: 1, Phase: "setup"})
	w.Publish(State{Size: 2, Phase: "open"})
	w.Publish(State{Size: 3, Phase: "closing"})
	other.wait(3)
	gone.wait(2)
	for q := w.deliveries[0].queue; ; time.Sleep(time.Millisecond) { // until the delivery has ended
		q.mu.Lock()
		closed := q.closed
		q.mu.Unlock()
		if closed {
			break
		}
	}
	w.Publish(State{Size: 4, Phase: "ended"})
	other.wait(4)
	if got := gone.ids(); len(got) != 2 {
		t.Errorf("after 410: %q", got[2:])
	}
	if n := len(w.deliveries[0].queue.kept); n != 0 {
		t.Errorf("%d messages wait for who is gone", n)
	}
	log.check(t, 1, "127.0.0.1:", "status=410", "gone")
}

// TestNoRedirect holds that a signed message goes to nobody but its endpoint.
func TestNoRedirect(t *testing.T) {
	elsewhere := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		t.Errorf("%s %s: redirect followed", r.Method, r.URL)
	}))
	defer elsewhere.Close()
	v := &receiver{t: t, answer: func(w http.ResponseWriter, r *http.Request, n int) {
		if codes := []int{301, 302, 303, 307, 308}; n < len(codes) {
			http.Redirect(w, r, elsewhere.URL, codes[n])
		}
	}}
	w := send(t, quick, nil, v.listen(phase))
	w.Publish(State{Size: 1, Phase: "open"})
	w.Publish(State{Size: 1, Phase: "ended"})
	if got := v.wait(7); got[5] != "phase-open" || got[6] != "phase-ended" {
		t.Errorf("%q", got)
	}
}

// TestHanging holds that an endpoint which never answers delays neither another
// nor whoever publishes, and that Close cuts it off.
func TestHanging(t *testing.T) {
	release := make(chan struct{})
	hanging := &receiver{t: t, answer: func(_ http.ResponseWriter, r *http.Request, _ int) {
		select {
		case <-release:
		case <-r.Context().Done():
		}
	}}
	defer close(release)
	other := &receiver{t: t}
	slow := quick
	slow.timeout = time.Hour
	w := send(t, slow, nil, hanging.listen(phase, result, board), other.listen(phase, result))
	w.Publish(State{Size: 1, Phase: "setup"})
	hanging.wait(1)
	const results = 3 * maxKept
	for i := 1; i <= results; i++ { // each fits into the other's queue only if it is emptied
		w.Publish(State{Size: 1 + uint64(i), Phase: "open", Result: i})
		other.wait(2 + i)
	}
	want := []string{"phase-setup", "phase-open"}
	for i := 1; i <= results; i++ {
		want = append(want, fmt.Sprint("result-", i))
	}
	if got := other.ids(); !slices.Equal(got, want) {
		t.Errorf("the other got %q", got)
	}
	if n := len(w.deliveries[0].queue.kept); n != maxKept {
		t.Errorf("%d messages wait, want %d", n, maxKept)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := w.Close(ctx); err == nil || !strings.Contains(err.Error(), "cut off") {
		t.Errorf("Close: %v", err)
	}
	w.Publish(State{Size: 1000, Phase: "ended", Result: 1000})
	if err := w.Close(t.Context()); err != nil {
		t.Errorf("Close again: %v", err)
	}
}

// TestRestart holds that after a restart the present phase and result come again
// under their old ids.
func TestRestart(t *testing.T) {
	v := &receiver{t: t}
	e := v.listen(phase, result)
	w := send(t, quick, nil, e)
	w.Publish(State{Size: 1, Phase: "open"})
	w.Publish(State{Size: 2, Phase: "ended", Result: 1})
	v.wait(3)
	if err := w.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	w = send(t, quick, nil, e)
	w.Publish(State{Size: 3, Phase: "ended", Result: 1})
	if got, want := v.wait(5), []string{"phase-open", "phase-ended", "result-1", "phase-ended", "result-1"}; !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
	if a, b := v.got[1], v.got[3]; a.id != b.id || a.id != election+"-phase-ended" {
		t.Errorf("ids %q and %q", a.id, b.id)
	}
}

// TestTLS holds that an endpoint must be who it says.
func TestTLS(t *testing.T) {
	v := &receiver{t: t}
	server := httptest.NewUnstartedServer(v)
	server.Config.ErrorLog = log.New(io.Discard, "", 0) // of handshakes that fail
	server.StartTLS()
	defer server.Close()
	e := endpoint(t, server.URL, phase)
	book := new(logbook)
	stranger := send(t, quick, book, e)
	stranger.Publish(State{Size: 1, Phase: "open"})
	for book.lines()[0] == "" {
		time.Sleep(time.Millisecond)
	}
	book.check(t, 1, `status="no connection"`)
	if got := v.ids(); len(got) != 0 {
		t.Errorf("sent to whom it does not know: %q", got)
	}

	w, err := newWebhooks(WebhooksConfig{Election: election, Endpoints: []Endpoint{e}}, quick, server.Client().Transport.(*http.Transport))
	if err != nil {
		t.Fatal(err)
	}
	w.Publish(State{Size: 1, Phase: "open"})
	v.wait(1)
	if err := w.Close(t.Context()); err != nil {
		t.Error(err)
	}
}

func TestWebhooksConfig(t *testing.T) {
	for _, id := range []string{"", "a.b", "a b", "a\nb", "é", strings.Repeat("a", 65)} {
		if _, err := NewWebhooks(WebhooksConfig{Election: id}); err == nil {
			t.Errorf("election %q is taken", id)
		}
	}
	if _, err := NewWebhooks(WebhooksConfig{Election: election, Endpoints: make([]Endpoint, 1)}); err == nil {
		t.Error("an empty endpoint is taken")
	}
	w, err := NewWebhooks(WebhooksConfig{Election: election})
	if err != nil {
		t.Fatal(err)
	}
	if want := (pace{10 * time.Second, webhook.Backoff{First: time.Second, Most: 5 * time.Minute}, 24 * time.Hour, time.Minute}); w.pace != want {
		t.Errorf("pace %+v, want %+v", w.pace, want)
	}
	if err := w.Close(t.Context()); err != nil {
		t.Error(err)
	}
}
