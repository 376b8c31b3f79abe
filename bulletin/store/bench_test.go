package store

import (
	"context"
	"fmt"
	"testing"
)

// BenchmarkAppendLone is one caller that waits for each entry of 1,000 bytes.
func BenchmarkAppendLone(b *testing.B) {
	s := openTest(b, newPath(b), Config{})
	for i := 0; b.Loop(); i++ {
		mustAppend(b, s, fmt.Sprintf("%01000d", i))
	}
}

// BenchmarkAppendAll is 1,000 entries of 1,000 bytes at a time.
func BenchmarkAppendAll(b *testing.B) {
	s := openTest(b, newPath(b), Config{})
	n := 0
	for b.Loop() {
		entries := make([][]byte, 1000)
		for i := range entries {
			entries[i] = fmt.Appendf(nil, "%01000d", n)
			n++
		}
		if _, err := s.AppendAll(context.Background(), entries); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(n)/b.Elapsed().Seconds(), "entries/s")
}
