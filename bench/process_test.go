package main

import (
	"runtime"
	"strings"
	"testing"
	"time"
)

func TestParsePeak(t *testing.T) {
	got, err := parsePeak([]byte("Name:\tbench\nVmPeak:\t 1234 kB\nVmHWM:\t  2048 kB\nVmRSS:\t 1000 kB\n"))
	if err != nil || got != 2<<20 {
		t.Errorf("%v, %v", got, err)
	}
	for name, status := range map[string]string{"missing": "VmRSS:\t 1 kB\n", "empty": "", "another unit": "VmHWM:\t 1 MB\n", "no number": "VmHWM:\tx kB\n"} {
		if _, err := parsePeak([]byte(status)); err == nil {
			t.Errorf("%s: taken", name)
		}
	}
	if runtime.GOOS != "linux" {
		return
	}
	if peak, err := peakMemory(); err != nil || peak < 1<<20 {
		t.Errorf("this process has had %v bytes: %v", peak, err)
	}
}

func TestUsages(t *testing.T) {
	for _, c := range []struct {
		all              usages
		processor, clock time.Duration
	}{
		{usages{{4, 5}}, 4, 5},
		{usages{{9, 3}, {1, 7}}, 1, 3},
		{usages{{1, 30}, {300, 10}, {2, 20}}, 2, 10},
	} {
		if p, k := c.all.processor(), c.all.clock(); p != c.processor || k != c.clock {
			t.Errorf("%v: processor %d, clock %d, want %d and %d", c.all, p, k, c.processor, c.clock)
		}
	}
}

// The error of a program that fails holds what it said.
func TestRunError(t *testing.T) {
	_, _, err := run(t.Context(), t.TempDir(), nil, strings.NewReader("why\n"), "sh", "-c", "cat >&2; exit 3")
	if err == nil || !strings.Contains(err.Error(), "why") || !strings.Contains(err.Error(), "exit status 3") {
		t.Errorf("error is %v", err)
	}
	out, u, err := run(t.Context(), t.TempDir(), []string{"BENCH=yes"}, nil, "sh", "-c", "printf $BENCH")
	if err != nil || string(out) != "yes" || u.clock <= 0 {
		t.Errorf("%q, %+v, %v", out, u, err)
	}
}
