package service

import (
	"context"
	"sync"
	"time"

	"go.opentelemetry.io/otel/trace"

	"rollcall/bulletin/store"
	"rollcall/bulletin/tlog"
	"rollcall/tally/door"
)

// stages tells of an append how long it was queued for the log's one writer, how
// long the commit took that made it durable, and how long until it was
// published. It stands on both sides of the log: before it, as door.Log, and in
// its writer, as store.Admitter. No span has the index of an entry.
type stages struct {
	tracer trace.Tracer

	mu sync.Mutex
	// last holds when the last entries were taken and durable, at their index
	// modulo its length. An entry that was overwritten before it was published,
	// by thousands of others, is told of without its stages.
	last [4096]stage
	// fresh is the first entry that is taken and not durable, where any is.
	fresh uint64
	any   bool
}

// stage is when an entry was taken by the writer, and when it was durable.
type stage struct {
	index          uint64
	taken, durable time.Time
}

func (s *stages) at(index uint64) *stage { return &s.last[index%uint64(len(s.last))] }

// admitter watches what an Admitter is told.
func (s *stages) admitter(of store.Admitter) store.Admitter { return watchedAdmitter{of, s} }

type watchedAdmitter struct {
	store.Admitter
	stages *stages
}

// Advance implements store.Admitter.
func (a watchedAdmitter) Advance(index uint64, raw []byte) {
	a.Admitter.Advance(index, raw)
	s := a.stages
	s.mu.Lock()
	defer s.mu.Unlock()
	*s.at(index) = stage{index: index, taken: time.Now()}
	if !s.any {
		s.fresh, s.any = index, true
	}
}

// Committed implements store.Admitter.
func (a watchedAdmitter) Committed(size uint64) {
	a.Admitter.Committed(size)
	s, now := a.stages, time.Now()
	s.mu.Lock()
	defer s.mu.Unlock()
	for ; s.any && s.fresh < size; s.fresh++ {
		s.at(s.fresh).durable = now
	}
	s.any = false
}

// Reload implements store.Admitter.
func (a watchedAdmitter) Reload(ctx context.Context, replay func(func(index uint64, raw []byte) error) error) error {
	a.stages.mu.Lock()
	a.stages.any = false // what was taken is not in the log, or was there before
	a.stages.mu.Unlock()
	return a.Admitter.Reload(ctx, replay)
}

// tracedLog is a door.Log whose appends are spans.
type tracedLog struct {
	door.Log
	stages *stages
}

// Append implements door.Log.
func (l tracedLog) Append(ctx context.Context, raw []byte, claims ...store.Claim) (uint64, error) {
	begun := time.Now()
	ctx, span := l.stages.tracer.Start(ctx, "board.append", trace.WithTimestamp(begun))
	index, err := l.Log.Append(ctx, raw, claims...)
	if err == nil {
		l.stages.tell(ctx, index, begun)
	}
	end(span, err)
	return index, err
}

// AppendFunc implements door.Log. It is how the board ticks; where no tick was
// due, or it failed, there is no span.
func (l tracedLog) AppendFunc(ctx context.Context, fn func(uint64, tlog.Hash) ([]byte, []store.Claim, error)) (uint64, error) {
	begun := time.Now()
	index, err := l.Log.AppendFunc(ctx, fn)
	if err == nil {
		ctx, span := l.stages.tracer.Start(ctx, "board.tick", trace.WithTimestamp(begun))
		l.stages.tell(ctx, index, begun)
		span.End()
	}
	return index, err
}

// tell makes spans of the stages of an entry that was just published. One that
// was in the log before has none.
func (s *stages) tell(ctx context.Context, index uint64, begun time.Time) {
	if !trace.SpanFromContext(ctx).IsRecording() {
		return
	}
	s.mu.Lock()
	at := *s.at(index)
	s.mu.Unlock()
	if at.index != index || at.taken.Before(begun) || at.durable.IsZero() {
		return
	}
	from := begun
	for _, stage := range []struct {
		name string
		to   time.Time
	}{{"board.queue", at.taken}, {"board.commit", at.durable}, {"board.publish", time.Now()}} {
		_, span := s.tracer.Start(ctx, stage.name, trace.WithTimestamp(from))
		span.End(trace.WithTimestamp(stage.to))
		from = stage.to
	}
}
