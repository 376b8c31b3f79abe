package load

import (
	"fmt"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// Report is what a load came to.
type Report struct {
	Entries uint64        // acknowledged
	Elapsed time.Duration // until the last of them was

	Rate        float64 // entries/s
	First, Last float64 // entries/s of the first and the second half of the time

	// Processor is the processor time used for each entry, the callers' own
	// included: the figure to compare on a machine that does other work as well.
	Processor time.Duration

	// Latency is from the call, or the planned moment, until the entry was
	// durable and published.
	Latency Spread
	// Lag is how long it takes until what is committed is published, and Behind
	// how many entries the published checkpoint lacks.
	Lag    Spread
	Behind struct{ P50, Max uint64 }

	Tiles, Partials int   // files of full and of partial tiles and bundles that are left
	Bytes           int64 // of all public files
}

// Spread is a distribution of times.
type Spread struct{ P50, P99, P999, Max time.Duration }

func spread(took []time.Duration) Spread {
	if len(took) == 0 {
		return Spread{}
	}
	slices.Sort(took)
	at := func(q float64) time.Duration { return took[int(q*float64(len(took)-1))] }
	return Spread{at(0.5), at(0.99), at(0.999), took[len(took)-1]}
}

func (s Spread) String() string {
	ms := func(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }
	return fmt.Sprintf("p50 %.1f ms, p99 %.1f ms, p99.9 %.1f ms, most %.1f ms", ms(s.P50), ms(s.P99), ms(s.P999), ms(s.Max))
}

func (r *Report) String() string {
	return fmt.Sprintf("%d entries in %.1f s: %.0f/s, first half %.0f/s, second half %.0f/s, processor %.1f us an entry\n"+
		"durable and published: %v\npublished after commit: %v; behind by %d entries (p50), %d (most)\n"+
		"files: %d full tiles and bundles, %d partial, %.1f MB",
		r.Entries, r.Elapsed.Seconds(), r.Rate, r.First, r.Last, float64(r.Processor.Nanoseconds())/1000, r.Latency, r.Lag, r.Behind.P50, r.Behind.Max,
		r.Tiles, r.Partials, float64(r.Bytes)/1e6)
}

func summarize(acks []acked, lags []lag, elapsed, used time.Duration) *Report {
	r := &Report{Entries: uint64(len(acks)), Elapsed: elapsed, Processor: used / time.Duration(max(len(acks), 1))}
	seconds := elapsed.Seconds()
	took := make([]time.Duration, len(acks))
	first := 0
	for i, a := range acks {
		took[i] = a.latency
		if a.at <= elapsed/2 {
			first++
		}
	}
	r.Rate = float64(len(acks)) / seconds
	r.First, r.Last = float64(first)/(seconds/2), float64(len(acks)-first)/(seconds/2)
	r.Latency = spread(took)
	took = took[:0]
	var behind []uint64
	for _, l := range lags {
		took, behind = append(took, l.took), append(behind, l.entries)
	}
	r.Lag = spread(took)
	if slices.Sort(behind); len(behind) > 0 {
		r.Behind.P50, r.Behind.Max = behind[len(behind)/2], behind[len(behind)-1]
	}
	return r
}

// countFiles counts what lies in the public directory.
func (r *Report) countFiles(dir string) error {
	return filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		r.Bytes += info.Size()
		switch rel, _ := filepath.Rel(dir, path); {
		case !strings.HasPrefix(rel, "tile"+string(filepath.Separator)):
		case strings.HasSuffix(filepath.Dir(path), ".p"):
			r.Partials++
		default:
			r.Tiles++
		}
		return nil
	})
}
