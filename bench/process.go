package main

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"time"
)

// usage is what a process took.
type usage struct {
	processor, clock time.Duration
}

// usages are what at least one process took that did the same.
type usages []usage

// processor is the middle processor time, the lower one of two.
func (all usages) processor() time.Duration {
	var times []time.Duration
	for _, u := range all {
		times = append(times, u.processor)
	}
	slices.Sort(times)
	return times[(len(times)-1)/2]
}

// clock is the shortest time on the clock.
func (all usages) clock() time.Duration {
	return slices.MinFunc(all, func(a, b usage) int { return cmp.Compare(a.clock, b.clock) }).clock
}

// run runs a program to its end and returns its standard output. The error
// holds what it wrote to standard error.
func run(ctx context.Context, dir string, env []string, input io.Reader, name string, args ...string) ([]byte, usage, error) {
	c := exec.CommandContext(ctx, name, args...)
	var out, stderr bytes.Buffer
	c.Dir, c.Stdin, c.Stdout, c.Stderr = dir, input, &out, &stderr
	c.Env = append(os.Environ(), env...)
	start := time.Now()
	err := c.Run()
	u := usage{clock: time.Since(start)}
	if err != nil {
		return nil, u, fmt.Errorf("%s %s: %w\n%s", name, strings.Join(args, " "), err, stderr.String())
	}
	u.processor = c.ProcessState.UserTime() + c.ProcessState.SystemTime()
	return out.Bytes(), u, nil
}

// peakMemory returns the most memory that this process has had, in bytes. What
// the system tells of a process that has ended will not do: Linux counts in what
// its parent had when it was started.
func peakMemory() (float64, error) {
	b, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return 0, err
	}
	return parsePeak(b)
}

// parsePeak reads the line VmHWM of /proc/self/status.
func parsePeak(status []byte) (float64, error) {
	for line := range bytes.Lines(status) {
		f := strings.Fields(string(line))
		if len(f) == 3 && f[0] == "VmHWM:" && f[2] == "kB" {
			v, err := strconv.ParseFloat(f[1], 64)
			return v * 1024, err // kB are KiB there
		}
	}
	return 0, errors.New("/proc/self/status does not tell the peak of memory: only Linux does")
}
