package alert

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"rollcall/verifier/monitor"
)

// alarm tells the n-th alarm.
func (b *bubble) alarm(n int) {
	b.Event(monitor.Event{Time: time.Now(), Level: monitor.Alarm, Kind: "void", Board: "https://board.example", Text: fmt.Sprint("text ", n), Alarm: uint64(n)})
}

// TestAlerts holds what is told, to each endpoint, and that notes are not.
func TestAlerts(t *testing.T) {
	first, second := &receiver{}, &receiver{}
	inBubble(t, first, second, func(b *bubble) {
		at := time.Now().Add(-time.Hour)
		b.Event(monitor.Event{Time: at, Level: monitor.Note, Kind: "grown"})
		b.Event(monitor.Event{Time: at, Level: monitor.Alarm, Kind: "fork", Board: "https://b.example", Text: "<two> histories", Alarm: 1, Evidence: "/home/me/evidence-1.txt"})
		b.Event(monitor.Event{Time: at, Level: monitor.Over, Kind: "fork", Board: "https://b.example", Text: "one", Alarm: 1})
		code := 4
		b.Verdict(at, Verdict{Status: "pass", Size: 12, Root: "ab", Alarm: true})
		b.Verdict(at, Verdict{Status: "skipped", Ended: true, ExitCode: &code})
		b.Close(b.t.Context())
		for _, v := range []*receiver{first, second} {
			got := v.calls()
			if v.ids() != "1 2 3 4" {
				b.t.Fatalf("got %s", v.ids())
			}
			for i, want := range []string{
				"alarm map[alarm:1 board:https://b.example evidence:evidence-1.txt kind:fork level:alarm text:<two> histories",
				"over map[alarm:1 board:https://b.example kind:fork level:over text:one",
				"verdict map[alarm:true ended:false root:ab size:12 status:pass]",
				"verdict map[alarm:false ended:true exit_code:4 size:0 status:skipped]",
			} {
				delete(got[i].data, "election")
				delete(got[i].data, "run")
				if s := fmt.Sprint(got[i].kind, " ", got[i].data); !strings.HasPrefix(s, want) {
					b.t.Errorf("message %d: %s, want %s", i+1, s, want)
				}
			}
		}
		b.alarm(1) // closed
		if len(first.calls()) != 4 || len(b.said()) != 0 {
			b.t.Errorf("after the end: %d calls; said %q", len(first.calls()), b.lines)
		}
	})
}

// TestRetries holds that what is not taken is tried again with pauses that grow,
// in order, and that nothing waits for it: neither who tells, nor another
// endpoint.
func TestRetries(t *testing.T) {
	failures := []int{500, 503, 404, 302, 307, 429, 500}
	first := &receiver{answer: func(w http.ResponseWriter, _ *http.Request, n int) {
		switch {
		case n >= len(failures):
		case n == 6:
			panic(http.ErrAbortHandler) // breaks the connection
		default:
			w.Header().Set("Location", "http://127.0.0.1/elsewhere") // which must not be followed
			w.WriteHeader(failures[n])
		}
	}}
	second := &receiver{}
	inBubble(t, first, second, func(b *bubble) {
		start := time.Now()
		b.alarm(1)
		b.alarm(2)
		if !time.Now().Equal(start) {
			b.t.Error("who tells has waited")
		}
		if said := b.said(); second.ids() != "1 2" || len(said) != 1 || !strings.Contains(said[0], "localhost: not delivered yet (500), it is tried again: alarm "+election) {
			b.t.Errorf("the other got %s; said %q", second.ids(), said)
		}
		b.Close(b.t.Context()) // waits
		if first.ids() != "1 1 1 1 1 1 1 1 2" || second.ids() != "1 2" {
			b.t.Errorf("got %s, the other %s", first.ids(), second.ids())
		}
		bound, calls := time.Second, first.calls()
		for i := range failures {
			if gap := calls[i+1].at.Sub(calls[i].at); gap > bound {
				b.t.Errorf("pause %d is %v, more than %v", i, gap, bound)
			}
			bound *= 2
		}
		if said := b.said(); len(said) != 1 {
			b.t.Errorf("said %q", said)
		}
	})
}

// TestRecovers holds that one delivery ends a row of failures: the next one is
// told, and begins with a short pause.
func TestRecovers(t *testing.T) {
	first := &receiver{answer: func(w http.ResponseWriter, _ *http.Request, n int) {
		if n < 12 || n == 13 {
			w.WriteHeader(http.StatusServiceUnavailable)
		}
	}}
	inBubble(t, first, &receiver{}, func(b *bubble) {
		b.alarm(1)
		time.Sleep(time.Hour)
		b.alarm(2)
		time.Sleep(time.Hour)
		calls := first.calls()
		if said := b.said(); len(calls) != 15 || len(said) != 2 || !strings.HasSuffix(said[1], "-2") {
			b.t.Fatalf("%d calls, said %q", len(calls), said)
		}
		if pause := calls[14].at.Sub(calls[13].at); pause > time.Second {
			b.t.Errorf("the first pause of the second row is %v", pause)
		}
	})
}

// TestGivesUp holds for how long a message is tried, and that it is told then.
func TestGivesUp(t *testing.T) {
	first := &receiver{answer: status(http.StatusBadGateway)}
	inBubble(t, first, &receiver{}, func(b *bubble) {
		b.alarm(1)
		time.Sleep(24 * time.Hour)
		b.alarm(2)
		time.Sleep(time.Hour)
		calls, last := first.calls(), 0
		for last < len(calls) && calls[last].id == "1" {
			last++
		}
		if tried := calls[last-1].at.Sub(calls[0].at); last == len(calls) || tried < 24*time.Hour || tried > 24*time.Hour+5*time.Minute || last < 450 || last > 750 {
			b.t.Errorf("%d attempts of %d, for %v", last, len(calls), tried)
		}
		if said := b.said(); len(said) != 2 || !strings.Contains(said[1], "localhost: not delivered, and given up (502): alarm "+election) {
			b.t.Errorf("said %q", said)
		}
	})
}

// TestGone holds that 410 ends what is sent to an endpoint, and to no other.
func TestGone(t *testing.T) {
	first, second := &receiver{answer: status(http.StatusGone)}, &receiver{}
	inBubble(t, first, second, func(b *bubble) {
		b.alarm(1)
		b.alarm(2)
		time.Sleep(time.Hour)
		b.alarm(3)
		b.Close(b.t.Context())
		said := b.said()
		if first.ids() != "1" || second.ids() != "1 2 3" || len(said) < 2 || !strings.Contains(said[0], "is gone (410)") || !strings.Contains(said[1], "not delivered: alarm") {
			b.t.Errorf("got %s, the other %s, said %q", first.ids(), second.ids(), said)
		}
	})
}

// TestHanging holds that an endpoint which never answers holds up nobody, that
// what waits for it is bounded, that attempts end, and so does Close; and that
// whatever is lost is told.
func TestHanging(t *testing.T) {
	first := &receiver{answer: func(_ http.ResponseWriter, r *http.Request, _ int) { <-r.Context().Done() }}
	second := &receiver{}
	inBubble(t, first, second, func(b *bubble) {
		const n = maxWaiting + 50
		for i := range n {
			b.alarm(i + 1)
			b.said() // the other has time to take it
		}
		if got := len(second.calls()); got != n {
			b.t.Errorf("the other got %d", got)
		}
		if said := b.said(); len(said) != 50 || !strings.Contains(said[0], "not delivered, for too many wait: "+election+"-monitor-"+b.run+"-1") {
			b.t.Errorf("%d lines, the first %q", len(said), said[:1])
		}
		time.Sleep(10 * time.Second)
		if said := b.said(); !strings.Contains(said[50], "not delivered yet (no answer in time)") {
			b.t.Errorf("said %q", said[50:])
		}
		start := time.Now()
		ctx, cancel := context.WithTimeout(b.t.Context(), 15*time.Second)
		defer cancel()
		b.Close(ctx)
		if took := time.Since(start); took != 15*time.Second {
			b.t.Errorf("Close took %v", took)
		}
		if said := b.said(); len(said) != 51+maxWaiting || !strings.HasSuffix(said[len(said)-1], fmt.Sprint("-", n)) {
			b.t.Errorf("%d lines, the last %q", len(said), said[len(said)-1])
		}
	})
}

// TestConfig holds that alerts have an election and somebody who hears of what is
// lost.
func TestConfig(t *testing.T) {
	for name, c := range map[string]Config{"no election": {Lost: func(string) {}}, "nobody who hears": {Election: election}} {
		if _, err := New(c); err == nil {
			t.Errorf("%s: taken", name)
		}
	}
}
