package hint

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"
)

// Filled is what Fill has found and made.
type Filled struct {
	Bundles uint64 // full entry bundles of the board
	Made    uint64 // hint files made
	Present uint64 // hint files that were there already
}

// Fill makes the hint files that are missing in the public directory of a board,
// or of a copy of one, with all processors. A hint file that is there is left as
// it is. progress, which may be nil, is told of every bundle, one call at a time.
//
// A bundle that can not be read has no hints and does not keep others from
// theirs: the error, when all is done, names the first.
func Fill(ctx context.Context, dir string, progress func(done, total uint64)) (Filled, error) {
	f, err := open(ctx, dir)
	if err != nil {
		return Filled{}, err
	}
	p := pass{files: f, progress: progress}
	for f.has(p.filled.Bundles) {
		p.filled.Bundles++
	}
	g, run := errgroup.WithContext(ctx)
	g.SetLimit(runtime.GOMAXPROCS(0))
	for i := uint64(0); i < p.filled.Bundles && run.Err() == nil; i++ {
		g.Go(func() error { return p.fill(run, i) })
	}
	if err := g.Wait(); err != nil {
		return p.filled, err
	}
	if err := ctx.Err(); err != nil {
		return p.filled, err
	}
	if p.unread > 0 {
		return p.filled, fmt.Errorf("%d of %d bundles are without hints: %w", p.unread, p.filled.Bundles, p.err)
	}
	return p.filled, nil
}

// pass is one run of Fill.
type pass struct {
	files    *files
	progress func(done, total uint64)

	mu     sync.Mutex // guards what follows, and calls of progress
	filled Filled     // Bundles is set before the pass begins
	unread uint64     // bundles that could not be read
	first  uint64     // the first of them
	err    error      // its error
}

// fill makes the hints of one bundle. Its error ends the pass.
func (p *pass) fill(ctx context.Context, index uint64) error {
	made, err := p.files.fill(ctx, index)
	if errors.Is(err, errWrite) || err != nil && ctx.Err() != nil {
		return err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	switch {
	case err != nil:
		if p.unread == 0 || index < p.first {
			p.first, p.err = index, err
		}
		p.unread++
	case made:
		p.filled.Made++
	default:
		p.filled.Present++
	}
	if p.progress != nil {
		p.progress(p.filled.Made+p.filled.Present+p.unread, p.filled.Bundles)
	}
	return nil
}

// Follow makes the hint files of a board that grows, until ctx ends. It looks
// for new bundles at intervals of every, makes the hints of one bundle at a time,
// and rests after each for as long as that took: calls come first, and hints can
// wait.
//
// report is told what goes wrong, and of a lasting fault once. A bundle that can
// not be read is passed over, as by Fill; all else is tried again.
func Follow(ctx context.Context, dir string, every time.Duration, report func(error)) {
	var next uint64
	var last string
	for {
		var err error
		if next, err = catchUp(ctx, dir, next, report); ctx.Err() != nil {
			return
		}
		if err != nil && err.Error() != last {
			report(err)
		}
		last = fmt.Sprint(err)
		if !rest(ctx, every) {
			return
		}
	}
}

// catchUp makes the hints of bundle number next and those after it, and returns
// the number of the first one that was not there.
func catchUp(ctx context.Context, dir string, next uint64, report func(error)) (uint64, error) {
	f, err := open(ctx, dir)
	if err != nil {
		return next, err
	}
	for ; f.has(next); next++ {
		start := time.Now()
		_, err := f.fill(ctx, next)
		if errors.Is(err, errWrite) || ctx.Err() != nil {
			return next, err
		}
		if err != nil {
			report(err)
		}
		if !rest(ctx, time.Since(start)) {
			return next, ctx.Err()
		}
	}
	return next, nil
}

// rest waits and reports whether ctx goes on.
func rest(ctx context.Context, d time.Duration) bool {
	select {
	case <-ctx.Done():
		return false
	case <-time.After(d):
		return true
	}
}
