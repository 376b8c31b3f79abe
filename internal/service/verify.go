package service

import (
	"cmp"
	"context"
	"errors"
	"sync/atomic"
	"time"

	"rollcall/api/public"
	"rollcall/bulletin/tlog"
	"rollcall/internal/workspace"
	"rollcall/tally/door"
	"rollcall/tally/record"
	"rollcall/verifier"
)

// ownCheck is what the board's own check has found; nil before.
type ownCheck = atomic.Pointer[public.OwnCheck]

// errNotInOrder says that the board does not pass its own check.
var errNotInOrder = errors.New("the board does not pass every check")

// opened reports whether nothing about auditors is left to be opened.
func opened(s *record.State, published uint64) bool {
	counts, at := s.Audits()
	return counts == nil || at > 0 && at < published
}

// checkOnceCounted runs the public check over the board's files once the result is
// there, and which credentials were auditors', if there are any, as anybody can. It convinces nobody who does not trust the board; it is for
// staff to hear of a fault before the press does.
func (s *Service) checkOnceCounted(ctx context.Context, dir workspace.Dir, d *door.Door, own *ownCheck) error {
	if err := d.Wait(ctx, counted); err != nil {
		return nil // it ends
	}
	if !opened(d.State(), d.State().Size()) {
		s.cfg.Logger.Warn("the result is published, and no record is verified until the registrar says which credentials were auditors': rollcall audit-open")
	}
	if err := d.Wait(ctx, opened); err != nil {
		return nil
	}
	policy, id, err := ReadPolicy(dir)
	if err != nil {
		s.cfg.Logger.Error("the result is published, and the board can not be checked here", "err", err)
		return nil
	}
	source, err := tlog.OpenDir(dir.Public())
	if err != nil {
		return err
	}
	_, span := s.traces.Tracer().Start(ctx, "count.check")
	report, err := verifier.Verify(ctx, source, verifier.Options{ElectionID: id, Policy: policy})
	if err == nil && !report.Verified() {
		endStep(span, errNotInOrder)
	} else {
		endStep(span, err)
	}
	if err != nil {
		if ctx.Err() == nil {
			s.cfg.Logger.Error("the result is published, and the board could not be read to its end", "err", err)
		}
		return nil
	}
	verdict := &public.OwnCheck{At: time.Now().UTC(), Passed: report.Verified(), Checks: len(report.Checks)}
	if verdict.Passed {
		s.cfg.Logger.Info("the result is published, and the board passes every check", "elapsed", report.Elapsed)
	}
	for _, c := range report.Checks {
		if c.Status != verifier.Pass {
			s.cfg.Logger.Error("the result is published, and the board does NOT pass every check: do not announce it before you know why", "check", c.ID, "err", cmp.Or(c.Error, c.Note))
		}
	}
	own.Store(verdict)
	return nil
}
