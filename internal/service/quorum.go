package service

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"rollcall/api/public"
	"rollcall/bulletin"
	"rollcall/bulletin/checkpoint"
	"rollcall/bulletin/witness"
)

// quorum is the witnesses of a board, watched: it tells the public and the operator
// how they fare, and measures how long a tree waits for their quorum. It implements
// prometheus.Collector.
type quorum struct {
	group   *witness.Group
	seconds prometheus.Histogram
	missed  prometheus.Counter

	mu    sync.Mutex
	begun time.Time // when the tree that waits was asked for first; zero if none waits
}

// newQuorum returns a group watched, or nil for none.
func newQuorum(group *witness.Group) *quorum {
	if group == nil {
		return nil
	}
	return &quorum{
		group: group,
		seconds: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: "rollcall_witness_quorum_seconds",
			Help: "Time until the quorum of witnesses had cosigned a tree, from when they were first asked, with what was asked in vain in between. Callers wait for it, twice to a code, and give up after 20 s.",
			// Up to what a caller waits, and the length of an outage beyond it.
			Buckets: []float64{.005, .01, .025, .05, .1, .25, .5, 1, 2, 4, 8, 20, 60, 300, 3600},
		}),
		missed: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "rollcall_witness_quorum_missed_total", Help: "Times that the witnesses were asked and too few cosigned.",
		}),
	}
}

// cosign is witness.Group.Cosign, measured.
func (q *quorum) cosign(ctx context.Context, t witness.Tree) ([]checkpoint.Cosignature, error) {
	q.mu.Lock()
	if q.begun.IsZero() {
		q.begun = time.Now()
	}
	begun := q.begun
	q.mu.Unlock()
	list, err := q.group.Cosign(ctx, t)
	switch {
	case err == nil:
		q.seconds.Observe(time.Since(begun).Seconds())
		q.mu.Lock()
		q.begun = time.Time{}
		q.mu.Unlock()
	case errors.Is(err, witness.ErrNoQuorum):
		q.missed.Inc()
	}
	return list, err
}

// probePause is how long the witnesses are left alone while nobody calls. Less than
// a tick leaves them alone: an outage is to be seen before somebody calls into it.
const probePause = 5 * time.Second

// watch has the witnesses asked again, by the board, for the tree that is published
// when they were not asked for a while, until ctx ends. While giving says false,
// there are no codes to wait for, and nobody is asked.
func (q *quorum) watch(ctx context.Context, board *bulletin.Board, every time.Duration, giving func() bool) error {
	tick := time.NewTicker(every)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-tick.C:
		}
		if giving() {
			// What comes of it cosign has noted, and told the log.
			_, _ = board.Cosigned(ctx, board.Published(), time.Now().Add(-every))
		}
	}
}

// public is what the public is told of the witnesses. Why one refuses is for the
// operator's log.
func (q *quorum) public() *public.Witnesses {
	r := q.group.Report()
	w := &public.Witnesses{Out: r.Out(), Since: whole(r.Since), Members: make([]public.Witness, len(r.Members))}
	for i, m := range r.Members {
		w.Members[i] = public.Witness{Name: m.Name, State: public.WitnessState(m.State), Since: whole(m.Since)}
	}
	return w
}

// whole is a time in whole seconds and UTC, as pages and JSON have it.
func whole(t time.Time) time.Time {
	if t.IsZero() {
		return t
	}
	return t.UTC().Truncate(time.Second)
}

var (
	quorumDesc  = prometheus.NewDesc("rollcall_witness_quorum", "1 if the quorum of witnesses cosigned the newest tree, else 0: then no codes are spoken.", nil, nil)
	upDesc      = prometheus.NewDesc("rollcall_witness_up", "1 if a witness cosigned when it was asked last, else 0.", []string{"witness"}, nil)
	stateDesc   = prometheus.NewDesc("rollcall_witness_state", "1 for what a witness did when it was asked last.", []string{"witness", "state"}, nil)
	sinceDesc   = prometheus.NewDesc("rollcall_witness_since_timestamp_seconds", "From when on a witness is in its state.", []string{"witness"}, nil)
	mldsaDesc   = prometheus.NewDesc("rollcall_witness_mldsa_up", "1 if a witness whose ML-DSA-44 key the policy names cosigned by it when it cosigned last, else 0: then the checkpoint is without that line.", []string{"witness"}, nil)
	cosignsDesc = prometheus.NewDesc("rollcall_witness_last_cosignature_timestamp_seconds", "When a witness cosigned last.", []string{"witness"}, nil)
)

// Describe implements prometheus.Collector.
func (q *quorum) Describe(ch chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{quorumDesc, upDesc, stateDesc, sinceDesc, mldsaDesc, cosignsDesc} {
		ch <- d
	}
	q.seconds.Describe(ch)
	q.missed.Describe(ch)
}

// Collect implements prometheus.Collector.
func (q *quorum) Collect(ch chan<- prometheus.Metric) {
	gauge := func(d *prometheus.Desc, v float64, labels ...string) {
		ch <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, v, labels...)
	}
	truth := map[bool]float64{true: 1}
	r := q.group.Report()
	gauge(quorumDesc, truth[!r.Out() && !r.Last.IsZero()])
	for _, m := range r.Members {
		gauge(upDesc, truth[m.State == witness.Answers], m.Name)
		for _, s := range witness.States {
			gauge(stateDesc, truth[m.State == s], m.Name, string(s))
		}
		if !m.Since.IsZero() {
			gauge(sinceDesc, float64(m.Since.Unix()), m.Name)
		}
		if m.MLDSA {
			gauge(mldsaDesc, truth[m.MLDSAErr == nil && !m.Last.IsZero()], m.Name)
		}
		if !m.Last.IsZero() {
			gauge(cosignsDesc, float64(m.Last.Unix()), m.Name)
		}
	}
	q.seconds.Collect(ch)
	q.missed.Collect(ch)
}
