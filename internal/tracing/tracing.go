package tracing

import (
	"context"
	"fmt"
	"log/slog"
	"sync/atomic"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
	"go.opentelemetry.io/otel/sdk/resource"
	sdk "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"
	"go.opentelemetry.io/otel/trace/noop"
)

// scope names who makes the spans, and the service where the environment does not.
const scope = "rollcall"

// flushTimeout is how long Close waits for a collector to take what is queued.
const flushTimeout = 3 * time.Second

// Config says where traces go.
type Config struct {
	// URL is a collector's; a path of its own is kept, and none is /v1/traces. ""
	// leaves it to the environment: OTEL_EXPORTER_OTLP_ENDPOINT and its kin.
	URL string
	// Log is told, once a minute at most, that spans are dropped.
	Log *slog.Logger
}

// Tracing sends spans until it is closed. A nil Tracing sends none.
type Tracing struct {
	url      string
	provider *sdk.TracerProvider
	exporter *exporter
	log      *slog.Logger
}

// Open begins to send traces. It returns nil if neither the URL nor the
// environment asks for them, and an error if one asks for what can not be. The
// collector need not be there yet: it is first spoken to when there are spans.
func Open(ctx context.Context, cfg Config) (*Tracing, error) {
	url, err := target(cfg.URL)
	if err != nil || url == "" {
		return nil, err
	}
	// The environment comes after the default, and so wins.
	about, err := resource.New(ctx, resource.WithAttributes(attribute.String("service.name", scope)), resource.WithTelemetrySDK(), resource.WithFromEnv())
	if err != nil {
		return nil, fmt.Errorf("OTEL_RESOURCE_ATTRIBUTES: %w", err)
	}
	to, err := otlptracehttp.New(ctx, otlptracehttp.WithEndpointURL(url))
	if err != nil {
		return nil, fmt.Errorf("traces: %w", err)
	}
	return open(to, url, about, cfg.Log), nil
}

func open(to sdk.SpanExporter, url string, about *resource.Resource, log *slog.Logger) *Tracing {
	t := &Tracing{url: url, log: log}
	t.exporter = &exporter{to: to, resource: tellResource(about), log: log, now: time.Now, ended: new(atomic.Uint64)}
	queue := sdk.NewBatchSpanProcessor(t.exporter, sdk.WithMaxQueueSize(queueSize))
	t.provider = sdk.NewTracerProvider(sdk.WithResource(about), sdk.WithSpanProcessor(counter{queue, t.exporter.ended}))
	return t
}

// URL is where traces go, or "".
func (t *Tracing) URL() string {
	if t == nil {
		return ""
	}
	return t.url
}

// Tracer makes spans. That of a nil Tracing makes none.
func (t *Tracing) Tracer() trace.Tracer {
	if t == nil {
		return noop.NewTracerProvider().Tracer(scope)
	}
	return t.provider.Tracer(scope)
}

// Counts returns how many spans were to be sent, and how many of them a
// collector has taken; the others wait or are lost.
func (t *Tracing) Counts() (ended, sent uint64) {
	sent = t.exporter.sent.Load() // first, so that it is never the larger one
	return t.exporter.ended.Load(), sent
}

// Close sends what is queued, within flushTimeout, and ends. Spans that end
// later are dropped. A collector that is gone is no error of the service: it is
// logged.
func (t *Tracing) Close() {
	if t == nil {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), flushTimeout)
	defer cancel()
	if err := t.provider.Shutdown(ctx); err != nil {
		_ = t.exporter.to.Shutdown(ctx) // interrupts the request under way
	}
	if ended, sent := t.Counts(); sent < ended {
		t.log.Warn("not all traces reached the collector", "spans", ended, "dropped", ended-sent)
	}
}
