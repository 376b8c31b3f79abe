package service

import (
	"bytes"
	"context"
	"log/slog"
	"math/rand/v2"
	"os"
	"strings"
	"testing"

	"rollcall/bulletin/checkpoint"
	"rollcall/internal/election"
	"rollcall/internal/workspace"
)

// TestReportsStayTheSame: both reports of an election come out, under a checkpoint
// of a board that holds them, and after a restart they are what they were. A file
// that is damaged is not passed over.
func TestReportsStayTheSame(t *testing.T) {
	ctx := t.Context()
	e, _, err := election.Simulate(ctx, election.Small(t.TempDir()), rand.New(rand.NewPCG(5, 6)))
	must(t, err)
	t.Cleanup(func() { must(t, e.Close()) })
	dir := workspace.Dir(t.TempDir())
	start := func() *reports {
		r := &reports{dir: dir, door: e.Door, board: e.Board}
		must(t, r.follow(ctx))
		return r
	}
	first := start().out()
	if len(first) != 2 || first[0].Result != nil || first[1].Result == nil {
		t.Fatalf("%d reports: %+v", len(first), first)
	}
	m := e.Door.State().Manifest()
	key, err := checkpoint.NewLogVerifier(m.Log.Origin, m.Log.Key)
	must(t, err)
	head, err := checkpoint.Open(first[1].Checkpoint, m.Log.Origin, key)
	if err != nil || head.Size <= first[1].Result.Index {
		t.Errorf("checkpoint of %d entries for a result at %d: %v", head.Size, first[1].Result.Index, err)
	}
	again := start().out()
	for i := range first {
		if !first[i].Published.Equal(again[i].Published) || !bytes.Equal(first[i].Checkpoint, again[i].Checkpoint) {
			t.Errorf("report %d after a restart: %+v, was %+v", i+1, again[i], first[i])
		}
	}
	whole, err := os.ReadFile(dir.Report(2))
	must(t, err)
	for name, b := range map[string][]byte{
		"empty": nil, "cut": whole[:20], "no checkpoint": whole[:bytes.IndexByte(whole, '\n')+1], "other": append([]byte("x"), whole...),
		"no time": append([]byte(reportHeader+"noon"), whole[bytes.IndexByte(whole, '\n'):]...),
	} {
		must(t, os.WriteFile(dir.Report(2), b, 0o644))
		r := &reports{dir: dir, door: e.Door, board: e.Board}
		if err := r.follow(ctx); err == nil || !strings.Contains(err.Error(), dir.Report(2)) || len(r.out()) != 1 {
			t.Errorf("%s: %v, with %d reports", name, err, len(r.out()))
		}
	}
}

// TestReportsWaitForTheBoard: before the opening nothing is out, and ending is no
// fault.
func TestReportsWaitForTheBoard(t *testing.T) {
	e, err := election.New(t.Context(), election.Small(t.TempDir()))
	must(t, err)
	t.Cleanup(func() { must(t, e.Close()) })
	r := &reports{dir: workspace.Dir(t.TempDir()), door: e.Door, board: e.Board}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := r.follow(ctx); err != nil || len(r.out()) != 0 {
		t.Errorf("%v, with %d reports", err, len(r.out()))
	}
}

// TestLookupsAreKept: the number survives a stop, and a file without one is named.
func TestLookupsAreKept(t *testing.T) {
	dir := workspace.Dir(t.TempDir())
	if n, err := readLookups(dir); n != 0 || err != nil {
		t.Errorf("before the first: %d, %v", n, err)
	}
	s := &Service{cfg: Config{Logger: slog.New(slog.DiscardHandler)}}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	number := uint64(3)
	must(t, s.keepLookups(ctx, dir, func() uint64 { number++; return number }))
	if n, err := readLookups(dir); n != 5 || err != nil {
		t.Errorf("after a stop: %d, %v", n, err)
	}
	must(t, os.WriteFile(dir.Lookups(), []byte("many\n"), 0o644))
	if _, err := readLookups(dir); err == nil || !strings.Contains(err.Error(), dir.Lookups()) {
		t.Errorf("a damaged file: %v", err)
	}
}
