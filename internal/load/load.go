// Package load puts a board under the load of many callers at once and measures
// what they wait for. It then reads the public files and holds them against
// what was acknowledged: a figure of a board that loses entries is worth
// nothing.
//
// It knows nothing of votes: the entries are bytes. Benchmarks and the scripts
// of bench/ call it; no test rests on the figures.
package load

import (
	"context"
	"crypto/rand"
	"encoding/binary"
	"errors"
	"fmt"
	"path/filepath"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"rollcall/bulletin"
	"rollcall/bulletin/checkpoint"
)

// minEntry is the fewest bytes that make every entry different.
const minEntry = 16

// Config says what load to put on a board.
type Config struct {
	// Dir is an empty directory: the database and the public files go there.
	Dir string
	// Callers is how many append at the same time, each one entry after the
	// other.
	Callers int
	// EntrySize is the bytes of an entry, 16 to 65,535.
	EntrySize int
	// Rate is how many entries a second all callers together mean to append,
	// evenly spread; 0 is as many as are answered. A caller that falls behind
	// its plan makes up for it, and its latency counts from the planned moment.
	Rate float64
	// Duration is how long entries are appended for.
	Duration time.Duration
}

func (c Config) check() error {
	if c.Callers < 1 || c.EntrySize < minEntry || c.EntrySize > 1<<16-1 || c.Duration <= 0 || c.Rate < 0 {
		return fmt.Errorf("load: %d callers, %d bytes, %v, %v entries/s: out of range", c.Callers, c.EntrySize, c.Duration, c.Rate)
	}
	return nil
}

// acked is one acknowledgement.
type acked struct {
	index   uint64
	seq     uint32
	caller  uint32
	at      time.Duration // since the start
	latency time.Duration // until durable and published
}

// Run appends to a new board for the duration, closes it, checks the public
// files, and reports.
func Run(ctx context.Context, cfg Config) (*Report, error) {
	if err := cfg.check(); err != nil {
		return nil, err
	}
	signer, err := checkpoint.GenerateSigner("example.org/load", rand.Reader)
	if err != nil {
		return nil, err
	}
	return run(ctx, cfg, signer)
}

func run(ctx context.Context, cfg Config, signer *checkpoint.Signer) (*Report, error) {
	public := filepath.Join(cfg.Dir, "board")
	board, err := bulletin.Open(ctx, bulletin.Config{Database: filepath.Join(cfg.Dir, "board.db"), Dir: public, Signer: signer})
	if err != nil {
		return nil, err
	}
	used := processorTime()
	acks, lags, elapsed, err := drive(ctx, board, cfg)
	used = processorTime() - used
	if err := errors.Join(err, board.Close()); err != nil {
		return nil, err
	}
	r := summarize(acks, lags, elapsed, used)
	if err := verify(ctx, public, signer, acks, cfg.EntrySize); err != nil {
		return nil, fmt.Errorf("after the load: %w", err)
	}
	return r, r.countFiles(public)
}

// drive runs the callers, and beside them one that watches the lag.
func drive(ctx context.Context, board *bulletin.Board, cfg Config) ([]acked, []lag, time.Duration, error) {
	watching, stop := context.WithCancel(ctx)
	defer stop()
	var lags []lag
	var watcher sync.WaitGroup
	watcher.Go(func() { lags = watch(watching, board) })

	each := make([][]acked, cfg.Callers)
	callers, ctx := errgroup.WithContext(ctx)
	start := time.Now()
	for i := range each {
		callers.Go(func() error {
			var err error
			each[i], err = call(ctx, board, cfg, i, start)
			return err
		})
	}
	err := callers.Wait()
	elapsed := time.Since(start)
	stop()
	watcher.Wait()
	var all []acked
	for _, a := range each {
		all = append(all, a...)
	}
	return all, lags, elapsed, err
}

// call is one caller.
func call(ctx context.Context, board *bulletin.Board, cfg Config, caller int, start time.Time) ([]acked, error) {
	var acks []acked
	var every time.Duration // between two entries of this caller
	planned := start
	if cfg.Rate > 0 {
		every = time.Duration(float64(cfg.Callers) / cfg.Rate * float64(time.Second))
		planned = start.Add(every / time.Duration(cfg.Callers) * time.Duration(caller))
	}
	end := start.Add(cfg.Duration)
	for seq := uint32(0); ; seq++ {
		if every > 0 {
			time.Sleep(time.Until(planned))
		} else {
			planned = time.Now()
		}
		if !planned.Before(end) {
			return acks, nil
		}
		index, err := board.Append(ctx, makeEntry(uint32(caller), seq, cfg.EntrySize))
		if err != nil {
			return acks, fmt.Errorf("caller %d, entry %d: %w", caller, seq, err)
		}
		now := time.Now()
		acks = append(acks, acked{index, seq, uint32(caller), now.Sub(start), now.Sub(planned)})
		planned = planned.Add(every)
	}
}

// makeEntry returns entry number seq of a caller; its bytes are all its own.
func makeEntry(caller, seq uint32, size int) []byte {
	e := make([]byte, size)
	binary.BigEndian.PutUint32(e, caller)
	binary.BigEndian.PutUint32(e[4:], seq)
	for n := 8; n < size; n *= 2 {
		copy(e[n:], e[:n])
	}
	return e
}

// lag is how far the published checkpoint was behind the committed log.
type lag struct {
	entries uint64
	took    time.Duration // until what was committed was published
}

// watch looks at the lag until ctx ends.
func watch(ctx context.Context, board *bulletin.Board) []lag {
	var lags []lag
	for {
		published, committed := board.Latest().Size, board.Log().Size()
		start := time.Now()
		if err := board.Publish(ctx); err != nil {
			return lags
		}
		lags = append(lags, lag{committed - min(published, committed), time.Since(start)})
		select {
		case <-ctx.Done():
			return lags
		case <-time.After(10 * time.Millisecond):
		}
	}
}
