package registrar

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"rollcall/crypto/credential"
)

func TestDatabaseIsBound(t *testing.T) {
	s, config := openService(t, nil)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	otherKey, err := credential.GenerateOPRFKey()
	if err != nil {
		t.Fatal(err)
	}
	for name, change := range map[string]func(*ServiceConfig){
		"another election": func(c *ServiceConfig) { c.ElectionHash[0]++ },
		"another key":      func(c *ServiceConfig) { c.Key = otherKey },
		"no key":           func(c *ServiceConfig) { c.Key = nil },
		"no folder":        func(c *ServiceConfig) { c.Path = filepath.Join(c.Path, "none", "registrar.db") },
	} {
		changed := config
		change(&changed)
		if s, err := OpenService(t.Context(), changed); err == nil {
			s.Close()
			t.Errorf("%s: opened", name)
		}
	}
	garbage := config
	garbage.Path = filepath.Join(t.TempDir(), "garbage.db")
	if err := os.WriteFile(garbage.Path, bytes.Repeat([]byte("not a database "), 1000), 0o600); err != nil {
		t.Fatal(err)
	}
	if s, err := OpenService(t.Context(), garbage); err == nil {
		s.Close()
		t.Error("garbage: opened")
	} else if !strings.Contains(err.Error(), garbage.Path) {
		t.Errorf("garbage: error %q does not name the file", err)
	}
}

// The stolen database: neither voter numbers nor anything searchable without
// the OPRF key, and nobody else may read it.
func TestDatabaseTellsNothing(t *testing.T) {
	s, config := openService(t, nil)
	if err := s.Register(t.Context(), []string{testVoter, otherVoter}); err != nil {
		t.Fatal(err)
	}
	if err := evaluate(t, s, config, pin, testVoter); err != nil {
		t.Fatal(err)
	}
	other, err := credential.GenerateOPRFKey()
	if err != nil {
		t.Fatal(err)
	}
	otherConfig := config
	otherConfig.Key, otherConfig.Path = other, filepath.Join(t.TempDir(), "other.db")
	thief := reopenService(t, otherConfig)
	files, err := filepath.Glob(config.Path + "*")
	if err != nil || len(files) < 2 {
		t.Fatalf("files %v, %v", files, err)
	}
	found := false
	for _, file := range files {
		info, err := os.Stat(file)
		if err != nil {
			t.Fatal(err)
		}
		if info.Mode().Perm() != 0o600 {
			t.Errorf("%s has mode %04o", filepath.Base(file), info.Mode().Perm())
		}
		b, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, secret := range [][]byte{[]byte(testVoter), []byte(otherVoter), []byte(testPIN), config.Key.Bytes(),
			s.tagKey, thief.tag(pin, testVoter)} {
			if bytes.Contains(b, secret) {
				t.Errorf("%s holds a secret", filepath.Base(file))
			}
		}
		found = found || bytes.Contains(b, s.tag(pin, testVoter))
	}
	if !found {
		t.Error("the test looks in the wrong place: no tag found")
	}
}

// Trying numbers that nobody has must not fill the disk, and must not give
// those that were issued their tries back.
func TestUnknownNumbersAreBounded(t *testing.T) {
	const keep = 20
	s, config := openService(t, func(c *ServiceConfig) { c.KeepUnknown = keep })
	if err := s.Register(t.Context(), []string{testVoter}); err != nil {
		t.Fatal(err)
	}
	triesLeft(t, s, config, pin, testVoter)
	triesLeft(t, s, config, pin, otherVoter)
	for range 5 * keep {
		number, err := drawVoterNumber()
		if err != nil {
			t.Fatal(err)
		}
		if err := evaluate(t, s, config, pin, number); err != nil {
			t.Fatal(err)
		}
		if n := count(t, s, `SELECT count(*) FROM budget WHERE known = 0`); n > keep {
			t.Fatalf("%d unknown numbers are kept, at most %d", n, keep)
		}
	}
	if n := count(t, s, `SELECT count(*) FROM answer`); n > keep+PINPerHour {
		t.Errorf("%d answers are kept", n)
	}
	if err := evaluate(t, s, config, pin, testVoter); !errors.Is(err, ErrBudget) {
		t.Errorf("the flood refilled an issued number: %v", err)
	}
	// Registered late, or twice, a number keeps what it spent.
	number, err := drawVoterNumber()
	if err != nil {
		t.Fatal(err)
	}
	triesLeft(t, s, config, pin, number)
	for range 2 {
		if err := s.Register(t.Context(), []string{number}); err != nil {
			t.Fatal(err)
		}
	}
	if err := evaluate(t, s, config, pin, number); !errors.Is(err, ErrBudget) {
		t.Errorf("registering refilled: %v", err)
	}
	if err := s.Register(t.Context(), []string{number, "136695977"}); !errors.Is(err, credential.ErrFormat) {
		t.Errorf("registering a mistyped number: %v", err)
	}
}

// An issued number and one that nobody has behave alike.
func TestUnknownNumberIsLikeAnyOther(t *testing.T) {
	s, config := openService(t, nil)
	if err := s.Register(t.Context(), []string{testVoter}); err != nil {
		t.Fatal(err)
	}
	for _, purpose := range []credential.Purpose{pin, cast} {
		known, unknown := triesLeft(t, s, config, purpose, testVoter), triesLeft(t, s, config, purpose, otherVoter)
		if known != unknown {
			t.Errorf("%s: %d tries for an issued number, %d for another", purpose, known, unknown)
		}
	}
}

func TestAlarmIsNoCap(t *testing.T) {
	clock := newTestClock()
	var alarms []int
	s, config := openService(t, func(c *ServiceConfig) {
		c.Now, c.AlarmAt, c.Alarm = clock.Now, 4, func(n int) { alarms = append(alarms, n) }
	})
	flood := func(s *Service, n int) {
		t.Helper()
		for range n {
			number, err := drawVoterNumber()
			if err != nil {
				t.Fatal(err)
			}
			if err := evaluate(t, s, config, pin, number); err != nil {
				t.Fatal(err)
			}
		}
	}
	flood(s, 3)
	s = reopenService(t, config) // the count survives
	flood(s, 7)
	clock.advance(time.Hour)
	flood(s, 4)
	if fmt.Sprint(alarms) != "[4 4]" {
		t.Errorf("alarms at %v, want [4 4]", alarms)
	}
}
