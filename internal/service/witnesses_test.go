package service

import (
	"context"
	"crypto/rand"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"

	"github.com/prometheus/client_golang/prometheus"

	"rollcall/bulletin/checkpoint"
	"rollcall/bulletin/tlog"
	"rollcall/bulletin/witness"
	"rollcall/bulletin/witness/server"
	"rollcall/internal/workspace"
)

// TestSecondKeysOfThePolicy has three witnesses cosign: one with both keys, one that
// lacks the second key that the policy names, one of which the policy names one key.
func TestSecondKeysOfThePolicy(t *testing.T) {
	log, err := checkpoint.GenerateSigner("log.example", rand.Reader)
	must(t, err)
	dir := workspace.Dir(t.TempDir())
	policy := &checkpoint.Policy{Log: log.Verifier(), Quorum: 3}
	addresses := "# where\n"
	for _, name := range []string{"both.example", "late.example", "one.example"} {
		key, err := checkpoint.GenerateCosigner(name, rand.Reader)
		must(t, err)
		second, err := checkpoint.GenerateMLDSACosigner(name, rand.Reader)
		must(t, err)
		policy.Witnesses = append(policy.Witnesses, checkpoint.Witness{Name: name, Key: key.Verifier()})
		if name != "one.example" {
			policy.MLDSA = append(policy.MLDSA, checkpoint.Witness{Name: name + "/2", Key: second.Verifier()})
		}
		cfg := server.Config{Key: key, MLDSA: second, Memory: filepath.Join(t.TempDir(), "db"), Logs: []*checkpoint.Verifier{log.Verifier()}}
		keys := []string{key.Verifier().String(), second.Verifier().String()}
		if name == "late.example" {
			cfg.MLDSA, keys = nil, keys[:1]
		}
		must(t, server.CreateMemory(t.Context(), cfg.Memory, keys...))
		s, err := server.Open(t.Context(), cfg)
		must(t, err)
		t.Cleanup(func() { s.Close() })
		h := httptest.NewServer(http.Handler(s))
		t.Cleanup(h.Close)
		addresses += fmt.Sprintf("%s %s\n", key.Verifier(), h.URL)
	}
	text, err := policy.Marshal()
	must(t, err)
	must(t, os.WriteFile(dir.Policy(), text, 0o644))
	must(t, os.WriteFile(dir.Witnesses(), []byte(addresses), 0o644))
	g, err := readWitnesses(dir, nil)
	must(t, err)
	c := checkpoint.Checkpoint{Origin: "log.example", Size: 1, Root: tlog.LeafHash([]byte("x"))}
	signed, err := log.Sign(c.Size, c.Root)
	must(t, err)
	told := func() string {
		t.Helper()
		r := prometheus.NewPedanticRegistry()
		must(t, r.Register(newQuorum(g)))
		families, err := r.Gather()
		must(t, err)
		out := ""
		for _, f := range families {
			if f.GetName() == "rollcall_witness_mldsa_up" {
				for _, m := range f.GetMetric() {
					out += fmt.Sprintf("%s %v\n", m.GetLabel()[0].GetValue(), m.GetGauge().GetValue())
				}
			}
		}
		return out
	}
	if before := told(); before != "both.example 0\nlate.example 0\n" {
		t.Errorf("before anybody is asked: %s", before)
	}
	list, err := g.Cosign(t.Context(), witness.Tree{Checkpoint: c, Signed: signed,
		Proof: func(context.Context, uint64) ([]tlog.Hash, error) { return nil, nil }})
	must(t, err)
	kinds := ""
	for _, cs := range list {
		kinds += fmt.Sprintf("%s %v, ", cs.Witness.Name(), cs.Witness.MLDSA())
	}
	if kinds != "both.example false, late.example false, one.example false, both.example true, " {
		t.Errorf("cosigned by %s", kinds)
	}
	// Nothing is told of a key that the policy does not name.
	if after := told(); after != "both.example 1\nlate.example 0\n" {
		t.Errorf("after: %s", after)
	}
}
