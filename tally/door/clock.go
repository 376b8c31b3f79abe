package door

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"sync"
	"time"

	"rollcall/bulletin/entry"
	"rollcall/bulletin/store"
	"rollcall/bulletin/tlog"
	"rollcall/bulletin/witness"
	"rollcall/tally/count"
	"rollcall/tally/record"
	"rollcall/tally/sums"
)

// errNoTick says that there is nothing for a tick to cover.
var errNoTick = errors.New("no tick is due")

// wakeClock asks the clock to look at once whether a tick is due.
func (d *Door) wakeClock() {
	select {
	case d.wake <- struct{}{}:
	default:
	}
}

// Run keeps the board's clock until ctx ends: it ticks as soon as something
// waits, at most once a second, and at least every half minute from opening to
// the end, of the minute that SPEC.md, section 8, gives it; it ends the election when the last ballot can no longer be decided,
// and then posts the totals. Meanwhile it keeps the sums of what is cast. It
// returns ctx's error only: what fails is tried again, and logged unless it is that the
// witnesses are away.
func (d *Door) Run(ctx context.Context) error {
	var adding sync.WaitGroup
	adding.Go(func() { d.keepSums(ctx) })
	defer adding.Wait()
	timer := time.NewTimer(0)
	defer timer.Stop()
	var last time.Time
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-d.wake:
			if since := time.Since(last); since < d.cfg.TickEvery {
				timer.Reset(d.cfg.TickEvery - since)
				continue
			}
		case <-timer.C:
		}
		next, err := d.step(ctx)
		if err != nil && ctx.Err() == nil {
			if !errors.Is(err, witness.ErrNoQuorum) { // who asks them tells when they go and come
				d.cfg.Logger.Error("keeping the board's clock", "err", err)
			}
			next = d.cfg.TickEvery
			if errors.Is(err, sums.ErrDiffer) {
				next = tickAtLeast // adding up again takes all processors
			}
		}
		last = time.Now()
		timer.Reset(next)
	}
}

// keepSums has the state add up what is cast, every second and beside the clock:
// after a restart there is much to add, and ticks must not wait for it.
func (d *Door) keepSums(ctx context.Context) {
	every := time.NewTicker(d.cfg.TickEvery)
	defer every.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-every.C:
		}
		next := d.cfg.TickEvery
		if err := d.State().AddUp(); err != nil {
			d.cfg.Logger.Error("keeping the sums of cast ballots", "err", err)
			next = tickAtLeast
		}
		every.Reset(next)
	}
}

// Step does what is due now, once, without a clock of its own: for whoever
// drives a board by hand, as simulations do.
func (d *Door) Step(ctx context.Context) error {
	_, err := d.step(ctx)
	return err
}

// step does what is due now and says when to look again.
func (d *Door) step(ctx context.Context) (time.Duration, error) {
	state := d.State()
	switch state.Phase() {
	case record.PhaseOpen, record.PhaseClosing:
		return d.stepOpen(ctx, state)
	case record.PhaseEnded:
		if _, ok := state.Totals(); !ok {
			return tickAtLeast, d.postTotals(ctx, state)
		}
	}
	return tickAtLeast, nil
}

func (d *Door) stepOpen(ctx context.Context, state *record.State) (time.Duration, error) {
	if err := d.Tick(ctx); err != nil {
		return 0, err
	}
	sum := state.Summary()
	if sum.Phase != record.PhaseClosing || sum.DecideUntil == 0 {
		return d.untilTick(state), nil
	}
	if sum.LastTick < sum.DecideUntil {
		// A tick at or after the deadline must be there before the end.
		wait := time.Unix(int64(sum.DecideUntil), 0).Sub(d.cfg.Now())
		return min(max(wait, d.cfg.TickEvery), d.untilTick(state)), nil
	}
	index, _, _ := state.Closed()
	if err := d.own(ctx, &entry.End{Close: index}); err != nil {
		return 0, fmt.Errorf("ending the election: %w", err)
	}
	return 0, nil // totals are due
}

// untilTick is how long from now the next tick is due at the latest. It counts
// from the last tick, and not from now: whoever woke the clock in vain must not
// put the tick off beyond the minute of SPEC.md, section 8.
func (d *Door) untilTick(state *record.State) time.Duration {
	last, _ := state.LastTick()
	if last == nil {
		return d.cfg.TickEvery
	}
	wait := time.Unix(int64(last.Time), 0).Add(tickAtLeast).Sub(d.cfg.Now())
	return min(max(wait, d.cfg.TickEvery), tickAtLeast)
}

// Tick appends one tick of the tree as it is, if the log has grown since the
// last, that is half a minute old, or a calling window or the end of the last
// decision time has come since. Where the manifest has witnesses, the tick is of a
// published tree that their quorum has just cosigned, and there is none without
// it.
func (d *Door) Tick(ctx context.Context) error {
	select {
	case d.ticking <- struct{}{}:
		defer func() { <-d.ticking }()
	case <-ctx.Done():
		return fmt.Errorf("ticking: %w", ctx.Err())
	}
	witnessed, err := d.witnessed(ctx)
	if err != nil {
		d.setFailed(true)
		return fmt.Errorf("ticking: %w", err)
	}
	index, err := d.log.AppendFunc(ctx, func(size uint64, root tlog.Hash) ([]byte, []store.Claim, error) {
		state := d.State()
		tick := &entry.Tick{Size: size, Root: root[:], Random: make([]byte, 32)}
		if state.Manifest().Quorum > 0 {
			if witnessed == nil {
				return nil, nil, errNoTick
			}
			tick.Size, tick.Root = witnessed.Size, witnessed.Root[:]
		}
		var due bool
		if tick.Time, due = d.due(state, tick.Size); !due {
			return nil, nil, errNoTick
		}
		if _, err := rand.Read(tick.Random); err != nil {
			return nil, nil, fmt.Errorf("reading randomness: %w", err)
		}
		if witnessed != nil {
			tick.Cosignatures = inTick(state.Manifest(), witnessed.Cosignatures, tick.Time)
		}
		hash := state.Hash()
		e, err := entry.Sign(tick, hash[:], d.cfg.BoardKey)
		if err == nil {
			// Judge checks no signatures; a board under a wrong key would tick in
			// vain until somebody verifies the record.
			err = state.Verify(e)
		}
		if err != nil {
			return nil, nil, err
		}
		return e.Bytes(), nil, nil
	})
	if errors.Is(err, errNoTick) {
		return nil
	}
	d.setFailed(err != nil)
	if err != nil {
		return fmt.Errorf("ticking: %w", err)
	}
	d.advance(index + 1)
	return nil
}

// due says whether a tick of the first size entries is due, and its time.
func (d *Door) due(state *record.State, size uint64) (now uint64, due bool) {
	now = uint64(d.cfg.Now().Unix())
	last, _ := state.LastTick()
	if last == nil {
		return now, true
	}
	sum := state.Summary()
	// Beside entries that the last tick did not cover there is that tick.
	grown := size > last.Size+1
	decided := sum.DecideUntil != 0 && now >= sum.DecideUntil && sum.LastTick < sum.DecideUntil
	begins := state.InWindow(now) && !state.InWindow(last.Time)
	due = grown || decided || begins || d.lastFailed() || now >= last.Time+uint64(tickAtLeast/time.Second)
	return max(now, last.Time), due // the clock may have been set back
}

func (d *Door) lastFailed() bool {
	d.mu.RLock()
	defer d.mu.RUnlock()
	return d.failed
}

func (d *Door) setFailed(failed bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.failed = failed
}

// own signs and posts an entry of the board's own.
func (d *Door) own(ctx context.Context, body entry.Body) error {
	hash := d.State().Hash()
	e, err := entry.Sign(body, hash[:], d.cfg.BoardKey)
	if err != nil {
		return err
	}
	_, err = d.post(ctx, e)
	return err
}

func (d *Door) postTotals(ctx context.Context, state *record.State) error {
	parts, err := count.Totals(state)
	if err != nil {
		return fmt.Errorf("totals are NOT posted, for the memory or the program of this board is faulty: restart it, "+
			"and if that does not help on another machine, so that it adds up what is on disk: %w", err)
	}
	hashes := state.PostedTotals()
	for i, chunk := range count.Chunks(parts) {
		if i < len(hashes)/32 {
			continue // posted before a restart
		}
		body := &entry.Totals{Chunk: uint64(i), Parts: chunk}
		hash := state.Hash()
		e, err := entry.Sign(body, hash[:], d.cfg.BoardKey)
		if err != nil {
			return fmt.Errorf("totals, chunk %d: %w", i, err)
		}
		if _, err := d.post(ctx, e); err != nil {
			return fmt.Errorf("totals, chunk %d: %w", i, err)
		}
		leaf := e.LeafHash()
		hashes = append(hashes, leaf[:]...)
	}
	end, _ := state.End()
	return d.own(ctx, &entry.TotalsEnd{End: end, Chunks: hashes})
}
