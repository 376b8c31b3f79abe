package tracing

import (
	"bytes"
	"errors"
	"log/slog"
	"maps"
	"regexp"
	"testing"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/trace"

	"rollcall/internal/collector"
)

// started is tracing to a collector of the test, with nothing of the environment.
func started(t *testing.T) (*Tracing, *collector.Collector) {
	t.Helper()
	c := collector.Start(t)
	tracing, err := Open(t.Context(), Config{URL: c.URL, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(tracing.Close)
	return tracing, c
}

const (
	secretCode  = "1234567890123456"
	secretIP    = "192.0.2.77"
	secretAgent = "Mozilla/5.0 (X11; voter)"
	secretHost  = "booth-7.internal"
)

// TestTellNothingElse puts secrets wherever a span has room for one. Nothing of
// them reaches the collector, and what may be told does.
func TestTellNothingElse(t *testing.T) {
	clean(t)
	t.Setenv("OTEL_SERVICE_NAME", "vote-2027")
	t.Setenv("OTEL_RESOURCE_ATTRIBUTES", "host.name="+secretHost+",process.command_line="+secretHost+",service.namespace=town,deployment.environment.name=rehearsal")
	tracing, c := started(t)
	state, err := trace.ParseTraceState("vendor=" + secretHost)
	if err != nil {
		t.Fatal(err)
	}
	elsewhere := trace.NewSpanContext(trace.SpanContextConfig{TraceID: trace.TraceID{1}, SpanID: trace.SpanID{2}, TraceFlags: trace.FlagsSampled, TraceState: state, Remote: true})
	ctx := trace.ContextWithRemoteSpanContext(t.Context(), elsewhere)

	// A tracer of somebody else's, as a library brings it along.
	tracer := tracing.provider.Tracer(secretHost, trace.WithInstrumentationVersion(secretHost), trace.WithSchemaURL("https://"+secretHost),
		trace.WithInstrumentationAttributes(attribute.String("x", secretCode)))
	_, span := tracer.Start(ctx, "GET /api/v1/receipts/"+secretCode, trace.WithLinks(trace.Link{SpanContext: elsewhere, Attributes: []attribute.KeyValue{attribute.String("x", secretCode)}}))
	for _, key := range []attribute.Key{"client.address", "user_agent.original", "url.path", "url.query", "rollcall.index", "http.route.x", "enduser.id", "exception.message"} {
		span.SetAttributes(key.String(secretCode+secretIP+secretAgent), key.Int(1234567890123456))
	}
	// Even a key that is allowed holds nothing but what it is for.
	span.SetAttributes(method.String(secretAgent), status.Int(1234567890123456), outcome.String(secretIP), route.String("/api/v1/receipts/"+secretCode))
	span.AddEvent(secretCode, trace.WithAttributes(attribute.String("x", secretIP)))
	span.RecordError(errors.New(secretCode), trace.WithStackTrace(true))
	span.SetStatus(codes.Error, secretCode)
	span.End()

	_, good := tracing.Tracer().Start(t.Context(), "whatever", trace.WithSpanKind(trace.SpanKindServer))
	good.SetAttributes(method.String("GET"), route.String("/api/v1/receipts/:number"), status.Int(404), Outcome(Refused))
	good.End()
	_, step := tracing.Tracer().Start(t.Context(), "call.seal")
	step.End()
	tracing.Close()

	for _, secret := range []string{secretCode, secretIP, secretAgent, secretHost, "receipts/1", "vendor", "goroutine"} {
		if bytes.Contains(c.Bytes(), []byte(secret)) {
			t.Errorf("the collector was told %q", secret)
		}
	}
	if len(c.Spans()) != 3 {
		t.Fatalf("%d spans, want 3", len(c.Spans()))
	}
	about := map[string]string{"service.name": "vote-2027", "service.namespace": "town", "deployment.environment.name": "rehearsal",
		"telemetry.sdk.name": "opentelemetry", "telemetry.sdk.language": "go"}
	for _, s := range c.Spans() {
		if s.Events != 0 || s.Links != 0 || s.Message != "" || s.State != "" || s.Scope != scope || s.ScopeAttributes != 0 || s.SchemaURL != "" {
			t.Errorf("told: %+v", s)
		}
		delete(s.Resource, "telemetry.sdk.version")
		if !maps.Equal(s.Resource, about) {
			t.Errorf("of the process: %v, want %v", s.Resource, about)
		}
	}
	bad := c.Named(unnamed)
	if len(bad) != 1 || len(bad[0].Attributes) != 0 || !bad[0].Failed {
		t.Errorf("the span with secrets: %+v", bad)
	}
	kept := c.Named("GET /api/v1/receipts/:number")
	if len(kept) != 1 || kept[0].Failed || len(kept[0].Attributes) != 4 || kept[0].Attributes["rollcall.outcome"] != Refused || kept[0].Kind != "SPAN_KIND_SERVER" {
		t.Errorf("what may be told: %+v", kept)
	}
	if len(c.Named("call.seal")) != 1 {
		t.Error("a step has lost its name")
	}
}

// TestGrain: times are told to the millisecond, so that a span is no stopwatch
// over secret work.
func TestGrain(t *testing.T) {
	clean(t)
	tracing, c := started(t)
	begun := time.Date(2027, 5, 1, 12, 0, 0, 1_700_001, time.UTC)
	_, span := tracing.Tracer().Start(t.Context(), "call.seal", trace.WithTimestamp(begun))
	span.End(trace.WithTimestamp(begun.Add(5_600_100 * time.Nanosecond)))
	tracing.Close()
	s := c.Named("call.seal")
	if len(s) != 1 {
		t.Fatal("no span")
	}
	if start, end := s[0].Start%1e9, s[0].End%1e9; start != 1_000_000 || end != 7_000_000 {
		t.Errorf("from %d to %d ns of the second, want 1000000 and 7000000", start, end)
	}
}

// FuzzRoute: whatever stands in a route, no number that a voter has and no
// address fits into what is told.
func FuzzRoute(f *testing.F) {
	for _, s := range []string{"none", "/", "/api/v1/receipts/:number", "/static/style.css", "/tile/*path", "/api/v1/receipts/" + secretCode, "/board/7", "/a b", "/x?y"} {
		f.Add(s)
	}
	number := regexp.MustCompile(`[0-9]`)
	f.Fuzz(func(t *testing.T, s string) {
		if !attributes[route](attribute.StringValue(s)) {
			return
		}
		if rest := regexp.MustCompile(`^/api/v1/`).ReplaceAllString(s, ""); number.MatchString(rest) || len(s) > 120 || bytes.ContainsAny([]byte(s), " ?&=%\n") {
			t.Errorf("told: %q", s)
		}
	})
}
