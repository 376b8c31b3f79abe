package service

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
	"go.opentelemetry.io/otel/codes"
	sdk "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	"go.opentelemetry.io/otel/trace"

	"rollcall/crypto/credential"
	"rollcall/crypto/group"
	"rollcall/internal/collector"
	"rollcall/internal/tracing"
	"rollcall/phone"
	"rollcall/registrar"
)

// recorded returns a tracer, and the spans that it has ended.
func recorded() (trace.Tracer, *tracetest.SpanRecorder) {
	r := tracetest.NewSpanRecorder()
	return sdk.NewTracerProvider(sdk.WithSpanProcessor(r)).Tracer("test"), r
}

// namesOf lists the names of spans, sorted.
func namesOf(spans []sdk.ReadOnlySpan) string {
	var list []string
	for _, s := range spans {
		list = append(list, s.Name())
	}
	slices.Sort(list)
	return strings.Join(list, " ")
}

// parts is an election, a voter, a ballot, a board and a registrar whose answer a
// test sets. It keeps the span of the context that it was asked in.
type parts struct {
	phone.Election
	phone.Voter
	phone.Ballot
	err error
	in  trace.SpanContext
}

func (p *parts) answer(ctx context.Context) error {
	p.in = trace.SpanContextFromContext(ctx)
	return p.err
}

func (p *parts) Identify(ctx context.Context, _, _ []byte) (phone.Voter, error) {
	return p, p.answer(ctx)
}
func (p *parts) Seal(ctx context.Context, _ [][]int) (phone.Ballot, error) { return p, p.answer(ctx) }
func (p *parts) Cast(ctx context.Context, _ []byte) error                  { return p.answer(ctx) }
func (p *parts) Test(ctx context.Context) error                            { return p.answer(ctx) }
func (p *parts) Post(ctx context.Context, _ []byte) (uint64, error)        { return 77, p.answer(ctx) }
func (p *parts) Covered(ctx context.Context, _ uint64) error               { return p.answer(ctx) }
func (p *parts) Evaluate(ctx context.Context, _ registrar.Request) (registrar.Response, error) {
	return registrar.Response{}, p.answer(ctx)
}

// booths is parts as a board: its Code is another one than a ballot's.
type booths struct{ *parts }

func (b booths) Code(ctx context.Context, _ uint64) (string, error) {
	return "1234567890123456", b.answer(ctx)
}

// TestStepsOfACall: sealing, casting and testing are traces of their own, whatever
// the call is in; who the voter is makes none. They tell how it went, not why.
func TestStepsOfACall(t *testing.T) {
	tracer, spans := recorded()
	ctx, call := tracer.Start(t.Context(), "call")
	p := &parts{}
	voter, err := tracedElection{p, tracer}.Identify(ctx, nil, nil)
	must(t, err)
	if len(spans.Ended()) != 0 || !p.in.Equal(call.SpanContext()) {
		t.Error("identifying a voter is a span")
	}
	ballot, err := voter.Seal(ctx, nil)
	must(t, err)
	steps := map[string]func() error{
		"call.seal": func() error { _, err := voter.Seal(ctx, nil); return err },
		"call.cast": func() error { return ballot.Cast(ctx, nil) },
		"call.test": func() error { return ballot.Test(ctx) },
	}
	for _, c := range []struct {
		err     error
		outcome string
		code    codes.Code
	}{
		{nil, "done", codes.Unset},
		{fmt.Errorf("1234: %w", phone.ErrTooLate), "refused", codes.Unset},
		{phone.ErrWrongCastCode, "refused", codes.Unset},
		{phone.ErrNotSealed, "failed", codes.Error},
		{errors.New("1234"), "failed", codes.Error},
	} {
		for name, do := range steps {
			p.err = c.err
			if err := do(); !errors.Is(err, c.err) {
				t.Errorf("%s: %v became %v", name, c.err, err)
			}
			ended := spans.Ended()
			s := ended[len(ended)-1]
			if s.Name() != name || s.Parent().IsValid() || s.SpanContext().TraceID() == call.SpanContext().TraceID() || !p.in.Equal(s.SpanContext()) {
				t.Errorf("%s: span %q, parent %v", name, s.Name(), s.Parent())
			}
			if a := s.Attributes(); len(a) != 1 || a[0].Key != "rollcall.outcome" || a[0].Value.AsString() != c.outcome || s.Status() != (sdk.Status{Code: c.code}) || len(s.Events()) != 0 {
				t.Errorf("%s, %v: %v, %v", name, c.err, a, s.Status())
			}
		}
	}
	p.err = phone.ErrWrongPIN
	if v, err := (tracedElection{p, tracer}).Identify(ctx, nil, nil); v != nil || !errors.Is(err, phone.ErrWrongPIN) {
		t.Errorf("a wrong PIN: %v, %v", v, err)
	}
	p.err = phone.ErrClosed
	if b, err := voter.Seal(ctx, nil); b != nil || !errors.Is(err, phone.ErrClosed) {
		t.Errorf("not sealed: %v, %v", b, err)
	}
}

// TestAnswersToABooth: what a step asks of the board and the registrar is below
// it, without what they answer. Hardening a PIN is no span.
func TestAnswersToABooth(t *testing.T) {
	tracer, spans := recorded()
	ctx, step := tracer.Start(t.Context(), "call.seal")
	p := &parts{}
	board, evaluator := tracedBoard{booths{p}, tracer}, tracedEvaluator{p, tracer}
	for _, fault := range []error{nil, errors.New("1234")} {
		p.err = fault
		for name, do := range map[string]func() error{
			"board.post":    func() error { _, err := board.Post(ctx, nil); return err },
			"board.code":    func() error { _, err := board.Code(ctx, 77); return err },
			"board.covered": func() error { return board.Covered(ctx, 77) },
			"registrar.evaluate": func() error {
				_, err := evaluator.Evaluate(ctx, registrar.Request{Purpose: credential.PurposeCast})
				return err
			},
		} {
			before := len(spans.Ended())
			if err := do(); err != fault {
				t.Errorf("%s: error %v", name, err)
			}
			ended := spans.Ended()
			if len(ended) != before+1 {
				t.Fatalf("%s: no span", name)
			}
			s := ended[before]
			failed := s.Status() == sdk.Status{Code: codes.Error}
			if s.Name() != name || !s.Parent().Equal(step.SpanContext()) || len(s.Attributes())+len(s.Events()) != 0 || failed != (fault != nil) || !p.in.Equal(s.SpanContext()) {
				t.Errorf("%s: %q below %v, attributes %v, status %v", name, s.Name(), s.Parent(), s.Attributes(), s.Status())
			}
		}
	}
	if index, err := (tracedBoard{booths{&parts{}}, tracer}).Post(ctx, nil); index != 77 || err != nil {
		t.Errorf("index %d, %v", index, err)
	}
	before := len(spans.Ended())
	_, err := evaluator.Evaluate(ctx, registrar.Request{Purpose: credential.PurposePIN})
	if err == nil || len(spans.Ended()) != before {
		t.Errorf("a PIN: %v, spans %s", err, namesOf(spans.Ended()[before:]))
	}
}

// TestTotalsAreTraced: adding up is a span when it happens, and none after.
func TestTotalsAreTraced(t *testing.T) {
	e := newElection(t)
	tracer, spans := recorded()
	done := make(chan error)
	go func() { done <- traceTotals(t.Context(), tracer, e.Door) }()
	must(t, e.End(t.Context()))
	must(t, <-done)
	ended := spans.Ended()
	if namesOf(ended) != "count.totals" || ended[0].Parent().IsValid() || ended[0].EndTime().Before(ended[0].StartTime()) {
		t.Errorf("spans %s", namesOf(ended))
	}
	must(t, traceTotals(t.Context(), tracer, e.Door))
	if len(spans.Ended()) != 1 {
		t.Error("a restart traces what was added up before it")
	}
	stopped, cancel := context.WithCancel(t.Context())
	cancel()
	must(t, traceTotals(stopped, tracer, newElection(t).Door))
	if len(spans.Ended()) != 1 {
		t.Error("an election that has not ended is traced")
	}
	if !maps.Equal(map[string]string{"rollcall.outcome": "done"}, map[string]string{string(ended[0].Attributes()[0].Key): ended[0].Attributes()[0].Value.AsString()}) {
		t.Errorf("attributes %v", ended[0].Attributes())
	}
}

// TestMetricsOfTraces: who scrapes the board sees how many spans were sent.
func TestMetricsOfTraces(t *testing.T) {
	traces, err := tracing.Open(t.Context(), tracing.Config{URL: collector.Start(t).URL, Log: slog.New(slog.DiscardHandler)})
	must(t, err)
	_, span := traces.Tracer().Start(t.Context(), "board.tick")
	span.End()
	traces.Close()
	for _, c := range []struct {
		s    *Service
		want string
	}{{&Service{traces: traces}, "rollcall_trace_spans_sent_total=1 rollcall_trace_spans_total=1"}, {&Service{}, ""}} {
		registry := prometheus.NewRegistry()
		registry.MustRegister(c.s.collectors(nil)...)
		families, err := registry.Gather()
		must(t, err)
		var got []string
		for _, f := range families {
			if strings.Contains(f.GetName(), "trace") {
				got = append(got, fmt.Sprintf("%s=%v", f.GetName(), f.GetMetric()[0].GetCounter().GetValue()))
			}
		}
		if strings.Join(got, " ") != c.want {
			t.Errorf("metrics %q, want %q", got, c.want)
		}
	}
}

// TestRegistrarAloneTracesNoPIN: a registrar in a process of its own tells of
// evaluations of cast codes, each by itself, and of no others.
func TestRegistrarAloneTracesNoPIN(t *testing.T) {
	e, c := newElection(t), collector.Start(t)
	files := httptest.NewServer(http.FileServer(http.Dir(e.Public())))
	defer files.Close()
	s, err := Start(t.Context(), Config{Dir: string(registrarDir(t, e)), Roles: []Role{Registrar}, Private: "127.0.0.1:0", BoardURL: files.URL, Traces: c.URL})
	must(t, err)
	client, err := registrar.NewClient(registrar.ClientConfig{BaseURL: s.RegistrarURL(), BoothKey: e.BoothKey, ElectionHash: e.Hash})
	must(t, err)
	defer client.Close()
	for _, purpose := range []credential.Purpose{credential.PurposePIN, credential.PurposeCast} {
		request := registrar.Request{Purpose: purpose, VoterNumber: "136695976", Blinded: group.MulBase(group.RandomScalar()).Bytes()}
		rand.Read(request.Nonce[:])
		_, err = client.Evaluate(t.Context(), request)
		must(t, err)
	}
	must(t, s.Close())
	if list := c.Spans(); len(list) != 1 || list[0].Name != "registrar.evaluate" || list[0].Parent != "" || bytes.Contains(c.Bytes(), []byte("136695976")) {
		t.Errorf("told: %+v", list)
	}
}
