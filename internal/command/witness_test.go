package command

import (
	"bytes"
	"context"
	"crypto/rand"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"rollcall/bulletin/checkpoint"
	"rollcall/bulletin/tlog"
	"rollcall/bulletin/witness"
	"rollcall/bulletin/witness/server"
	"rollcall/internal/workspace"
)

// heard is what a command has said so far.
type heard struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (h *heard) Write(p []byte) (int, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.buf.Write(p)
}

func (h *heard) String() string {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.buf.String()
}

// TestWitnessOfOneKey runs a directory of before there were second keys.
func TestWitnessOfOneKey(t *testing.T) {
	dir := t.TempDir()
	key, err := checkpoint.GenerateCosigner("old.example/w", rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	log, err := checkpoint.GenerateSigner("log.example", rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	for _, err := range []error{
		server.CreateMemory(t.Context(), filepath.Join(dir, witnessMemory), key.Verifier().String()),
		workspace.WriteSecret(filepath.Join(dir, witnessKey), []byte(key.Marshal())),
		os.WriteFile(filepath.Join(dir, witnessLogs), fmt.Appendf(nil, "log %s\n", log.Verifier()), 0o644),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	ctx, stop := context.WithCancel(t.Context())
	said, done := &heard{}, make(chan error, 1)
	root := newRoot(&env{out: &bytes.Buffer{}, err: said})
	root.SetArgs([]string{"witness", "--dir", dir, "--listen", "127.0.0.1:0"})
	go func() { done <- root.ExecuteContext(ctx) }()
	t.Cleanup(func() {
		stop()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	address := regexp.MustCompile(`Witness: +(http://\S+)\n`)
	for !strings.Contains(said.String(), "Stop with") {
		select {
		case err := <-done:
			done <- err
			t.Fatalf("ended: %v", err)
		case <-time.After(10 * time.Millisecond):
		}
	}
	if strings.Contains(said.String(), "ML-DSA-44") {
		t.Errorf("it tells of a second key: %s", said)
	}
	c := checkpoint.Checkpoint{Origin: "log.example", Size: 1, Root: tlog.LeafHash([]byte("x"))}
	signed, err := log.Sign(c.Size, c.Root)
	if err != nil {
		t.Fatal(err)
	}
	url := address.FindStringSubmatch(said.String())[1]
	resp, err := http.Post(url+witness.Path, "", bytes.NewReader(witness.Request{Signed: signed}.Marshal()))
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	var body bytes.Buffer
	if _, err := body.ReadFrom(resp.Body); err != nil {
		t.Fatal(err)
	}
	if cs, err := checkpoint.ParseCosignatures(body.Bytes(), c, key.Verifier()); err != nil || body.String() != cs.Line() {
		t.Errorf("it answers %d %q: %v", resp.StatusCode, body.String(), err)
	}
}
