package main

import (
	"strings"
	"testing"
)

func TestParseBenchmarks(t *testing.T) {
	out := `goos: linux
goarch: amd64
pkg: rollcall/bulletin
BenchmarkAppendLone-2   	     100	   1200345 ns/op	         1.150 median-ms
BenchmarkAppendMany     	   50000	     33.5 ns/op	     30123 entries/s	  12 B/op
BenchmarkSizes/n=10-16  	       1	       5 ns/op
PASS
ok  	rollcall/bulletin	3.214s
`
	got, err := parseBenchmarks([]byte(out))
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []struct {
		name, unit string
		v          float64
	}{
		{"BenchmarkAppendLone", "median-ms", 1.150},
		{"BenchmarkAppendLone", "ns/op", 1200345},
		{"BenchmarkAppendMany", "entries/s", 30123},
		{"BenchmarkAppendMany", "B/op", 12},
		{"BenchmarkSizes/n=10", "ns/op", 5},
	} {
		if v, ok := got[want.name][want.unit]; !ok || v != want.v {
			t.Errorf("%s: %v %s, want %v", want.name, v, want.unit, want.v)
		}
	}
	if len(got) != 3 {
		t.Errorf("%d benchmarks, want 3: %v", len(got), got)
	}
}

func TestParseBenchmarksRefuses(t *testing.T) {
	for name, test := range map[string]struct{ line, want string }{
		"no unit":   {"BenchmarkA-2 10 5 ns/op 7", "without a unit"},
		"no number": {"BenchmarkA-2 10 fast ns/op", "is no number"},
	} {
		if _, err := parseBenchmarks([]byte(test.line + "\n")); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: error is %v", name, err)
		}
	}
}
