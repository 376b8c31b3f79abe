package registrar

import (
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"rollcall/crypto/credential"
)

const (
	testVoter  = "136695976"
	otherVoter = "100000008"
	testPIN    = "01234567"
	testCode   = "456789"
)

var testHash = [64]byte{1, 2, 3}

// testClock is a clock that a test sets.
type testClock struct {
	mu  sync.Mutex
	now time.Time
}

func newTestClock() *testClock {
	return &testClock{now: time.Date(2026, 11, 3, 12, 0, 0, 0, time.UTC)}
}

func (c *testClock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *testClock) advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// service opens a service on a database of the test's own.
func openService(t testing.TB, change func(*ServiceConfig)) (*Service, ServiceConfig) {
	t.Helper()
	key, err := credential.GenerateOPRFKey()
	if err != nil {
		t.Fatal(err)
	}
	config := ServiceConfig{Path: filepath.Join(t.TempDir(), "registrar.db"), Key: key, ElectionHash: testHash}
	if change != nil {
		change(&config)
	}
	return reopenService(t, config), config
}

func reopenService(t testing.TB, config ServiceConfig) *Service {
	t.Helper()
	s, err := OpenService(t.Context(), config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

// newRequest makes a request as the booth does, with a nonce of its own.
func newRequest(t testing.TB, key *credential.OPRFKey, purpose credential.Purpose, voter string) Request {
	t.Helper()
	info, err := credential.Info(testHash, purpose, voter)
	if err != nil {
		t.Fatal(err)
	}
	b, err := credential.Blind(key.Public(), info, []byte(testPIN))
	if err != nil {
		t.Fatal(err)
	}
	return Request{Purpose: purpose, VoterNumber: voter, Blinded: b.Blinded(), Nonce: freshNonce(t)}
}

// mustNotTell fails if an error repeats one of the secrets.
func mustNotTell(t testing.TB, err error, secrets ...string) {
	t.Helper()
	if err == nil {
		return
	}
	for _, secret := range secrets {
		if strings.Contains(err.Error(), secret) {
			t.Errorf("error %q repeats a secret", err)
		}
	}
}
