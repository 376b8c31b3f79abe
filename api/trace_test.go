package api

import (
	"context"
	"maps"
	"net/http"
	"strings"
	"testing"
	"time"

	sdk "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	"go.opentelemetry.io/otel/trace"

	"rollcall/api/live"
	"rollcall/api/public"
)

// traced returns a server whose spans are recorded, and what records them.
func traced(t *testing.T, f *fake, sampler sdk.Sampler, change ...func(*Config)) (base string, spans *tracetest.SpanRecorder) {
	t.Helper()
	spans = tracetest.NewSpanRecorder()
	provider := sdk.NewTracerProvider(sdk.WithSpanProcessor(spans), sdk.WithSampler(sampler))
	server, _ := newServer(t, f, append(change, func(c *Config) { c.Tracer = provider.Tracer("test") })...)
	return server.URL, spans
}

// attributesOf writes a span's attributes as text.
func attributesOf(s sdk.ReadOnlySpan) map[string]string {
	m := map[string]string{}
	for _, a := range s.Attributes() {
		m[string(a.Key)] = a.Value.String()
	}
	return m
}

// TestTracesByRoute: a request is a span of its pattern and its status, and of
// nothing that the client sent.
func TestTracesByRoute(t *testing.T) {
	f := newFake()
	f.ballots = []public.Ballot{castAt(1)}
	base, spans := traced(t, f, sdk.AlwaysSample())
	for i, c := range []struct{ method, path, name, route, status string }{
		{"GET", "/api/v1/receipts/" + code(1) + "?who=me", "GET /api/v1/receipts/:number", "/api/v1/receipts/:number", "200"},
		{"GET", "/api/v1/receipts/" + code(2), "GET /api/v1/receipts/:number", "/api/v1/receipts/:number", "404"},
		{"HEAD", "/", "GET /", "/", "200"}, // is answered as GET
		{"GET", "/tile/0/000.p/90", "GET /tile/*path", "/tile/*path", "200"},
		{"GET", "/secret-place/" + code(1), "GET none", "none", "404"},
		{"BREW", "/", "other none", "none", "405"},
	} {
		do(t, c.method, base+c.path, "", "User-Agent", "secret-agent", "X-Forwarded-For", "203.0.113.7")
		ended := spans.Ended()
		if len(ended) != i+1 {
			t.Fatalf("%s %s: %d spans, want %d", c.method, c.path, len(ended), i+1)
		}
		s := ended[i]
		method, _, _ := strings.Cut(c.name, " ")
		want := map[string]string{"http.request.method": method, "http.route": c.route, "http.response.status_code": c.status}
		if s.Name() != c.name || s.SpanKind() != trace.SpanKindServer || !maps.Equal(attributesOf(s), want) || len(s.Events()) != 0 || s.Status() != (sdk.Status{}) {
			t.Errorf("%s %s: span %q of %v, status %v", c.method, c.path, s.Name(), attributesOf(s), s.Status())
		}
	}
}

// TestTracesAreNobodyElses: a client has no say in whether a request is traced,
// nor in its ids.
func TestTracesAreNobodyElses(t *testing.T) {
	const theirs = "4bf92f3577b34da6a3ce929d0e0e4736"
	headers := []string{"traceparent", "00-" + theirs + "-00f067aa0ba902b7-01", "tracestate", "vendor=1", "baggage", "id=1", "b3", theirs + "-00f067aa0ba902b7-1"}
	base, spans := traced(t, newFake(), sdk.ParentBased(sdk.NeverSample()))
	do(t, http.MethodGet, base+"/api/v1/election", "", headers...)
	if n := len(spans.Ended()); n != 0 {
		t.Errorf("%d spans that were not to be", n)
	}
	base, spans = traced(t, newFake(), sdk.ParentBased(sdk.AlwaysSample()))
	do(t, http.MethodGet, base+"/api/v1/election", "", headers...)
	do(t, http.MethodGet, base+"/api/v1/election", "", "traceparent", "00-"+theirs+"-00f067aa0ba902b7-00") // not to be sampled
	ended := spans.Ended()
	if len(ended) != 2 {
		t.Fatalf("%d spans, want 2", len(ended))
	}
	for _, s := range ended {
		if c := s.SpanContext(); c.TraceID().String() == theirs || c.TraceState().Len() != 0 || s.Parent().IsValid() || len(s.Links()) != 0 {
			t.Errorf("a client's own trace: %v, parent %v, %d links", c, s.Parent(), len(s.Links()))
		}
	}
}

// TestTracesGoOn: what the election does for a request is below its span, and a
// fault of the server marks it.
func TestTracesGoOn(t *testing.T) {
	f := newFake()
	var inside trace.SpanContext
	f.post = func(ctx context.Context, _ []byte) (public.Posted, error) {
		inside = trace.SpanContextFromContext(ctx)
		return public.Posted{}, public.ErrBusy
	}
	base, spans := traced(t, f, sdk.AlwaysSample())
	if res := postEntry(t, base, testEntry(t, 7)); res.StatusCode != http.StatusServiceUnavailable {
		t.Fatalf("status %d", res.StatusCode)
	}
	ended := spans.Ended()
	if len(ended) != 1 || ended[0].SpanContext().SpanID() != inside.SpanID() {
		t.Fatalf("%d spans; the election works in %v", len(ended), inside)
	}
	if s := ended[0].Status(); s.Code.String() != "Error" || s.Description != "" {
		t.Errorf("status %v", s)
	}
}

// TestStreamsAreNotTraced: how long somebody followed is told to nobody.
func TestStreamsAreNotTraced(t *testing.T) {
	hub := live.NewHub(live.HubConfig{Every: time.Millisecond})
	base, spans := traced(t, newFake(), sdk.AlwaysSample(), func(c *Config) { c.Hub = hub })
	hub.Close()
	do(t, http.MethodGet, base+eventsPath, "")
	do(t, http.MethodHead, base+eventsPath, "")
	if n := len(spans.Started()); n != 0 {
		t.Errorf("%d spans", n)
	}
}
