package service

import (
	"bytes"
	"context"
	"log/slog"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"rollcall/internal/election"
	"rollcall/internal/workspace"
)

// TestOwnCheck: a board in order passes, one of which a byte was changed does not
// and staff are told which check says so; and what can not be read is no verdict.
func TestOwnCheck(t *testing.T) {
	ctx := t.Context()
	e, _, err := election.Simulate(ctx, election.Small(t.TempDir()), rand.New(rand.NewPCG(11, 12)))
	must(t, err)
	t.Cleanup(func() { must(t, e.Close()) })
	dir := workspace.Dir(e.Dir)
	must(t, os.WriteFile(dir.Election(), []byte(e.ID()+"\n"), 0o644))
	check := func() (*ownCheck, string) {
		var logged bytes.Buffer
		s := &Service{cfg: Config{Logger: slog.New(slog.NewTextHandler(&logged, nil))}}
		own := &ownCheck{}
		must(t, s.checkOnceCounted(ctx, dir, e.Door, own))
		return own, logged.String()
	}
	own, logged := check()
	if v := own.Load(); v == nil || !v.Passed || v.Checks != 21 || v.At.IsZero() || strings.Contains(logged, "ERROR") {
		t.Fatalf("a board in order: %+v\n%s", v, logged)
	}

	bundle := filepath.Join(e.Public(), "tile", "entries")
	var name string
	must(t, filepath.WalkDir(bundle, func(path string, d os.DirEntry, err error) error {
		if err == nil && !d.IsDir() && name == "" {
			name = path
		}
		return err
	}))
	whole, err := os.ReadFile(name)
	must(t, err)
	changed := bytes.Clone(whole)
	changed[len(changed)/2] ^= 1
	must(t, os.WriteFile(name, changed, 0o644))
	own, logged = check()
	if v := own.Load(); v == nil || v.Passed || !strings.Contains(logged, "ERROR") || !strings.Contains(logged, "V05") {
		t.Errorf("a byte was changed: %+v\n%s", v, logged)
	}
	must(t, os.RemoveAll(bundle))
	own, logged = check()
	if own.Load() != nil || !strings.Contains(logged, "could not be read") {
		t.Errorf("files are missing: %+v\n%s", own.Load(), logged)
	}

	stopped, cancel := context.WithCancel(ctx)
	cancel()
	s := &Service{cfg: Config{Logger: slog.New(slog.DiscardHandler)}}
	none := &ownCheck{}
	if err := s.checkOnceCounted(stopped, dir, e.Door, none); err != nil || none.Load() != nil {
		t.Errorf("stopped: %v, %+v", err, none.Load())
	}
}
