package service

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"rollcall/bulletin"
	"rollcall/bulletin/checkpoint"
	"rollcall/bulletin/witness"
	"rollcall/internal/workspace"
	"rollcall/tally/door"
)

// readWitnesses returns the witnesses of a directory's policy, with where they are
// asked, or nil if it has none.
func readWitnesses(dir workspace.Dir, logger *slog.Logger) (*witness.Group, error) {
	text, err := os.ReadFile(dir.Policy())
	if err != nil {
		return nil, err
	}
	policy, err := checkpoint.ParsePolicy(text)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", dir.Policy(), err)
	}
	if len(policy.Witnesses) == 0 {
		return nil, nil
	}
	text, err = os.ReadFile(dir.Witnesses())
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	urls := map[string]string{}
	n := 0
	for line := range strings.Lines(string(text)) {
		n++
		fields := strings.Fields(line)
		if len(fields) == 0 || strings.HasPrefix(fields[0], "#") {
			continue
		}
		if len(fields) != 2 || urls[fields[0]] != "" {
			return nil, fmt.Errorf("%s: line %d: want a witness's verifier key and its address, each witness once", dir.Witnesses(), n)
		}
		urls[fields[0]] = fields[1]
	}
	var members []witness.Member
	for _, w := range policy.Witnesses {
		url := urls[w.Key.String()]
		if url == "" {
			return nil, fmt.Errorf("%s: there is no address of witness %s", dir.Witnesses(), w.Name)
		}
		members = append(members, witness.Member{Key: w.Key, MLDSA: policy.MLDSAOf(w.Key.Name()), URL: url})
		delete(urls, w.Key.String())
	}
	for key := range urls {
		return nil, fmt.Errorf("%s: %s is no witness of the policy", dir.Witnesses(), key)
	}
	return witness.NewGroup(members, policy.Quorum, logger)
}

// cosigned is what a door asks its board for.
func cosigned(log func() *bulletin.Board) func(context.Context, uint64, time.Time) (door.Cosigned, error) {
	return func(ctx context.Context, size uint64, since time.Time) (door.Cosigned, error) {
		p, err := log().Cosigned(ctx, size, since)
		if err != nil {
			return door.Cosigned{}, err
		}
		return door.Cosigned{Size: p.Size, Root: p.Root, Cosignatures: p.Cosignatures}, nil
	}
}

// witnessCollector tells how the witnesses fare.
type witnessCollector struct{ group *witness.Group }

var (
	quorumDesc  = prometheus.NewDesc("rollcall_witness_quorum", "1 if the quorum of witnesses cosigned the newest tree, else 0: then no codes are spoken.", nil, nil)
	upDesc      = prometheus.NewDesc("rollcall_witness_up", "1 if a witness cosigned when it was asked last, else 0.", []string{"witness"}, nil)
	mldsaDesc   = prometheus.NewDesc("rollcall_witness_mldsa_up", "1 if a witness whose ML-DSA-44 key the policy names cosigned by it when it cosigned last, else 0: then the checkpoint is without that line.", []string{"witness"}, nil)
	cosignsDesc = prometheus.NewDesc("rollcall_witness_last_cosignature_timestamp_seconds", "When a witness cosigned last.", []string{"witness"}, nil)
)

// Describe implements prometheus.Collector.
func (c witnessCollector) Describe(ch chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{quorumDesc, upDesc, mldsaDesc, cosignsDesc} {
		ch <- d
	}
}

// Collect implements prometheus.Collector.
func (c witnessCollector) Collect(ch chan<- prometheus.Metric) {
	gauge := func(d *prometheus.Desc, v float64, labels ...string) {
		ch <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, v, labels...)
	}
	truth := map[bool]float64{true: 1}
	r := c.group.Report()
	gauge(quorumDesc, truth[r.Err == nil && !r.Last.IsZero()])
	for _, m := range r.Members {
		gauge(upDesc, truth[m.Err == nil && !m.Last.IsZero()], m.Name)
		if m.MLDSA {
			gauge(mldsaDesc, truth[m.MLDSAErr == nil && !m.Last.IsZero()], m.Name)
		}
		if !m.Last.IsZero() {
			gauge(cosignsDesc, float64(m.Last.Unix()), m.Name)
		}
	}
}
