package main

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strconv"
	"syscall"
	"time"
)

// samples are what one run of a measurement found, by key: seconds for each
// unit of work, if the key does not say otherwise.
type samples map[string]float64

// measurement is one thing that is measured once a round.
type measurement struct {
	name string // for whoever waits
	run  func(context.Context) (samples, error)
}

// figures are the samples of all rounds, by key.
type figures map[string][]float64

// measure runs everything once a round.
func measure(ctx context.Context, rounds int, all []measurement, say func(string)) (figures, error) {
	f := figures{}
	for r := range rounds {
		for i, m := range all {
			say(fmt.Sprintf("round %d of %d, %d of %d: %s", r+1, rounds, i+1, len(all), m.name))
			s, err := m.run(ctx)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", m.name, err)
			}
			for k, v := range s {
				if math.IsNaN(v) || v <= 0 {
					return nil, fmt.Errorf("%s: %s is %v: too little was measured, take larger sizes", m.name, k, v)
				}
				f[k] = append(f[k], v)
			}
		}
	}
	return f, nil
}

// spread is a median with the lowest and the highest of the rounds.
type spread struct{ median, low, high float64 }

func spreadOf(values []float64) (spread, bool) {
	if len(values) == 0 {
		return spread{}, false
	}
	v := slices.Sorted(slices.Values(values))
	middle := len(v) / 2
	s := spread{v[middle], v[0], v[len(v)-1]}
	if len(v)%2 == 0 {
		s.median = (v[middle-1] + v[middle]) / 2
	}
	return s, true
}

// of returns the spread of a key, and false if it was not measured.
func (f figures) of(key string) (spread, bool) { return spreadOf(f[key]) }

// ratio returns how many times b goes into a, each taken within its round, and
// false if one of them was not measured in every round.
func (f figures) ratio(a, b string) (spread, bool) {
	if len(f[a]) != len(f[b]) {
		return spread{}, false
	}
	var r []float64
	for i := range f[a] {
		r = append(r, f[a][i]/f[b][i])
	}
	return spreadOf(r)
}

// seconds writes a duration with three digits and a unit that suits it.
func seconds(s float64) string {
	switch {
	case s >= 2*86400:
		return digits(s/86400) + " days"
	case s >= 2*3600:
		return digits(s/3600) + " h"
	case s >= 2*60:
		return digits(s/60) + " min"
	case s >= 1:
		return digits(s) + " s"
	case s >= 1e-3:
		return digits(s*1e3) + " ms"
	case s >= 1e-6:
		return digits(s*1e6) + " µs"
	}
	return digits(s*1e9) + " ns"
}

// size writes a number of bytes with three digits.
func size(b float64) string {
	for _, u := range []struct {
		unit string
		of   float64
	}{{"TB", 1e12}, {"GB", 1e9}, {"MB", 1e6}, {"kB", 1e3}} {
		if b >= u.of {
			return digits(b/u.of) + " " + u.unit
		}
	}
	return digits(b) + " bytes"
}

// digits writes a number with three digits that count, and all those before
// the point.
func digits(v float64) string {
	places := 0
	if v > 0 {
		places = max(0, 2-int(math.Floor(math.Log10(v))))
	}
	return strconv.FormatFloat(v, 'f', places, 64)
}

// processorTime returns how much of it this process has used.
func processorTime() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		panic("bench: getrusage: " + err.Error()) // its only argument is a constant
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// once is how long repeated work is measured in a round.
const once = 40 * time.Millisecond

// repeat returns a measurement of fn, repeated until it can be measured, under
// key in seconds for each of units.
func repeat(key, name string, units int, fn func()) measurement {
	times := 0
	return measurement{name, func(context.Context) (samples, error) {
		for ; times == 0; fn() { // the first time finds out how often, and warms up
			start := time.Now()
			fn()
			times = max(1, int(once/max(time.Since(start), 1)))
		}
		start := processorTime()
		for range times {
			fn()
		}
		took := processorTime() - start
		return samples{key: took.Seconds() / float64(times) / float64(units)}, nil
	}}
}
