package server

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"rollcall/bulletin/checkpoint"
	"rollcall/bulletin/filelock"
)

func TestMemoryRefuses(t *testing.T) {
	key, log := newKey(t), newLog(t, "log.example")
	dir := t.TempDir()
	path := filepath.Join(dir, "w.db")
	cfg := Config{Key: key, Memory: path, Logs: []*checkpoint.Verifier{log.signer.Verifier()}}
	if _, err := Open(t.Context(), cfg); !errors.Is(err, ErrNoMemory) {
		t.Errorf("no file: %v", err)
	}
	if _, err := os.Stat(path); err == nil {
		t.Fatal("a memory was made by itself")
	}
	if err := CreateMemory(t.Context(), path, key.Verifier().String()); err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, %v", info, err)
	}
	if err := CreateMemory(t.Context(), path, key.Verifier().String()); err == nil {
		t.Error("made twice")
	}
	s, err := Open(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Open(t.Context(), cfg); !errors.Is(err, filelock.ErrLocked) {
		t.Errorf("opened twice: %v", err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	other := cfg
	other.Key = newKey(t)
	if _, err := Open(t.Context(), other); !errors.Is(err, ErrNoMemory) || !strings.Contains(err.Error(), "another key") {
		t.Errorf("another key: %v", err)
	}
	twice := cfg
	twice.Logs = append(twice.Logs, twice.Logs[0])
	if _, err := Open(t.Context(), twice); err == nil || !strings.Contains(err.Error(), "twice") {
		t.Errorf("a log twice: %v", err)
	}
	if err := os.Truncate(path, 100); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(t.Context(), cfg); err == nil {
		t.Error("a damaged file was opened")
	}
}

// TestReplaceCompares holds the memory by itself to what the lock around it also
// prevents: a tree is replaced only if it is the one that was judged.
func TestReplaceCompares(t *testing.T) {
	path := filepath.Join(t.TempDir(), "w.db")
	if err := CreateMemory(t.Context(), path, "key"); err != nil {
		t.Fatal(err)
	}
	m, err := openMemory(t.Context(), path, "key")
	if err != nil {
		t.Fatal(err)
	}
	defer m.close()
	empty, err := m.latest(t.Context(), "o")
	if err != nil {
		t.Fatal(err)
	}
	a, b := tree{5, [32]byte{1}}, tree{5, [32]byte{2}}
	for i, step := range []struct{ before, now, want tree }{
		{a, b, empty}, {empty, a, a}, {empty, b, a}, {b, tree{6, [32]byte{}}, a}, {a, b, b},
	} {
		is, err := m.replace(t.Context(), "o", step.before, step.now)
		if err != nil || is != step.want {
			t.Errorf("step %d: %+v, %v, want %+v", i, is, err, step.want)
		}
	}
	if is, err := m.latest(t.Context(), "o"); err != nil || is != b {
		t.Errorf("%+v, %v", is, err)
	}
}

// TestFaultOfTheDisk takes the database away under a witness: it signs nothing.
func TestFaultOfTheDisk(t *testing.T) {
	key, log := newKey(t), newLog(t, "log.example")
	path := filepath.Join(t.TempDir(), "w.db")
	if err := CreateMemory(t.Context(), path, key.Verifier().String()); err != nil {
		t.Fatal(err)
	}
	s, err := Open(t.Context(), Config{Key: key, Memory: path, Logs: []*checkpoint.Verifier{log.signer.Verifier()}})
	if err != nil {
		t.Fatal(err)
	}
	defer s.memory.unlock()
	// Reading goes on and writing fails, as on a full disk.
	if _, err := s.memory.db.Exec("PRAGMA query_only = 1"); err != nil {
		t.Fatal(err)
	}
	if line, err := s.add(t.Context(), log.request(t, 0, 5).Marshal()); err == nil {
		t.Errorf("cosigned %q", line)
	}
	if err := s.memory.db.Close(); err != nil {
		t.Fatal(err)
	}
	if line, err := s.add(t.Context(), log.request(t, 0, 5).Marshal()); err == nil {
		t.Errorf("cosigned %q", line)
	}
	var refused *refusal
	if _, err := s.add(t.Context(), log.request(t, 0, 5).Marshal()); errors.As(err, &refused) {
		t.Errorf("a fault of its own is the log's: %d", refused.code)
	}
}
