package load

import (
	"context"
	"crypto/rand"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"rollcall/bulletin/checkpoint"
)

// BenchmarkBoard is 1,000 callers for 10 s, with entries of about the size of a
// cast and of a ballot, as fast as they are answered and at 10,000/s.
// ROLLCALL_LOAD=30s changes the time. Use -benchtime 1x.
func BenchmarkBoard(b *testing.B) {
	duration := 10 * time.Second
	if s := os.Getenv("ROLLCALL_LOAD"); s != "" {
		var err error
		if duration, err = time.ParseDuration(s); err != nil {
			b.Fatal(err)
		}
	}
	for _, size := range []int{1000, 2600} {
		for _, rate := range []float64{0, 10_000} {
			b.Run(fmt.Sprintf("bytes=%d/rate=%.0f", size, rate), func(b *testing.B) {
				for b.Loop() {
					r, err := Run(context.Background(), Config{Dir: b.TempDir(), Callers: 1000, EntrySize: size, Rate: rate, Duration: duration})
					if err != nil {
						b.Fatal(err)
					}
					b.Log(r)
					b.ReportMetric(r.Rate, "entries/s")
					b.ReportMetric(float64(r.Processor.Nanoseconds())/1000, "cpu-us/entry")
					b.ReportMetric(r.Last/r.First, "second/first")
					b.ReportMetric(float64(r.Latency.P99.Microseconds())/1000, "p99-ms")
					b.ReportMetric(float64(r.Lag.P99.Microseconds())/1000, "lag-p99-ms")
				}
			})
		}
	}
}

func small(t *testing.T) Config {
	return Config{Dir: t.TempDir(), Callers: 20, EntrySize: 100, Duration: 50 * time.Millisecond}
}

// Whatever the machine's speed, everything that is acknowledged is counted and
// found in the public files.
func TestRun(t *testing.T) {
	for name, rate := range map[string]float64{"as fast as answered": 0, "paced": 1000} {
		t.Run(name, func(t *testing.T) {
			cfg := small(t)
			cfg.Rate = rate
			r, err := Run(t.Context(), cfg)
			if err != nil {
				t.Fatal(err)
			}
			if r.Entries == 0 || r.Latency.P50 <= 0 || r.Latency.Max < r.Latency.P99 || r.Partials == 0 || r.Bytes < 100*int64(r.Entries) {
				t.Errorf("report: %v", r)
			}
			// 50 ms at 1,000/s are 50 entries, however long they take.
			if rate > 0 && r.Entries != 50 {
				t.Errorf("%d entries, the plan has 50", r.Entries)
			}
		})
	}
}

func TestConfigIsChecked(t *testing.T) {
	for name, spoil := range map[string]func(*Config){
		"no callers": func(c *Config) { c.Callers = 0 }, "entries alike": func(c *Config) { c.EntrySize = 4 },
		"too large": func(c *Config) { c.EntrySize = 1 << 16 }, "no time": func(c *Config) { c.Duration = 0 },
		"a rate below 0": func(c *Config) { c.Rate = -1 },
	} {
		cfg := small(t)
		spoil(&cfg)
		if _, err := Run(t.Context(), cfg); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

// A board that lost or changed what it acknowledged must not get a report.
func TestVerifyFindsWhatIsWrong(t *testing.T) {
	cfg := small(t)
	cfg.Callers, cfg.Rate = 1, 1000 // entry i of caller 0 is number i
	signer, other := newSigner(t), newSigner(t)
	if _, err := run(t.Context(), cfg, signer); err != nil {
		t.Fatal(err)
	}
	public := filepath.Join(cfg.Dir, "board")
	if err := verify(t.Context(), public, other, nil, cfg.EntrySize); err == nil {
		t.Error("another log's checkpoint passes")
	}
	good := make([]acked, 50)
	for i := range good {
		good[i] = acked{index: uint64(i), seq: uint32(i)}
	}
	if err := verify(t.Context(), public, signer, good, cfg.EntrySize); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		acks []acked
		want string
	}{
		"not there":       {append(good[:50:50], acked{index: 50, seq: 50}), "not published"},
		"another's index": {[]acked{{index: 3, seq: 4}}, "not what caller 0 was told"},
		"twice":           {[]acked{{index: 3, seq: 3}, {index: 3, seq: 4}}, "twice"},
	} {
		if err := verify(t.Context(), public, signer, c.acks, cfg.EntrySize); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: error %v, want %q", name, err, c.want)
		}
	}
	bundle := filepath.Join(public, "tile", "entries", "000.p", "50")
	data, err := os.ReadFile(bundle)
	if err != nil {
		t.Fatal(err)
	}
	data[len(data)-1] ^= 1
	if err := os.WriteFile(bundle, data, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := verify(t.Context(), public, signer, nil, cfg.EntrySize); err == nil {
		t.Error("a changed entry passes")
	}
}

func newSigner(t *testing.T) *checkpoint.Signer {
	t.Helper()
	signer, err := checkpoint.GenerateSigner("example.org/load", rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return signer
}
