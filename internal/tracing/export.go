package tracing

import (
	"context"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"go.opentelemetry.io/otel/sdk/resource"
	sdk "go.opentelemetry.io/otel/sdk/trace"
)

// queueSize is how many spans wait for the collector at most; what finds the queue
// full is dropped.
const queueSize = 8192

// complainEvery is how often a collector that takes no spans is complained of.
const complainEvery = time.Minute

// maxReason bounds what is logged of a collector's answer in bytes.
const maxReason = 200

// exporter hands on what may be told. It keeps failures to itself but for a line
// in the log once in a while: the SDK would write one for every batch.
type exporter struct {
	to       sdk.SpanExporter
	resource *resource.Resource
	log      *slog.Logger
	now      func() time.Time

	ended *atomic.Uint64 // spans that were to be sent

	tried atomic.Uint64 // spans that came out of the queue
	sent  atomic.Uint64 // of these, what the collector has taken

	mu   sync.Mutex
	told uint64    // how many dropped ones were complained of; guarded by mu
	next time.Time // of a complaint, at the earliest; guarded by mu
}

// ExportSpans implements sdk.SpanExporter. It never fails.
func (e *exporter) ExportSpans(ctx context.Context, spans []sdk.ReadOnlySpan) error {
	out := make([]sdk.ReadOnlySpan, len(spans))
	for i, s := range spans {
		out[i] = tell(s, e.resource)
	}
	err := e.to.ExportSpans(ctx, out)
	e.tried.Add(uint64(len(spans)))
	if err == nil {
		e.sent.Add(uint64(len(spans)))
	}
	e.complain(err)
	return nil
}

// Shutdown implements sdk.SpanExporter.
func (e *exporter) Shutdown(ctx context.Context) error { return e.to.Shutdown(ctx) }

// dropped returns how many spans are lost at least: those that the collector did
// not take, and those that can not be in the queue any more.
func (e *exporter) dropped() uint64 {
	tried := e.tried.Load()
	n := tried - e.sent.Load()
	if ended := e.ended.Load(); ended > tried+queueSize {
		n += ended - tried - queueSize
	}
	return n
}

// complain logs that spans are dropped, if more are since it last did, and why if
// the collector has said so.
func (e *exporter) complain(err error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	now, dropped := e.now(), e.dropped()
	if dropped <= e.told || now.Before(e.next) {
		return
	}
	e.told, e.next = dropped, now.Add(complainEvery)
	reason := "there are more spans than it takes in time"
	if err != nil {
		reason = err.Error()
	}
	if len(reason) > maxReason {
		reason = reason[:maxReason] + " ..."
	}
	e.log.Warn("the collector does not take all traces: spans are dropped, and nothing waits for it", "dropped", dropped, "err", reason)
}

// counter counts the spans that are to be told, on their way into the queue.
type counter struct {
	sdk.SpanProcessor
	ended *atomic.Uint64
}

// OnEnd implements sdk.SpanProcessor.
func (c counter) OnEnd(s sdk.ReadOnlySpan) {
	if s.SpanContext().IsSampled() {
		c.ended.Add(1)
	}
	c.SpanProcessor.OnEnd(s)
}
