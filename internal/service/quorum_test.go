package service

import (
	"context"
	"crypto/rand"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"rollcall/api/public"
	"rollcall/bulletin"
	"rollcall/bulletin/checkpoint"
	"rollcall/bulletin/tlog"
	"rollcall/bulletin/witness"
)

// signs is a witness that cosigns whatever a log of its signs, unless a test says
// another answer.
type signs struct {
	key    *checkpoint.Cosigner
	log    *checkpoint.Signer
	status atomic.Int32 // to answer instead; 0 is none
}

func (s *signs) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if code := s.status.Load(); code != 0 {
		w.WriteHeader(int(code))
		return
	}
	body, err := io.ReadAll(r.Body)
	if err == nil {
		var req witness.Request
		var c checkpoint.Checkpoint
		var cs checkpoint.Cosignature
		if req, err = witness.ParseRequest(body); err == nil {
			c, err = checkpoint.Open(req.Signed, s.log.Origin(), s.log.Verifier())
		}
		if err == nil {
			cs, err = s.key.Cosign(c, uint64(time.Now().Unix()))
		}
		if err == nil {
			_, err = io.WriteString(w, cs.Line())
		}
	}
	if err != nil {
		panic(err)
	}
}

// cosigners returns two witnesses who are both needed, a.example and b.example.
func cosigners(t *testing.T) ([]*signs, *checkpoint.Signer, *quorum) {
	t.Helper()
	log, err := checkpoint.GenerateSigner("log.example", rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	list := make([]*signs, 2)
	var members []witness.Member
	for i, name := range []string{"a.example", "b.example"} {
		key, err := checkpoint.GenerateCosigner(name, rand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		list[i] = &signs{key: key, log: log}
		s := httptest.NewServer(list[i])
		t.Cleanup(s.Close)
		members = append(members, witness.Member{Key: key.Verifier(), URL: s.URL})
	}
	group, err := witness.NewGroup(members, 2, nil)
	if err != nil {
		t.Fatal(err)
	}
	return list, log, newQuorum(group)
}

// TestWatched has nobody call and nothing posted: an outage shows all the same, and
// its end, but not while there are no codes to wait for.
func TestWatched(t *testing.T) {
	list, log, q := cosigners(t)
	dir := t.TempDir()
	board, err := bulletin.Open(t.Context(), bulletin.Config{Database: filepath.Join(dir, "db"), Dir: filepath.Join(dir, "public"), Signer: log, Cosign: q.cosign})
	must(t, err)
	defer func() { must(t, board.Close()) }()
	var giving atomic.Bool
	looked := make(chan struct{})
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error)
	go func() {
		ended <- q.watch(ctx, board, time.Millisecond, func() bool {
			select {
			case looked <- struct{}{}:
			case <-ctx.Done():
			}
			return giving.Load()
		})
	}()
	out := func() bool { r := q.group.Report(); return r.Out() }
	list[0].status.Store(http.StatusServiceUnavailable)
	for range 3 {
		<-looked
	}
	if out() {
		t.Error("witnesses were asked where no codes are given")
	}
	giving.Store(true)
	for <-looked; !out(); <-looked {
	}
	list[0].status.Store(0)
	for <-looked; out(); <-looked {
	}
	stop()
	if err := <-ended; !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}

// TestWitnessMetrics takes one witness of two away and back: who does what, whether
// there is a quorum, and how long it took are told, and what a witness said is not.
func TestWitnessMetrics(t *testing.T) {
	list, log, q := cosigners(t)
	registry := prometheus.NewPedanticRegistry()
	registry.MustRegister(q)
	// value returns a metric's value: of a histogram how many it has seen.
	value := func(name, label, is string) float64 {
		t.Helper()
		families, err := registry.Gather()
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range families {
			if f.GetName() != name {
				continue
			}
			for _, m := range f.GetMetric() {
				labels := map[string]string{}
				for _, l := range m.GetLabel() {
					labels[l.GetName()] = l.GetValue()
				}
				if label != "" && (labels["witness"] != label || labels["state"] != is) {
					continue
				}
				switch {
				case m.GetHistogram() != nil:
					return float64(m.GetHistogram().GetSampleCount())
				case m.GetCounter() != nil:
					return m.GetCounter().GetValue()
				}
				return m.GetGauge().GetValue()
			}
		}
		return -1
	}
	size := uint64(0)
	ask := func() error {
		t.Helper()
		size++
		signed, err := log.Sign(size, tlog.Hash{byte(size)})
		if err != nil {
			t.Fatal(err)
		}
		c := checkpoint.Checkpoint{Origin: log.Origin(), Size: size, Root: tlog.Hash{byte(size)}}
		_, err = q.cosign(t.Context(), witness.Tree{Checkpoint: c, Signed: signed, Proof: func(context.Context, uint64) ([]tlog.Hash, error) { return nil, nil }})
		return err
	}
	check := func(when string, quorum, up, silent, refuses, seconds, missed float64) {
		t.Helper()
		for _, m := range []struct {
			name, label, is string
			want            float64
		}{
			{"rollcall_witness_quorum", "", "", quorum}, {"rollcall_witness_up", "b.example", "", up},
			{"rollcall_witness_state", "b.example", "answers", up}, {"rollcall_witness_state", "b.example", "silent", silent},
			{"rollcall_witness_state", "b.example", "refuses", refuses},
			{"rollcall_witness_quorum_seconds", "", "", seconds}, {"rollcall_witness_quorum_missed_total", "", "", missed},
		} {
			if got := value(m.name, m.label, m.is); got != m.want {
				t.Errorf("%s: %s of %q %q is %v, want %v", when, m.name, m.label, m.is, got, m.want)
			}
		}
	}
	check("before they are asked", 0, 0, 0, 0, 0, 0)
	if value("rollcall_witness_state", "a.example", "unknown") != 1 || value("rollcall_witness_since_timestamp_seconds", "a.example", "") != -1 {
		t.Error("a witness that was not asked is said to have done something")
	}
	if err := ask(); err != nil {
		t.Fatal(err)
	}
	check("both sign", 1, 1, 0, 0, 1, 0)
	if value("rollcall_witness_last_cosignature_timestamp_seconds", "b.example", "") < 1e9 || value("rollcall_witness_since_timestamp_seconds", "b.example", "") < 1e9 {
		t.Error("it is not told when a witness signed")
	}
	list[1].status.Store(http.StatusForbidden)
	for range 2 {
		if err := ask(); !errors.Is(err, witness.ErrNoQuorum) {
			t.Errorf("one refuses: %v", err)
		}
	}
	check("one refuses", 0, 0, 0, 1, 1, 2)
	told := q.public()
	if !told.Out || told.Since.IsZero() || told.Members[0].State != public.WitnessAnswers || told.Members[1].State != public.WitnessRefuses || told.Members[1].Name != "b.example" {
		t.Errorf("the public is told %+v", told)
	}
	waits := func() bool {
		q.mu.Lock()
		defer q.mu.Unlock()
		return !q.begun.IsZero()
	}
	if !waits() {
		t.Error("the time in vain is forgotten")
	}
	list[1].status.Store(0)
	if err := ask(); err != nil {
		t.Fatal(err)
	}
	check("it is back", 1, 1, 0, 0, 2, 2)
	if waits() {
		t.Error("the next tree begins with the time of the last one")
	}
	if told := q.public(); told.Out || told.Members[1].State != public.WitnessAnswers {
		t.Errorf("the public is told %+v", told)
	}
	if newQuorum(nil) != nil {
		t.Error("a board without witnesses has a quorum")
	}
}
