package service

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"path/filepath"
	"sync"
	"testing"

	"go.opentelemetry.io/otel/codes"
	sdk "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"

	"rollcall/bulletin"
	"rollcall/bulletin/checkpoint"
	"rollcall/bulletin/store"
	"rollcall/bulletin/tlog"
)

// judge admits all but what says "no", and can lose its state.
type judge struct{ store.Admitter }

var errNo = errors.New("no")

func (judge) Judge(_ context.Context, _ uint64, raw []byte) ([]store.Claim, error) {
	if string(raw) == "no" {
		return nil, errNo
	}
	return nil, nil
}
func (judge) Advance(uint64, []byte) {}
func (judge) Committed(uint64)       {}
func (judge) Reload(context.Context, func(func(uint64, []byte) error) error) error {
	return nil
}

// watched is a board whose appends are traced.
func watched(t *testing.T, tracer trace.Tracer) (tracedLog, *stages) {
	t.Helper()
	watch := &stages{tracer: tracer}
	signer, err := checkpoint.GenerateSigner("example.org/stages", rand.Reader)
	must(t, err)
	dir := t.TempDir()
	board, err := bulletin.Open(t.Context(), bulletin.Config{Database: filepath.Join(dir, "db"), Dir: filepath.Join(dir, "board"),
		Signer: signer, Admitter: watch.admitter(judge{})})
	must(t, err)
	t.Cleanup(func() { must(t, board.Close()) })
	return tracedLog{board, watch}, watch
}

// checkStages holds the spans below an append against each other: one begins
// where the other ends.
func checkStages(t *testing.T, spans []sdk.ReadOnlySpan, of sdk.ReadOnlySpan) {
	t.Helper()
	at := of.StartTime()
	for _, name := range []string{"board.queue", "board.commit", "board.publish"} {
		var found []sdk.ReadOnlySpan
		for _, s := range spans {
			if s.Name() == name && s.Parent().SpanID() == of.SpanContext().SpanID() {
				found = append(found, s)
			}
		}
		if len(found) != 1 {
			t.Fatalf("%d spans %s below an append, want 1", len(found), name)
		}
		s := found[0]
		if !s.StartTime().Equal(at) || s.EndTime().Before(at) || len(s.Attributes()) != 0 {
			t.Errorf("%s begins at %v and ends at %v, want from %v on; attributes %v", name, s.StartTime(), s.EndTime(), at, s.Attributes())
		}
		at = s.EndTime()
	}
	if of.EndTime().Before(at) || len(of.Attributes()) != 0 {
		t.Errorf("an append ends at %v, before its stages at %v; attributes %v", of.EndTime(), at, of.Attributes())
	}
}

// TestStagesOfAppends: every append of many at once tells its queue, its commit
// and its publication, and nothing of what or where it is.
func TestStagesOfAppends(t *testing.T) {
	tracer, spans := recorded()
	log, _ := watched(t, tracer)
	const n = 100
	ctx, parent := tracer.Start(t.Context(), "call.seal")
	var all sync.WaitGroup
	for i := range n {
		all.Go(func() {
			if _, err := log.Append(ctx, fmt.Appendf(nil, "entry %d", i)); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	appends := 0
	for _, s := range spans.Ended() {
		if s.Name() != "board.append" {
			continue
		}
		appends++
		if s.Parent().SpanID() != parent.SpanContext().SpanID() {
			t.Error("an append is not below the step that asked for it")
		}
		checkStages(t, spans.Ended(), s)
	}
	if appends != n || len(spans.Ended()) != 4*n {
		t.Errorf("%d appends in %d spans, want %d in %d", appends, len(spans.Ended()), n, 4*n)
	}
}

// TestStagesOfOthers: an entry that is there already has no stages, one that is
// refused has failed, and the board's own tick is one if it was due.
func TestStagesOfOthers(t *testing.T) {
	tracer, spans := recorded()
	log, watch := watched(t, tracer)
	ctx := t.Context()
	after := func(do func()) []sdk.ReadOnlySpan {
		before := len(spans.Ended())
		do()
		return spans.Ended()[before:]
	}
	first, err := log.Append(ctx, []byte("entry"))
	must(t, err)
	got := after(func() {
		again, err := log.Append(ctx, []byte("entry"))
		must(t, err)
		if again != first {
			t.Errorf("index %d, want %d", again, first)
		}
	})
	if namesOf(got) != "board.append" || got[0].Status().Code != codes.Unset {
		t.Errorf("posted again: %s", namesOf(got))
	}
	got = after(func() {
		if _, err := log.Append(ctx, []byte("no")); !errors.Is(err, errNo) {
			t.Errorf("error %v", err)
		}
	})
	if namesOf(got) != "board.append" || got[0].Status() != (sdk.Status{Code: codes.Error}) {
		t.Errorf("refused: %s", namesOf(got))
	}
	tick := func(text string, err error) func() {
		return func() {
			_, got := log.AppendFunc(ctx, func(uint64, tlog.Hash) ([]byte, []store.Claim, error) { return []byte(text), nil, err })
			if !errors.Is(got, err) {
				t.Errorf("error %v, want %v", got, err)
			}
		}
	}
	if got := after(tick("", errNo)); len(got) != 0 {
		t.Errorf("no tick was due: %s", namesOf(got))
	}
	got = after(tick("tick", nil))
	if namesOf(got) != "board.commit board.publish board.queue board.tick" {
		t.Fatalf("a tick: %s", namesOf(got))
	}
	checkStages(t, got, got[len(got)-1])

	// After a fault of the database all is read anew; what was taken is not durable.
	a := watch.admitter(judge{})
	a.Advance(90, nil)
	must(t, a.Reload(ctx, nil))
	a.Advance(90, nil)
	a.Committed(91)
	if at := watch.at(90); at.durable.IsZero() || at.durable.Before(at.taken) {
		t.Error("an entry after a fault is never durable")
	}
	a.Advance(91, nil)
	must(t, a.Reload(ctx, nil))
	a.Committed(95)
	if !watch.at(91).durable.IsZero() {
		t.Error("an entry that was lost is durable")
	}
}

// TestStagesUnsampled: what is not recorded makes no spans.
func TestStagesUnsampled(t *testing.T) {
	_, spans := recorded()
	never := sdk.NewTracerProvider(sdk.WithSpanProcessor(spans), sdk.WithSampler(sdk.NeverSample())).Tracer("test")
	log, _ := watched(t, never)
	_, err := log.Append(t.Context(), []byte("entry"))
	must(t, err)
	if len(spans.Ended()) != 0 {
		t.Errorf("spans %s", namesOf(spans.Ended()))
	}
}
