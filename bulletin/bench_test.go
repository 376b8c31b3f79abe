package bulletin

import (
	"context"
	"crypto/rand"
	"fmt"
	"path/filepath"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"rollcall/bulletin/checkpoint"
)

func benchBoard(b *testing.B) *Board {
	b.Helper()
	signer, err := checkpoint.GenerateSigner("example.org/bench", rand.Reader)
	if err != nil {
		b.Fatal(err)
	}
	dir := b.TempDir()
	board, err := Open(context.Background(), Config{
		Database: filepath.Join(dir, "board.db"), Dir: filepath.Join(dir, "board"), Signer: signer,
	})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { board.Close() })
	return board
}

// BenchmarkAppendLone is one caller that waits for each entry of 1,000 bytes to
// be durable and published.
func BenchmarkAppendLone(b *testing.B) {
	board := benchBoard(b)
	var took []time.Duration
	for b.Loop() {
		start := time.Now()
		if _, err := board.Append(context.Background(), fmt.Appendf(nil, "%01000d", len(took))); err != nil {
			b.Fatal(err)
		}
		took = append(took, time.Since(start))
	}
	slices.Sort(took)
	b.ReportMetric(float64(took[len(took)/2].Microseconds())/1000, "median-ms")
}

// BenchmarkAppendMany is 256 callers at once, each waiting as above.
func BenchmarkAppendMany(b *testing.B) {
	board := benchBoard(b)
	var n atomic.Int64
	b.SetParallelism(128)
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			if _, err := board.Append(context.Background(), fmt.Appendf(nil, "%01000d", n.Add(1))); err != nil {
				b.Error(err)
				return
			}
		}
	})
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "entries/s")
}
