package tracing

import (
	"regexp"
	"slices"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/sdk/instrumentation"
	"go.opentelemetry.io/otel/sdk/resource"
	sdk "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"
)

// This is the one place that decides what of a span leaves the process. Whatever
// is not named here is dropped: a span that somebody adds, or a library brings
// along, can tell nothing of a voter before it is written here and read again.

// What is told.
const (
	method  = attribute.Key("http.request.method")
	route   = attribute.Key("http.route") // the pattern, never the path that was asked for
	status  = attribute.Key("http.response.status_code")
	outcome = attribute.Key("rollcall.outcome")
)

// Outcomes of a step of a call or of the count.
const (
	Done    = "done"
	Refused = "refused" // by the rules: the caller was told why
	Failed  = "failed"
)

// Outcome is the attribute that says how a step went.
func Outcome(word string) attribute.KeyValue { return outcome.String(word) }

// names are all names of spans but those of requests, which are made of method
// and route.
var names = []string{
	"board.append", "board.code", "board.commit", "board.covered", "board.post", "board.publish", "board.queue", "board.tick",
	"call.cast", "call.seal", "call.test", "count.check", "count.totals", "registrar.evaluate",
}

// unnamed is the name of a span that is none of ours.
const unnamed = "unnamed"

// patterns are of routes as the router has them. No digit but that of /api/v1:
// neither a code nor a number nor an address can stand in one.
var patterns = regexp.MustCompile(`^(none|/|/(api/v1/)?[a-z:*_./-]{1,100})$`)

// attributes are what a span may tell, each with the values that it may have.
var attributes = map[attribute.Key]func(attribute.Value) bool{
	method: oneOf("GET", "HEAD", "POST", "OPTIONS", "other"),
	route: func(v attribute.Value) bool {
		return v.Type() == attribute.STRING && patterns.MatchString(v.AsString())
	},
	status: func(v attribute.Value) bool {
		return v.Type() == attribute.INT64 && v.AsInt64() >= 100 && v.AsInt64() < 600
	},
	outcome: oneOf(Done, Refused, Failed),
}

func oneOf(words ...string) func(attribute.Value) bool {
	return func(v attribute.Value) bool {
		return v.Type() == attribute.STRING && slices.Contains(words, v.AsString())
	}
}

// resources are what is told of the process: the operator's own words, and which
// SDK speaks. No host, no process, no command line, no directory.
var resources = []attribute.Key{
	"service.name", "service.namespace", "service.version", "service.instance.id", "deployment.environment", "deployment.environment.name",
	"telemetry.sdk.name", "telemetry.sdk.language", "telemetry.sdk.version",
}

// grain is how exactly times are told. Finer ones would measure the sealing of a
// single ballot, which is secret work.
const grain = time.Millisecond

// told is a span as it leaves the process.
type told struct {
	sdk.ReadOnlySpan
	attributes []attribute.KeyValue
	resource   *resource.Resource
}

// tell returns what may be told of a span, of a process that is described by what
// tellResource has returned.
func tell(s sdk.ReadOnlySpan, of *resource.Resource) sdk.ReadOnlySpan {
	t := told{ReadOnlySpan: s, resource: of}
	for _, a := range s.Attributes() {
		if allowed := attributes[a.Key]; allowed != nil && allowed(a.Value) {
			t.attributes = append(t.attributes, a)
		}
	}
	return t
}

// tellResource returns what may be told of a process.
func tellResource(r *resource.Resource) *resource.Resource {
	var kept []attribute.KeyValue
	for _, a := range r.Attributes() {
		if slices.Contains(resources, a.Key) && a.Value.Type() == attribute.STRING {
			kept = append(kept, a)
		}
	}
	return resource.NewSchemaless(kept...)
}

// Name is one of names, or what the told attributes of a request make it.
func (t told) Name() string {
	name := t.ReadOnlySpan.Name()
	if slices.Contains(names, name) {
		return name
	}
	var m, r string
	for _, a := range t.attributes {
		switch a.Key {
		case method:
			m = a.Value.AsString()
		case route:
			r = a.Value.AsString()
		}
	}
	if m == "" || r == "" {
		return unnamed
	}
	return m + " " + r
}

func (t told) Attributes() []attribute.KeyValue { return t.attributes }
func (t told) Resource() *resource.Resource     { return t.resource }
func (t told) StartTime() time.Time             { return t.ReadOnlySpan.StartTime().Truncate(grain) }
func (t told) EndTime() time.Time               { return t.ReadOnlySpan.EndTime().Truncate(grain) }

// Status has no description: errors are put into it.
func (t told) Status() sdk.Status { return sdk.Status{Code: t.ReadOnlySpan.Status().Code} }

// SpanContext has no trace state: that is somebody else's words.
func (t told) SpanContext() trace.SpanContext {
	return t.ReadOnlySpan.SpanContext().WithTraceState(trace.TraceState{})
}

// Events and Links are none: errors are recorded as events, and both have
// attributes of their own.
func (told) Events() []sdk.Event { return nil }
func (told) Links() []sdk.Link   { return nil }

func (told) InstrumentationScope() instrumentation.Scope { return instrumentation.Scope{Name: scope} }
