package election

import (
	"context"
	"fmt"
	"iter"
	"slices"

	"golang.org/x/sync/errgroup"

	"rollcall/bulletin/entry"
	"rollcall/tally/booth"
)

const (
	// workers is how many voters vote at the same time. Posting waits for the
	// disk and for publication, which all that wait share: many more than there
	// are processors.
	workers = 128
	// defaultWave is how many voters begin between two ticks. About as many
	// sealed ballots are held at once, of one or two kilobytes each.
	defaultWave = 4096
)

// Vote is what one simulated voter does.
type Vote struct {
	Voter   int     // position in Election.Voters
	Choices [][]int // as booth.Make takes them
	// Tests is how many ballots are tested first; Abandon leaves the last one
	// undecided instead of casting it.
	Tests   int
	Abandon bool
}

// caller is a voter between two waves: what is left to do, and the sealed
// ballot, nil before the first.
type caller struct {
	Vote
	sealed *booth.Sealed
	again  bool // a ballot was sealed before this one
}

// Run has voters vote, many at a time.
func (e *Election) Run(ctx context.Context, votes []Vote) error {
	return e.runAll(ctx, len(votes), slices.Values(votes))
}

// runAll has total voters vote in waves, with a tick after each: in every wave
// the callers of the one before decide, and others call. A voter who has tested
// seals once more in the same wave.
func (e *Election) runAll(ctx context.Context, total int, votes iter.Seq[Vote]) error {
	next, stop := iter.Pull(votes)
	defer stop()
	count := e.counter("voting", total)
	var wave []*caller
	for {
		for started := 0; started < e.waveSize; started++ {
			v, ok := next()
			if !ok {
				break
			}
			wave = append(wave, &caller{Vote: v})
		}
		if len(wave) == 0 {
			return nil
		}
		err := each(ctx, workers, len(wave), func(ctx context.Context, i int) error { return e.turn(ctx, wave[i], count) })
		if err != nil {
			return err
		}
		if err := e.tick(ctx); err != nil {
			return err
		}
		if err := e.Door.State().AddUp(); err != nil { // Door.Run would
			return err
		}
		wave = slices.DeleteFunc(wave, func(c *caller) bool { return c.sealed == nil })
	}
}

// turn has one voter decide on the sealed ballot, if there is one, and seal the
// next, unless the voter is through; then sealed is nil.
func (e *Election) turn(ctx context.Context, c *caller, count func(int)) error {
	if c.sealed != nil {
		tested := c.Tests > 0
		if err := e.decide(ctx, c); err != nil {
			return fmt.Errorf("deciding: %w", err)
		}
		c.sealed.Wipe()
		c.sealed = nil
		if !tested {
			return nil
		}
		c.Tests--
	}
	v := e.Voters[c.Voter]
	made, sealed, err := e.Booth.Make(v.Ballot, v.Unit, c.Choices)
	if err == nil {
		sealed.Index, err = e.Door.Post(ctx, made.Bytes())
	}
	if err != nil {
		return fmt.Errorf("sealing: %w", err)
	}
	c.sealed = sealed
	if !c.again {
		count(1) // deciding is quick
	}
	c.again = true
	return nil
}

// decide tests, casts or abandons a sealed ballot.
func (e *Election) decide(ctx context.Context, c *caller) error {
	voter := e.Voters[c.Voter]
	var signed *entry.Entry
	var err error
	switch {
	case c.Tests > 0:
		signed, err = e.Booth.MakeTest(c.sealed, voter.Ballot)
	case c.Abandon:
		return nil
	default:
		signed, err = e.Booth.MakeCast(c.sealed, voter.Cast)
	}
	if err != nil {
		return err
	}
	_, err = e.Door.Post(ctx, signed.Bytes())
	return err
}

// each calls do for 0 to n-1, some at the same time. Without an error all were
// called.
func each(ctx context.Context, atOnce, n int, do func(ctx context.Context, i int) error) error {
	g, either := errgroup.WithContext(ctx)
	g.SetLimit(atOnce)
	for i := range n {
		if either.Err() != nil {
			break
		}
		g.Go(func() error { return do(either, i) })
	}
	if err := g.Wait(); err != nil {
		return err
	}
	return ctx.Err()
}

// counter returns a function that counts what is done, from any goroutine, and
// tells Options.Progress.
func (e *Election) counter(what string, total int) func(n int) {
	done := 0
	return func(n int) {
		e.counting.Lock()
		defer e.counting.Unlock()
		done += n
		e.progress(what, done, total)
	}
}
