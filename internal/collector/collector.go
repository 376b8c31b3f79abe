// Package collector is a collector of traces for tests: an HTTP server that
// takes OTLP and keeps it, as the bytes that came and as spans. It knows
// nothing of who sends them.
package collector

import (
	"bytes"
	"encoding/hex"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync"
	"testing"

	collect "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	common "go.opentelemetry.io/proto/otlp/common/v1"
	"google.golang.org/protobuf/proto"
)

// Span is a span that came, with what it says of its process.
type Span struct {
	Name              string
	Trace, ID         string // hex
	Parent            string // "" of a root
	Kind              string
	Start, End        uint64 // nanoseconds of Unix time
	Failed            bool
	Message           string // of its status
	Attributes        map[string]string
	Resource          map[string]string
	Events, Links     int
	Scope             string
	ScopeAttributes   int
	State             string // trace state
	SchemaURL         string
	ParentIsElsewhere bool // it came with a request from another process
}

// Collector takes traces until the test ends.
type Collector struct {
	// URL is what to give to --traces.
	URL string
	t   testing.TB

	mu    sync.Mutex
	bytes []byte // guarded by mu: all bodies, with the headers of their requests
	spans []Span // guarded by mu
}

// Start starts a collector at a free port of loopback.
func Start(t testing.TB) *Collector {
	t.Helper()
	c := &Collector{t: t}
	server := httptest.NewServer(c)
	t.Cleanup(server.Close)
	c.URL = server.URL
	return c
}

// ServeHTTP takes POST /v1/traces, and fails the test on whatever is not OTLP.
func (c *Collector) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	var request collect.ExportTraceServiceRequest
	if err == nil {
		err = proto.Unmarshal(body, &request)
	}
	if err != nil || r.Method != http.MethodPost || r.URL.Path != "/v1/traces" || r.Header.Get("Content-Type") != "application/x-protobuf" {
		c.t.Errorf("no traces: %s %s %s, %v", r.Method, r.URL.Path, r.Header.Get("Content-Type"), err)
		http.Error(w, "no traces", http.StatusBadRequest)
		return
	}
	c.mu.Lock()
	var head bytes.Buffer
	_ = r.Header.Write(&head) // to memory
	c.bytes = append(append(c.bytes, head.Bytes()...), body...)
	c.spans = append(c.spans, spans(&request)...)
	c.mu.Unlock()
	w.Header().Set("Content-Type", "application/x-protobuf")
}

func spans(request *collect.ExportTraceServiceRequest) []Span {
	const elsewhere = 0x200 // SPAN_FLAGS_CONTEXT_IS_REMOTE_MASK
	var list []Span
	for _, of := range request.ResourceSpans {
		for _, by := range of.ScopeSpans {
			for _, s := range by.Spans {
				list = append(list, Span{
					Name: s.Name, Trace: hex.EncodeToString(s.TraceId), ID: hex.EncodeToString(s.SpanId), Parent: hex.EncodeToString(s.ParentSpanId), Kind: s.Kind.String(),
					Start: s.StartTimeUnixNano, End: s.EndTimeUnixNano, Failed: s.Status.GetCode() == 2, Message: s.Status.GetMessage(),
					Attributes: texts(s.Attributes), Resource: texts(of.Resource.GetAttributes()), Events: len(s.Events), Links: len(s.Links),
					Scope: by.Scope.GetName() + by.Scope.GetVersion(), ScopeAttributes: len(by.Scope.GetAttributes()), State: s.TraceState,
					SchemaURL: of.SchemaUrl + by.SchemaUrl, ParentIsElsewhere: s.Flags&elsewhere != 0,
				})
			}
		}
	}
	return list
}

// texts writes attributes as text.
func texts(list []*common.KeyValue) map[string]string {
	m := map[string]string{}
	for _, a := range list {
		if s, ok := a.Value.GetValue().(*common.AnyValue_StringValue); ok {
			m[a.Key] = s.StringValue
		} else {
			m[a.Key] = a.Value.String()
		}
	}
	return m
}

// Bytes is everything that came.
func (c *Collector) Bytes() []byte {
	c.mu.Lock()
	defer c.mu.Unlock()
	return bytes.Clone(c.bytes)
}

// Spans are the spans that came.
func (c *Collector) Spans() []Span {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Clone(c.spans)
}

// Named are the spans that came with a name.
func (c *Collector) Named(name string) []Span {
	return slices.DeleteFunc(c.Spans(), func(s Span) bool { return s.Name != name })
}
