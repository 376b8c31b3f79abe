package e2e

import (
	"crypto/rand"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"rollcall/bulletin/checkpoint"
	"rollcall/bulletin/witness/server"
	"rollcall/internal/workspace"
)

// What a gate does to requests for a witness.
const (
	passes int32 = iota
	hangsUp
	keepsWaiting
	refuses
)

// gate is a real witness behind something that can be switched off.
type gate struct {
	name   string
	key    *checkpoint.Cosigner
	url    string
	does   atomic.Int32
	behind atomic.Pointer[server.Server] // nil before the log is known
}

func (g *gate) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s := g.behind.Load()
	switch does := g.does.Load(); {
	case does == keepsWaiting:
		_, _ = io.Copy(io.Discard, r.Body) // or a client that leaves would not be noticed
		<-r.Context().Done()
	case does == refuses:
		http.Error(w, "not today", http.StatusForbidden)
	case does == hangsUp || s == nil:
		panic(http.ErrAbortHandler)
	default:
		s.ServeHTTP(w, r)
	}
}

// newGates makes the keys of witnesses and listens for each. They cosign from know
// on.
func newGates(t *testing.T, n int) []*gate {
	t.Helper()
	var list []*gate
	for i := range n {
		g := &gate{name: fmt.Sprintf("witness%d.example", i+1)}
		var err error
		g.key, err = checkpoint.GenerateCosigner(g.name, rand.Reader)
		must(t, err)
		h := httptest.NewServer(g)
		t.Cleanup(h.Close)
		t.Cleanup(h.CloseClientConnections)
		g.url = h.URL
		list = append(list, g)
	}
	return list
}

// inManifest is what a manifest file says of witnesses, all of whom are needed.
func inManifest(list []*gate) string {
	if len(list) == 0 {
		return ""
	}
	var b strings.Builder
	fmt.Fprintf(&b, "witnesses_needed: %d\nwitnesses:\n", len(list))
	for _, g := range list {
		fmt.Fprintf(&b, "  - {key: %q, url: %q}\n", g.key.Verifier().String(), g.url)
	}
	return b.String()
}

// know tells the witnesses of the log of an election.
func know(t *testing.T, list []*gate, dir workspace.Dir) {
	t.Helper()
	text, err := os.ReadFile(dir.Policy())
	must(t, err)
	policy, err := checkpoint.ParsePolicy(text)
	must(t, err)
	for _, g := range list {
		memory := filepath.Join(t.TempDir(), "witness.db")
		must(t, server.CreateMemory(t.Context(), memory, g.key.Verifier().String()))
		s, err := server.Open(t.Context(), server.Config{Key: g.key, Memory: memory, Logs: []*checkpoint.Verifier{policy.Log}})
		must(t, err)
		t.Cleanup(func() { must(t, s.Close()) })
		g.behind.Store(s)
	}
}
