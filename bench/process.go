package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"time"
)

// usage is what a process took.
type usage struct {
	processor, clock time.Duration
	peak             float64 // bytes of memory
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
	if r, ok := c.ProcessState.SysUsage().(*syscall.Rusage); ok {
		u.peak = float64(r.Maxrss) * 1024 // Linux counts in KiB
	}
	return out.Bytes(), u, nil
}
