package audit

import (
	"context"
	"errors"
	"slices"
	"time"

	"golang.org/x/sync/errgroup"

	"rollcall/tally/follow"
)

// Run makes the calls that are left, each when it is due, and returns the report.
// When ctx is over or no more calls can be made, it returns the report of what was
// made, and the error; calls that go on are cut off by ctx alone. Where the audit's
// own files fail there is no report.
func (a *Audit) Run(ctx context.Context) (*Report, error) {
	g, begin := errgroup.WithContext(ctx)
	g.SetLimit(a.cfg.AtOnce)
	for _, c := range a.plan.Calls {
		if a.result(c.Call) != nil {
			continue
		}
		if sleep(begin, time.Until(c.At)) != nil {
			break
		}
		g.Go(func() error { return a.make(ctx, begin, c) })
	}
	err := g.Wait() // the first error, which ended begin
	if err == nil {
		err = ctx.Err()
	}
	report, judged := a.judgeAll(context.WithoutCancel(ctx))
	if judged != nil {
		return nil, errors.Join(err, judged)
	}
	return report, err
}

func sleep(ctx context.Context, d time.Duration) error {
	select {
	case <-time.After(d):
		return ctx.Err()
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (a *Audit) result(n int) *Result {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.results[n]
}

// make makes one call, unless begin is over before, and judges it.
func (a *Audit) make(ctx, begin context.Context, c Call) error {
	turn := a.turns[c.BallotNumber]
	turn.Lock()
	defer turn.Unlock()
	if err := sleep(begin, a.rest(c.BallotNumber)); err != nil {
		return err
	}
	if err := a.reach(begin); err != nil {
		return err
	}
	r, err := a.place(ctx, c)
	if err != nil {
		return err
	}
	if ctx.Err() != nil {
		return ctx.Err() // the call was cut off by us: its journal tells so next time
	}
	if err := a.await(ctx, c, r); err != nil {
		return err
	}
	if err := a.store.saveResult(r); err != nil {
		return err
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	a.results[c.Call] = r
	a.used[c.BallotNumber] = append(a.used[c.BallotNumber], r.Began)
	if a.cfg.Progress != nil {
		a.cfg.Progress(len(a.results), len(a.plan.Calls))
	}
	return nil
}

// reach reads the board, which may be out of reach for a while.
func (a *Audit) reach(ctx context.Context) error {
	deadline := time.Now().Add(a.cfg.Patience)
	for {
		err := a.board.update(ctx)
		if err == nil || errors.Is(err, follow.ErrWrong) || time.Now().After(deadline) {
			return err
		}
		if stopped := sleep(ctx, min(time.Second, a.cfg.Patience/10)); stopped != nil {
			return stopped
		}
	}
}

// rest is how long a letter must rest before it is called with again: calls that
// were late may have come too close.
func (a *Audit) rest(number string) time.Duration {
	a.mu.Lock()
	defer a.mu.Unlock()
	times := a.used[number]
	if len(times) < perHour {
		return 0
	}
	return time.Until(times[len(times)-perHour].Add(hour))
}

// Left returns the calls that are still to be made.
func (a *Audit) Left() []Call {
	return slices.DeleteFunc(slices.Clone(a.plan.Calls), func(c Call) bool { return a.result(c.Call) != nil })
}
