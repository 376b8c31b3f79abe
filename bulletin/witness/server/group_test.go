package server

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"rollcall/bulletin/tlog"
	"rollcall/bulletin/witness"
)

// before puts something before a witness that a test can change: it is asked first,
// and passes the request on by returning false.
type before struct {
	takes atomic.Pointer[http.HandlerFunc]
	asked atomic.Int32
}

func (b *before) put(t *testing.T, m *witness.Member) {
	t.Helper()
	to, err := url.Parse(m.URL)
	if err != nil {
		t.Fatal(err)
	}
	proxy := httputil.NewSingleHostReverseProxy(to)
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		b.asked.Add(1)
		if h := b.takes.Load(); h != nil {
			(*h)(w, r)
			return
		}
		proxy.ServeHTTP(w, r)
	}))
	t.Cleanup(s.Close)
	m.URL = s.URL
}

func (b *before) takesAll(h http.HandlerFunc) { b.takes.Store(&h) }

func hangUp(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }

func (l *testLog) tree(t *testing.T, size uint64) witness.Tree {
	t.Helper()
	c, signed := l.checkpoint(t, size)
	return witness.Tree{Checkpoint: c, Signed: signed, Proof: func(ctx context.Context, old uint64) ([]tlog.Hash, error) {
		return tlog.ConsistencyProof(ctx, l, old, size)
	}}
}

// TestReport follows one witness of two, both needed, through an outage: what it
// does is told by name and since when, as soon as it was asked.
func TestReport(t *testing.T) {
	log := newLog(t, "log.example")
	a, b := runWitness(t, "a.example", log), runWitness(t, "b.example", log)
	var gate before
	gate.put(t, &b)
	g, err := witness.NewGroup([]witness.Member{a, b}, 2, nil)
	if err != nil {
		t.Fatal(err)
	}
	r := g.Report()
	if r.Out() || !r.Since.IsZero() || r.Members[0].State != witness.Unknown || !r.Members[1].Since.IsZero() {
		t.Errorf("before anybody is asked: %+v", r)
	}
	size := uint64(0)
	var last witness.Report
	ask := func(what string, out bool, state witness.State, changed bool) {
		t.Helper()
		size++
		if _, err := g.Cosign(t.Context(), log.tree(t, size)); out != errors.Is(err, witness.ErrNoQuorum) || !out && err != nil {
			t.Errorf("%s: %v", what, err)
		}
		r := g.Report()
		if r.Out() != out || r.Quorum != 2 || r.Members[0].State != witness.Answers || r.Members[1].State != state || r.Members[1].Name != "b.example" {
			t.Errorf("%s: %+v", what, r)
		}
		if r.Since.IsZero() || r.Members[1].Since.IsZero() || r.Members[0].Since.Before(last.Members[0].Since) {
			t.Errorf("%s: since when is not told: %+v", what, r)
		}
		if moved := !r.Members[1].Since.Equal(last.Members[1].Since); moved != changed {
			t.Errorf("%s: since %v, before %v", what, r.Members[1].Since, last.Members[1].Since)
		}
		if moved := !r.Since.Equal(last.Since); moved != (out != last.Out() || last.Since.IsZero()) {
			t.Errorf("%s: the group since %v, before %v", what, r.Since, last.Since)
		}
		last = r
	}
	last = r
	ask("both answer", false, witness.Answers, true)
	ask("both answer again", false, witness.Answers, false)
	gate.takesAll(hangUp)
	ask("one is gone", true, witness.Silent, true)
	ask("it is still gone", true, witness.Silent, false)
	gate.takesAll(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusForbidden) })
	ask("it refuses", true, witness.Refuses, true)
	gate.takes.Store(nil)
	ask("it is back", false, witness.Answers, true)
}

// TestLateWitness: one that is not needed and late is not waited for, is not asked
// again meanwhile, and what it did is told all the same.
func TestLateWitness(t *testing.T) {
	log := newLog(t, "log.example")
	a, b := runWitness(t, "a.example", log), runWitness(t, "late.example", log)
	var gate before
	gate.put(t, &b)
	release := make(chan struct{})
	gate.takesAll(func(w http.ResponseWriter, _ *http.Request) {
		<-release
		w.WriteHeader(http.StatusForbidden)
	})
	g, err := witness.NewGroup([]witness.Member{a, b}, 1, nil)
	if err != nil {
		t.Fatal(err)
	}
	for size := range uint64(3) {
		if _, err := g.Cosign(t.Context(), log.tree(t, size+1)); err != nil {
			t.Fatal(err)
		}
	}
	if r := g.Report(); r.Out() || r.Members[1].State != witness.Unknown {
		t.Errorf("while it thinks: %+v", r)
	}
	for gate.asked.Load() == 0 { // on its way
		time.Sleep(time.Millisecond)
	}
	close(release)
	for g.Report().Members[1].State != witness.Refuses {
		time.Sleep(time.Millisecond)
	}
	if n := gate.asked.Load(); n != 1 {
		t.Errorf("it was asked %d times at once", n)
	}
}

// TestSparedWitness: one that is left alone after a failure is asked as soon as
// another one fails, before there is said to be no quorum.
func TestSparedWitness(t *testing.T) {
	log := newLog(t, "log.example")
	a, b := runWitness(t, "a.example", log), runWitness(t, "b.example", log)
	var first, second before
	first.put(t, &a)
	second.put(t, &b)
	g, err := witness.NewGroup([]witness.Member{a, b}, 1, nil)
	if err != nil {
		t.Fatal(err)
	}
	second.takesAll(hangUp)
	if _, err := g.Cosign(t.Context(), log.tree(t, 1)); err != nil {
		t.Fatal(err)
	}
	for g.Report().Members[1].State != witness.Silent {
		time.Sleep(time.Millisecond)
	}
	second.takes.Store(nil)
	first.takesAll(hangUp)
	list, err := g.Cosign(t.Context(), log.tree(t, 2))
	if err != nil || len(list) != 1 || list[0].Witness.Name() != "b.example" {
		t.Errorf("%d cosignatures, %v", len(list), err)
	}
	if r := g.Report(); r.Out() || r.Members[0].State != witness.Silent || r.Members[1].State != witness.Answers {
		t.Errorf("report %+v", r)
	}
}

// TestWitnessClock: a witness whose clock is off is not counted, however fast it
// answers, since no tick takes what it signed. The others are waited for.
func TestWitnessClock(t *testing.T) {
	log := newLog(t, "log.example")
	a, b := runWitness(t, "a.example", log), runWitness(t, "b.example", log)
	key := newKey(t)
	for _, off := range []time.Duration{-time.Hour, -6 * time.Second, 6 * time.Second, time.Hour} {
		s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			c, _ := log.checkpoint(t, 1)
			cs, err := key.Cosign(c, uint64(time.Now().Add(off).Unix()))
			if err != nil {
				panic(err)
			}
			_, _ = io.WriteString(w, cs.Line())
		}))
		g, err := witness.NewGroup([]witness.Member{{Key: key.Verifier(), URL: s.URL}, a, b}, 2, nil)
		if err != nil {
			t.Fatal(err)
		}
		list, err := g.Cosign(t.Context(), log.tree(t, 1))
		if err != nil || len(list) != 2 || list[0].Witness.Name() != "a.example" || list[1].Witness.Name() != "b.example" {
			t.Errorf("off by %v: %v, %v", off, list, err)
		}
		for r := g.Report(); r.Members[0].State == witness.Unknown; r = g.Report() { // it answers last, perhaps
			time.Sleep(time.Millisecond)
		}
		s.Close()
		if m := g.Report().Members[0]; m.State != witness.Refuses || !strings.Contains(m.Err.Error(), "clock") {
			t.Errorf("off by %v: %+v", off, m)
		}
	}
}
