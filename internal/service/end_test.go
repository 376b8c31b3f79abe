package service

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"rollcall/crypto/credential"
	"rollcall/crypto/group"
	"rollcall/internal/election"
	"rollcall/internal/workspace"
	"rollcall/registrar"
)

// logBuffer is where a service under test logs.
type logBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer // guarded by mu
}

func (l *logBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *logBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

// waitFor returns once the log holds a text.
func (l *logBuffer) waitFor(t *testing.T, text string) {
	t.Helper()
	for !strings.Contains(l.String(), text) {
		if t.Context().Err() != nil {
			t.Fatalf("the log has no %q:\n%s", text, l)
		}
		time.Sleep(5 * time.Millisecond)
	}
}

// newElection opens a simulated election.
func newElection(t *testing.T) *election.Election {
	t.Helper()
	e, err := election.New(t.Context(), election.Small(t.TempDir()))
	must(t, err)
	t.Cleanup(func() { must(t, e.Close()) })
	must(t, e.Ceremony(t.Context()))
	must(t, e.Open(t.Context()))
	return e
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// registrarDir is the directory of a registrar that runs alone.
func registrarDir(t *testing.T, e *election.Election) workspace.Dir {
	t.Helper()
	dir := workspace.Dir(t.TempDir())
	must(t, os.WriteFile(dir.ManifestEntry(), e.Entry.Bytes(), 0o644))
	policy, err := os.ReadFile(e.Policy())
	must(t, err)
	must(t, os.WriteFile(dir.Policy(), policy, 0o644))
	must(t, os.WriteFile(dir.Election(), []byte(e.ID()), 0o644))
	must(t, os.Mkdir(dir.Keys(), 0o700))
	keys, err := registrar.GenerateKeys()
	must(t, err)
	must(t, registrar.WriteKeys(dir.Key("registrar"), keys))
	return dir
}

// startRegistrar starts a registrar that runs alone.
func startRegistrar(t *testing.T, dir workspace.Dir, board string) (*Service, *logBuffer) {
	t.Helper()
	log := &logBuffer{}
	s, err := Start(t.Context(), Config{Dir: string(dir), Roles: []Role{Registrar}, Private: "127.0.0.1:0", BoardURL: board,
		Logger: slog.New(slog.NewTextHandler(log, nil))})
	must(t, err)
	return s, log
}

// ask asks a registrar for one evaluation, as a booth does.
func ask(t *testing.T, s *Service, e *election.Election) error {
	t.Helper()
	client, err := registrar.NewClient(registrar.ClientConfig{BaseURL: s.RegistrarURL(), BoothKey: e.BoothKey, ElectionHash: e.Hash})
	must(t, err)
	defer client.Close()
	request := registrar.Request{Purpose: credential.PurposePIN, VoterNumber: "136695976", Blinded: group.MulBase(group.RandomScalar()).Bytes()}
	rand.Read(request.Nonce[:])
	_, err = client.Evaluate(t.Context(), request)
	return err
}

// TestKeyDestroyedAtEnd has a registrar that runs alone follow the board, and
// destroy its OPRF key at the end and no sooner.
func TestKeyDestroyedAtEnd(t *testing.T) {
	e := newElection(t)
	files := httptest.NewServer(http.FileServer(http.Dir(e.Public())))
	defer files.Close()
	dir := registrarDir(t, e)
	s, log := startRegistrar(t, dir, files.URL)
	must(t, ask(t, s, e))
	if _, err := registrar.ReadKeys(dir.Key("registrar")); err != nil {
		t.Fatalf("while the election is open: %v", err)
	}
	must(t, e.End(t.Context()))
	log.waitFor(t, "its OPRF key is destroyed")
	if err := ask(t, s, e); !errors.Is(err, registrar.ErrUnavailable) {
		t.Errorf("an evaluation after the end: error %v, want ErrUnavailable", err)
	}
	if _, err := registrar.ReadKeys(dir.Key("registrar")); !errors.Is(err, registrar.ErrDestroyed) {
		t.Errorf("the key file after the end: error %v, want ErrDestroyed", err)
	}
	must(t, s.Close())

	s, log = startRegistrar(t, dir, files.URL)
	log.waitFor(t, "no PIN is evaluated")
	if err := ask(t, s, e); !errors.Is(err, registrar.ErrUnavailable) {
		t.Errorf("started again: error %v, want ErrUnavailable", err)
	}
	must(t, s.Close())
}

// TestKeyDestroyedLate destroys the key of a registrar that was not running at
// the end, as soon as it starts.
func TestKeyDestroyedLate(t *testing.T) {
	e := newElection(t)
	must(t, e.End(t.Context()))
	files := httptest.NewServer(http.FileServer(http.Dir(e.Public())))
	defer files.Close()
	dir := registrarDir(t, e)
	s, log := startRegistrar(t, dir, files.URL)
	log.waitFor(t, "its OPRF key is destroyed")
	must(t, s.Close())
	if _, err := registrar.ReadKeys(dir.Key("registrar")); !errors.Is(err, registrar.ErrDestroyed) {
		t.Errorf("error %v, want ErrDestroyed", err)
	}
}

// TestKeyKept answers on while no end can be believed: the board is another
// election's, which has ended, or can not be reached.
func TestKeyKept(t *testing.T) {
	e, other := newElection(t), newElection(t)
	must(t, other.End(t.Context()))
	files := httptest.NewServer(http.FileServer(http.Dir(other.Public())))
	defer files.Close()
	gone := httptest.NewServer(http.NotFoundHandler())
	gone.Close()
	for name, url := range map[string]string{"another election's board": files.URL, "no board": gone.URL} {
		t.Run(name, func(t *testing.T) {
			dir := registrarDir(t, e)
			s, log := startRegistrar(t, dir, url)
			if url == files.URL {
				log.waitFor(t, "not destroyed when the election ends")
			}
			must(t, ask(t, s, e))
			must(t, s.Close())
			if _, err := registrar.ReadKeys(dir.Key("registrar")); err != nil {
				t.Errorf("the key file: %v", err)
			}
		})
	}
}

// TestDestroyIsTriedAgain keeps answering nothing while the key file can not be
// written, says so, and stops with the service.
func TestDestroyIsTriedAgain(t *testing.T) {
	e := newElection(t)
	dir := registrarDir(t, e)
	key := dir.Key("registrar")
	must(t, os.Chmod(key, 0o644)) // which DestroyOPRFKey refuses
	log := &logBuffer{}
	s := &Service{cfg: Config{Logger: slog.New(slog.NewTextHandler(log, nil))}, reg: &registry{}}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error)
	go func() { done <- s.destroyKey(ctx, dir) }()
	log.waitFor(t, "not destroyed yet")
	cancel()
	must(t, <-done)
}
