package store

import (
	"context"
	"fmt"
	"path/filepath"
	"testing"

	"rollcall/bulletin/tlog"
)

func TestAppendSmoke(t *testing.T) {
	ctx := context.Background()
	path := filepath.Join(t.TempDir(), "b.db")
	s, err := Open(ctx, path, Config{})
	if err != nil {
		t.Fatal(err)
	}
	b := tlog.NewRangeBuilder()
	for i := range 600 {
		e := fmt.Appendf(nil, "entry %d", i)
		idx, err := s.Append(ctx, e, Claim(fmt.Sprint("c", i)))
		if err != nil || idx != uint64(i) {
			t.Fatal(idx, err)
		}
		b.Append(e)
		if s.Root() != b.Root() {
			t.Fatal("root")
		}
	}
	s.Close()
	s, err = Open(ctx, path, Config{})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if s.Root() != b.Root() {
		t.Fatal("root")
	}
}

func BenchmarkAppendLone(b *testing.B) {
	ctx := context.Background()
	s, err := Open(ctx, filepath.Join(b.TempDir(), "b.db"), Config{})
	if err != nil {
		b.Fatal(err)
	}
	defer s.Close()
	for i := 0; b.Loop(); i++ {
		if _, err := s.Append(ctx, fmt.Appendf(nil, "entry %01000d", i)); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkAppendAll(b *testing.B) {
	ctx := context.Background()
	s, err := Open(ctx, filepath.Join(b.TempDir(), "b.db"), Config{})
	if err != nil {
		b.Fatal(err)
	}
	defer s.Close()
	n := 0
	for b.Loop() {
		var es [][]byte
		for range 1000 {
			es = append(es, fmt.Appendf(nil, "entry %01000d", n))
			n++
		}
		if _, err := s.AppendAll(ctx, es); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(n)/b.Elapsed().Seconds(), "entries/s")
}
