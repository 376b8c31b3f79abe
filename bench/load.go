package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"time"

	"rollcall/internal/load"
)

// Load on a board: a thousand callers, of which each waits until its entry is
// durable and published, with entries as long as a ballot of ten options.
const (
	loadCallers = 1000
	loadEntry   = 2600
	loadRate    = 10_000 // entries a second, the planned rate
)

// measureLoad measures a board under load, as fast as it answers and at the
// planned rate.
func measureLoad(dir string, duration time.Duration) measurement {
	return measurement{"a board under load", func(ctx context.Context) (samples, error) {
		defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(runtime.NumCPU()))
		s := samples{}
		for _, l := range []struct {
			rate              float64
			entries, key, lag string
		}{{0, keyLoadRate, keyLoadP99, keyLoadLag}, {loadRate, keyPacedRate, keyPacedP99, keyPacedLag}} {
			to := filepath.Join(dir, fmt.Sprintf("load-%.0f", l.rate))
			if err := os.Mkdir(to, 0o755); err != nil {
				return nil, err
			}
			r, err := load.Run(ctx, load.Config{Dir: to, Callers: loadCallers, EntrySize: loadEntry, Rate: l.rate, Duration: duration})
			if err != nil {
				return nil, err
			}
			s[l.entries], s[l.key], s[l.lag] = r.Rate, r.Latency.P99.Seconds(), r.Lag.P99.Seconds()
			if err := os.RemoveAll(to); err != nil {
				return nil, err
			}
		}
		return s, nil
	}}
}

// loadRows are the rows of the table of the board.
var loadRows = []struct {
	key, says string
	tell      func(float64) string
}{
	{keyLoadRate, "1,000 callers as fast as they are answered, entries of 2,600 bytes", perSecond},
	{keyLoadP99, "of these, 99 in 100 are answered within", seconds},
	{keyLoadLag, "and 99 in 100 commits are published after", seconds},
	{keyPacedRate, "1,000 callers who mean to append 10,000 a second", perSecond},
	{keyPacedP99, "of these, 99 in 100 are answered within", seconds},
	{keyPacedLag, "and 99 in 100 commits are published after", seconds},
}

// boardBounds are the figures that the board has to keep.
var boardBounds = []bound{
	{key: keyLoadRate, says: "1,000 callers as fast as they are answered", least: 10_000, tell: perSecond},
	{key: keyPacedP99, says: "99 in 100 of 10,000 appends a second are answered within", most: 0.1, tell: seconds},
}

func perSecond(v float64) string { return thousands(int(v)) + " entries a second" }
