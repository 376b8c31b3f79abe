package main

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

// goBenchmark is a benchmark of Rollcall's own packages whose figures are told
// as they are: no peer does the same.
type goBenchmark struct {
	pkg, name string // import path; name, with "/" and parameters for a part of a benchmark
	unit      string // of the figure, as the benchmark reports it
	says      string // the row of the table
	// tell writes the figure.
	tell func(float64) string
}

func (b *goBenchmark) key() string { return "go/" + b.pkg + "." + b.name + "/" + b.unit }

// goBenchmarks are those of the table. Another one needs a line here and
// nothing else.
var goBenchmarks = []goBenchmark{
	{"rollcall/bulletin", "BenchmarkAppendLone", "median-ms", "one caller after the other, durable and published, the middle one",
		func(v float64) string { return seconds(v / 1e3) }},
	{"rollcall/bulletin", "BenchmarkAppendMany", "entries/s", "256 callers at once, each waiting until durable and published",
		perSecond},
	{"rollcall/tally/sums", "BenchmarkOf/ballots=10000/hints=true/goroutines=1", "ns/ballot", "adding up a cast ballot for the totals, one core, with hints",
		func(v float64) string { return seconds(v / 1e9) }},
	{"rollcall/tally/sums", "BenchmarkOf/ballots=10000/hints=false/goroutines=1", "ns/ballot", "the same without hints",
		func(v float64) string { return seconds(v / 1e9) }},
}

// measureGoBenchmarks runs the benchmarks of each package, from the root of the
// repository.
func measureGoBenchmarks(root, benchtime string) []measurement {
	var packages []string
	names := map[string][]string{}
	for _, b := range goBenchmarks {
		if names[b.pkg] == nil {
			packages = append(packages, b.pkg)
		}
		whole, _, _ := strings.Cut(b.name, "/")
		names[b.pkg] = append(names[b.pkg], regexp.QuoteMeta(whole))
	}
	var ms []measurement
	for _, pkg := range packages {
		pattern := "^(" + strings.Join(names[pkg], "|") + ")$"
		ms = append(ms, measurement{pkg, func(ctx context.Context) (samples, error) {
			out, _, err := run(ctx, root, nil, nil, "go", "test", "-run", "^$", "-bench", pattern, "-benchtime", benchtime, pkg)
			if err != nil {
				return nil, err
			}
			parsed, err := parseBenchmarks(out)
			if err != nil {
				return nil, err
			}
			s := samples{}
			for _, b := range goBenchmarks {
				if b.pkg != pkg {
					continue
				}
				v, ok := parsed[b.name][b.unit]
				if !ok {
					return nil, fmt.Errorf("%s of %s reports no %s", b.name, pkg, b.unit)
				}
				s[b.key()] = v
			}
			return s, nil
		}})
	}
	return ms
}

// procs is what go test appends to the name of a benchmark.
var procs = regexp.MustCompile(`-\d+$`)

// parseBenchmarks reads the standard output of go test -bench: figures by
// benchmark and unit.
func parseBenchmarks(out []byte) (map[string]map[string]float64, error) {
	found := map[string]map[string]float64{}
	lines := bufio.NewScanner(bytes.NewReader(out))
	for lines.Scan() {
		f := strings.Fields(lines.Text())
		if len(f) < 4 || !strings.HasPrefix(f[0], "Benchmark") {
			continue
		}
		if len(f)%2 != 0 {
			return nil, fmt.Errorf("go test -bench: a figure without a unit: %q", lines.Text())
		}
		figures := map[string]float64{}
		for i := 2; i < len(f); i += 2 {
			v, err := strconv.ParseFloat(f[i], 64)
			if err != nil {
				return nil, fmt.Errorf("go test -bench: %q is no number: %q", f[i], lines.Text())
			}
			figures[f[i+1]] = v
		}
		found[procs.ReplaceAllString(f[0], "")] = figures
	}
	return found, lines.Err()
}
