package tracing

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"go.opentelemetry.io/otel/sdk/resource"
	sdk "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"

	"rollcall/internal/collector"
)

// buffer is a log that goroutines write to.
type buffer struct {
	mu sync.Mutex
	b  bytes.Buffer // guarded by mu
}

func (b *buffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.Write(p)
}

func (b *buffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.String()
}

func (b *buffer) logger() *slog.Logger { return slog.New(slog.NewTextHandler(b, nil)) }

// spans makes n spans.
func spans(t *testing.T, tracing *Tracing, n int) {
	t.Helper()
	for range n {
		_, span := tracing.Tracer().Start(t.Context(), "board.tick")
		span.End()
	}
}

// TestCloseFlushes: what is queued is sent at the end, and counted.
func TestCloseFlushes(t *testing.T) {
	clean(t)
	c := collector.Start(t)
	var log buffer
	tracing, err := Open(t.Context(), Config{URL: c.URL, Log: log.logger()})
	if err != nil {
		t.Fatal(err)
	}
	const n = 1000 // two batches
	spans(t, tracing, n)
	tracing.Close()
	tracing.Close() // again is harmless
	spans(t, tracing, 1)
	if got := len(c.Named("board.tick")); got != n {
		t.Errorf("%d spans, want %d", got, n)
	}
	if ended, sent := tracing.Counts(); ended != n || sent != n || log.String() != "" {
		t.Errorf("%d ended, %d sent; log %q", ended, sent, &log)
	}
}

// TestNotSampled: spans that are not wanted are neither sent nor missed.
func TestNotSampled(t *testing.T) {
	clean(t)
	t.Setenv("OTEL_TRACES_SAMPLER", "always_off")
	tracing, c := started(t)
	spans(t, tracing, 10)
	tracing.Close()
	if ended, sent := tracing.Counts(); ended != 0 || sent != 0 || len(c.Spans()) != 0 {
		t.Errorf("%d ended, %d sent, %d came", ended, sent, len(c.Spans()))
	}
}

// TestCollectorHangs: nobody waits for a collector that never answers. More spans
// than the queue holds are made while it hangs, and Close ends without it.
func TestCollectorHangs(t *testing.T) {
	clean(t)
	asked, let := make(chan struct{}, 100), make(chan struct{})
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
		asked <- struct{}{}
		<-let
	}))
	defer server.Close()
	defer close(let)
	var log buffer
	tracing, err := Open(t.Context(), Config{URL: server.URL, Log: log.logger()})
	if err != nil {
		t.Fatal(err)
	}
	spans(t, tracing, sdk.DefaultMaxExportBatchSize)
	<-asked // it hangs from here on, to the end of the test
	const more = 3 * queueSize
	spans(t, tracing, more)
	tracing.Close()
	ended, sent := tracing.Counts()
	if ended != sdk.DefaultMaxExportBatchSize+more || sent != 0 {
		t.Errorf("%d ended, %d sent", ended, sent)
	}
	if !strings.Contains(log.String(), "not all traces reached the collector") {
		t.Errorf("the end says nothing of what was dropped: %s", &log)
	}
}

// TestCollectorRefuses: a collector that is gone, or takes nothing, is complained
// of once, and costs the spans.
func TestCollectorRefuses(t *testing.T) {
	clean(t)
	gone := httptest.NewServer(http.NotFoundHandler())
	gone.Close()
	refuses := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		http.Error(w, strings.Repeat("long ", 10000), http.StatusBadRequest)
	}))
	defer refuses.Close()
	for name, url := range map[string]string{"gone": gone.URL, "refuses": refuses.URL} {
		t.Run(name, func(t *testing.T) {
			var log buffer
			tracing, err := Open(t.Context(), Config{URL: url, Log: log.logger()})
			if err != nil {
				t.Fatal(err)
			}
			const n = 2 * sdk.DefaultMaxExportBatchSize
			spans(t, tracing, n)
			tracing.Close()
			if ended, sent := tracing.Counts(); ended != n || sent != 0 {
				t.Errorf("%d ended, %d sent", ended, sent)
			}
			if strings.Count(log.String(), "does not take all traces") != 1 || len(log.String()) > 1000 {
				t.Errorf("log of %d bytes: %.1000s", len(log.String()), &log)
			}
		})
	}
}

// broken takes no spans.
type broken struct{ took int }

func (b *broken) ExportSpans(_ context.Context, spans []sdk.ReadOnlySpan) error {
	b.took += len(spans)
	return errors.New("down")
}
func (*broken) Shutdown(context.Context) error { return nil }

// TestComplainsOnceAMinute: a collector that stays down makes a line a minute.
func TestComplainsOnceAMinute(t *testing.T) {
	var log buffer
	to, now := &broken{}, time.Unix(1_800_000_000, 0)
	e := &exporter{to: to, resource: resource.Empty(), log: log.logger(), now: func() time.Time { return now }, ended: &atomic.Uint64{}}
	batch := make([]sdk.ReadOnlySpan, 0, 3)
	provider := sdk.NewTracerProvider()
	for range cap(batch) {
		_, span := provider.Tracer("").Start(t.Context(), "board.tick")
		span.End()
		batch = append(batch, span.(sdk.ReadOnlySpan))
	}
	for range 120 { // of a second each
		if err := e.ExportSpans(t.Context(), batch); err != nil {
			t.Fatal("the SDK is told, and logs it each time:", err)
		}
		now = now.Add(time.Second)
	}
	if n := strings.Count(log.String(), "\n"); n != 2 || !strings.Contains(log.String(), "dropped=3 ") || !strings.Contains(log.String(), "dropped=183 ") {
		t.Errorf("%d lines in two minutes, want 2:\n%s", n, &log)
	}
	if to.took != 360 || e.dropped() != 360 {
		t.Errorf("%d spans tried, %d dropped", to.took, e.dropped())
	}
}

// TestComplainsOfFullQueue: spans that can not be in the queue any more are
// complained of while the collector takes the others, and not while they can.
func TestComplainsOfFullQueue(t *testing.T) {
	var log buffer
	now := time.Unix(1_800_000_000, 0)
	e := &exporter{to: tracetest.NewNoopExporter(), resource: resource.Empty(), log: log.logger(), now: func() time.Time { return now }, ended: &atomic.Uint64{}}
	export := func(ended uint64) {
		t.Helper()
		e.ended.Store(ended)
		if err := e.ExportSpans(t.Context(), nil); err != nil {
			t.Fatal(err)
		}
		now = now.Add(2 * complainEvery)
	}
	export(queueSize)
	if log.String() != "" {
		t.Errorf("all may be in the queue yet: %s", &log)
	}
	export(queueSize + 5)
	export(queueSize + 5)
	if strings.Count(log.String(), "\n") != 1 || !strings.Contains(log.String(), "dropped=5 ") {
		t.Errorf("log %q, want one line of 5", &log)
	}
}
