package collector

import (
	"bytes"
	"net/http"
	"strings"
	"testing"

	collect "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	common "go.opentelemetry.io/proto/otlp/common/v1"
	traces "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/protobuf/proto"
)

// failures counts what would fail a test.
type failures struct {
	testing.TB
	n int
}

func (f *failures) Helper()                   {}
func (f *failures) Errorf(_ string, _ ...any) { f.n++ }

func post(t *testing.T, url, kind string, body []byte) int {
	t.Helper()
	resp, err := http.Post(url, kind, bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	if err := resp.Body.Close(); err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode
}

// TestCollector: what comes is kept whole, and what is no OTLP fails the test
// that uses it.
func TestCollector(t *testing.T) {
	const kind = "application/x-protobuf"
	text := &common.AnyValue{Value: &common.AnyValue_StringValue{StringValue: "word"}}
	number := &common.AnyValue{Value: &common.AnyValue_IntValue{IntValue: 404}}
	body, err := proto.Marshal(&collect.ExportTraceServiceRequest{ResourceSpans: []*traces.ResourceSpans{{ScopeSpans: []*traces.ScopeSpans{{Spans: []*traces.Span{{
		Name: "a step", TraceId: []byte{0xab}, Kind: traces.Span_SPAN_KIND_SERVER, Flags: 0x300, Status: &traces.Status{Code: traces.Status_STATUS_CODE_ERROR},
		Attributes: []*common.KeyValue{{Key: "text", Value: text}, {Key: "number", Value: number}}, Events: []*traces.Span_Event{{Name: "hidden"}},
	}}}}}}})
	if err != nil {
		t.Fatal(err)
	}
	f := &failures{TB: t}
	c := Start(f)
	if code := post(t, c.URL+"/v1/traces", kind, body); code != http.StatusOK || f.n != 0 {
		t.Fatalf("status %d, %d failures", code, f.n)
	}
	got := c.Named("a step")
	if len(got) != 1 || got[0].Trace != "ab" || got[0].Parent != "" || !got[0].Failed || !got[0].ParentIsElsewhere || got[0].Events != 1 || got[0].Kind != "SPAN_KIND_SERVER" ||
		got[0].Attributes["text"] != "word" || !strings.Contains(got[0].Attributes["number"], "404") {
		t.Errorf("kept: %+v", got)
	}
	if all := c.Bytes(); !bytes.Contains(all, []byte("hidden")) || !bytes.Contains(all, []byte("User-Agent")) || len(c.Named("another")) != 0 {
		t.Errorf("bytes %q", all)
	}
	for i, bad := range []func() int{
		func() int { return post(t, c.URL+"/v1/traces", kind, []byte("no protobuf")) },
		func() int { return post(t, c.URL+"/v1/traces", "application/json", body) },
		func() int { return post(t, c.URL+"/", kind, body) },
	} {
		if code := bad(); code != http.StatusBadRequest || f.n != i+1 {
			t.Errorf("request %d: status %d, %d failures", i, code, f.n)
		}
	}
	if len(c.Spans()) != 1 {
		t.Errorf("%d spans", len(c.Spans()))
	}
}
