package live

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// inBubble runs a test of deliveries at their real pace to v over pipes, under a
// clock that does not make it wait.
func inBubble(t *testing.T, v *receiver, kinds []kind, test func(t *testing.T, w *Webhooks, log *logbook)) {
	synctest.Test(t, func(t *testing.T) {
		v.t = t
		p, log := newPipes(), new(logbook)
		server := &http.Server{Handler: v}
		go server.Serve(p)
		defer server.Close()
		e := endpoint(t, "http://localhost/hook/token-of-path?key=token-of-query", kinds...)
		w, err := newWebhooks(WebhooksConfig{election, []Endpoint{e}, log.logger()}, defaultPace, &http.Transport{DialContext: p.dial})
		if err != nil {
			t.Fatal(err)
		}
		test(t, w, log)
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		if err := w.Close(ctx); err != nil {
			t.Errorf("Close: %v", err)
		}
	})
}

func status(code int) func(http.ResponseWriter, *http.Request, int) {
	return func(w http.ResponseWriter, _ *http.Request, _ int) { w.WriteHeader(code) }
}

// gaps are the times between requests.
func (v *receiver) gaps() []time.Duration {
	v.mu.Lock()
	defer v.mu.Unlock()
	var gaps []time.Duration
	for i := 1; i < len(v.got); i++ {
		gaps = append(gaps, v.got[i].at.Sub(v.got[i-1].at))
	}
	return gaps
}

// TestGiveUp holds how long an endpoint that fails is tried, how often, and what
// the log says of it; and that the next message is tried still.
func TestGiveUp(t *testing.T) {
	v := &receiver{answer: status(http.StatusBadGateway)}
	inBubble(t, v, []kind{phase, result}, func(t *testing.T, w *Webhooks, log *logbook) {
		start := time.Now()
		w.Publish(State{Size: 1, Phase: "open"})
		time.Sleep(24 * time.Hour)
		w.Publish(State{Size: 2, Phase: "ended"})
		log.check(t, 1, "level=WARN", "host=localhost", "status=502", "phase-open")
		time.Sleep(time.Hour)
		ids := v.ids()
		last := slices.Index(ids, "phase-ended")
		if last < 0 || slices.Contains(ids[last:], "phase-open") {
			t.Fatalf("%d attempts, the first of the second message is %d", len(ids), last)
		}
		if ended := v.got[last-1].at.Sub(start); ended < 24*time.Hour || ended > 24*time.Hour+5*time.Minute {
			t.Errorf("given up after %v", ended)
		}
		// 2.5 minutes on average, so 576 in a day; a range that chance does not leave.
		if last < 450 || last > 750 {
			t.Errorf("%d attempts in a day", last)
		}
		bound := time.Second
		for i, gap := range v.gaps() {
			if gap < 0 || gap > bound {
				t.Errorf("wait %d is %v, more than %v", i, gap, bound)
			}
			bound = min(2*bound, 5*time.Minute)
		}
		if lines := log.lines(); len(lines) != 2 || !strings.Contains(lines[1], "level=ERROR") {
			t.Errorf("log: %q", lines)
		}
		log.check(t, 2, "host=localhost", "status=502", "phase-open")
	})
}

// TestRetryAfterKept holds that an endpoint is left alone as long as it asks,
// up to 5 minutes.
func TestRetryAfterKept(t *testing.T) {
	asked := []string{"90", "3600", "Sat, 01 Jan 2000 00:10:00 GMT"} // a bubble begins at midnight of that day
	v := &receiver{answer: func(w http.ResponseWriter, _ *http.Request, n int) {
		if n < len(asked) {
			w.Header().Set("Retry-After", asked[n])
			w.WriteHeader(http.StatusTooManyRequests)
		}
	}}
	inBubble(t, v, []kind{phase}, func(t *testing.T, w *Webhooks, _ *logbook) {
		w.Publish(State{Size: 1, Phase: "open"})
		time.Sleep(time.Hour)
		want := []time.Duration{90 * time.Second, 5 * time.Minute, 210 * time.Second}
		if got := v.gaps(); !slices.Equal(got, want) {
			t.Errorf("waits %v, want %v", got, want)
		}
	})
}

// TestBoards holds that the board goes out once a minute in its newest state,
// and that a phase does not wait for it.
func TestBoards(t *testing.T) {
	v := new(receiver)
	inBubble(t, v, []kind{board, phase, result}, func(t *testing.T, w *Webhooks, _ *logbook) {
		start := time.Now()
		for i := 1; i <= 150; i++ {
			s := State{Size: uint64(i), Phase: "open"}
			if i > 90 {
				s.Phase = "ended"
			}
			w.Publish(s)
			time.Sleep(time.Second)
		}
		time.Sleep(10 * time.Minute)
		want := []struct {
			after time.Duration
			id    string
		}{
			{0, "phase-open"}, {0, "board-1"}, {60 * time.Second, "board-60"}, {90 * time.Second, "phase-ended"},
			{120 * time.Second, "board-120"}, {180 * time.Second, "board-150"},
		}
		ids := v.ids()
		if len(ids) != len(want) {
			t.Fatalf("%q", ids)
		}
		for i, w := range want {
			// At the very second of a change either state is the newest.
			after := v.got[i].at.Sub(start)
			if ids[i] != w.id && ids[i] != fmt.Sprint("board-", int(w.after.Seconds())+1) || after != w.after {
				t.Errorf("%v %s, want %+v", after, ids[i], w)
			}
		}
	})
}

// TestBoardsReplaced holds that a state of the board which could not be
// delivered gives way to a newer one, and to a phase.
func TestBoardsReplaced(t *testing.T) {
	v := &receiver{answer: func(w http.ResponseWriter, _ *http.Request, n int) {
		if n < 3 {
			w.WriteHeader(http.StatusServiceUnavailable)
		}
	}}
	inBubble(t, v, []kind{board, phase}, func(t *testing.T, w *Webhooks, _ *logbook) {
		w.Publish(State{Size: 1, Phase: "open"})
		time.Sleep(30 * time.Second) // the phase fails three times, then goes out with the board
		w.Publish(State{Size: 2, Phase: "open"})
		v.mu.Lock()
		v.answer = func(w http.ResponseWriter, _ *http.Request, n int) {
			if n == 5 {
				w.WriteHeader(http.StatusServiceUnavailable)
			}
		}
		v.mu.Unlock()
		time.Sleep(time.Minute)
		w.Publish(State{Size: 3, Phase: "closing"})
		time.Sleep(5 * time.Minute)
		want := []string{"phase-open", "phase-open", "phase-open", "phase-open", "board-1", "board-2", "phase-closing", "board-3"}
		if got := v.ids(); !slices.Equal(got, want) {
			t.Errorf("%q, want %q", got, want)
		}
	})
}

// TestRecovery holds that one delivery ends a row of failures: the next begins
// with a short wait, and with a line in the log.
func TestRecovery(t *testing.T) {
	v := &receiver{answer: func(w http.ResponseWriter, _ *http.Request, n int) {
		if n < 12 || n == 13 {
			w.WriteHeader(http.StatusServiceUnavailable)
		}
	}}
	inBubble(t, v, []kind{phase}, func(t *testing.T, w *Webhooks, log *logbook) {
		w.Publish(State{Size: 1, Phase: "open"})
		time.Sleep(time.Hour)
		log.check(t, 1, "level=WARN", "phase-open", "tried again")
		w.Publish(State{Size: 1, Phase: "ended"})
		time.Sleep(time.Hour)
		gaps := v.gaps()
		if len(gaps) != 14 || gaps[13] > time.Second {
			t.Errorf("waits %v", gaps)
		}
		if lines := log.lines(); len(lines) != 2 || !strings.Contains(lines[1], "phase-ended") {
			t.Errorf("log: %q", lines)
		}
	})
}

// TestTimeout holds that an attempt ends after 10 seconds, and so does Close
// within them, without an error.
func TestTimeout(t *testing.T) {
	v := &receiver{answer: func(_ http.ResponseWriter, r *http.Request, _ int) { <-r.Context().Done() }}
	inBubble(t, v, []kind{phase}, func(t *testing.T, w *Webhooks, log *logbook) {
		w.Publish(State{Size: 1, Phase: "open"})
		time.Sleep(9 * time.Second)
		if got := log.lines(); got[0] != "" {
			t.Errorf("log: %q", got)
		}
		time.Sleep(2 * time.Second)
		log.check(t, 1, "host=localhost", `status="no answer in time"`)
		start := time.Now()
		if err := w.Close(t.Context()); err != nil || time.Since(start) > 10*time.Second {
			t.Errorf("Close: %v after %v", err, time.Since(start))
		}
	})
}

// TestCloseWaits holds that Close lets an attempt end and begins no other.
func TestCloseWaits(t *testing.T) {
	v := &receiver{answer: func(http.ResponseWriter, *http.Request, int) { time.Sleep(5 * time.Second) }}
	inBubble(t, v, []kind{phase}, func(t *testing.T, w *Webhooks, _ *logbook) {
		w.Publish(State{Size: 1, Phase: "open"})
		w.Publish(State{Size: 1, Phase: "ended"})
		time.Sleep(time.Second)
		start := time.Now()
		if err := w.Close(t.Context()); err != nil || time.Since(start) != 4*time.Second {
			t.Errorf("Close: %v after %v", err, time.Since(start))
		}
		time.Sleep(time.Hour)
		if got := v.ids(); !slices.Equal(got, []string{"phase-open"}) {
			t.Errorf("%q", got)
		}
	})
}

// TestQueue holds the bounds of what waits, and its order.
func TestQueue(t *testing.T) {
	q := newQueue()
	now := time.Now()
	if _, ok, again := q.first(now, now); ok || !again.IsZero() {
		t.Error("an empty queue has a first")
	}
	put := func(k kind, id string) (string, bool) {
		lost, full := q.put(message{kind: k, id: id})
		return lost.id, full
	}
	for i := range 1000 {
		put(board, fmt.Sprint("board-", i))
	}
	if _, ok, again := q.first(now, now.Add(time.Minute)); ok || !again.Equal(now.Add(time.Minute)) {
		t.Error("the board does not wait for its turn")
	}
	for i := range maxKept {
		if lost, full := put(result, fmt.Sprint(i)); full {
			t.Fatalf("message %d drops %q", i, lost)
		}
	}
	if lost, full := put(phase, "more"); !full || lost != "0" {
		t.Errorf("one too many drops %q, %v", lost, full)
	}
	q.remove(message{id: "0"}) // it was being sent meanwhile
	for i := 1; i < maxKept; i++ {
		m, ok, _ := q.first(now, now)
		if !ok || m.id != fmt.Sprint(i) {
			t.Fatalf("first is %q, want %d", m.id, i)
		}
		q.remove(m)
	}
	m, _, _ := q.first(now, now)
	if q.remove(m); m.id != "more" {
		t.Errorf("first is %q", m.id)
	}
	m, _, _ = q.first(now, now)
	put(board, "newer")
	if q.remove(m); m.id != "board-999" || q.board.id != "newer" {
		t.Errorf("board is %q, then %q", m.id, q.board.id)
	}
	if q.remove(q.board); q.board.id != "" {
		t.Errorf("board %q is still there", q.board.id)
	}
	put(phase, "last")
	q.close()
	if put(phase, "late"); len(q.kept) > 0 {
		t.Errorf("a closed queue holds %v", q.kept)
	}
}
