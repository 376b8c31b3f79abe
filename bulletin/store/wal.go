package store

import (
	"context"
	"database/sql"
	"fmt"
)

// SQLite writes to a log of its own (WAL) and copies its pages into the
// database now and then. By default a commit does that whenever the log has
// 1,000 pages, and its callers wait. Here a goroutine copies beside the writer,
// and the writer itself only now and then what is left: the log starts again
// from its beginning once nothing is. Pages are counted roughly, of 4 KiB.
const (
	copyEvery = 2 << 10  // pages: 8 MiB
	restartAt = 16 << 10 // pages: 64 MiB, about what the log grows to
)

// walCopier copies the log's pages beside the writer.
type walCopier struct {
	wake    chan struct{} // capacity 1; closed at the end
	stopped chan struct{}

	// The writer's alone.
	copyEvery, restartAt int // pages
	pages, since         int // since the log has started, since the last copy
}

func newWALCopier(db *sql.DB) *walCopier {
	c := &walCopier{wake: make(chan struct{}, 1), stopped: make(chan struct{}), copyEvery: copyEvery, restartAt: restartAt}
	go func() {
		defer close(c.stopped)
		for range c.wake {
			// If it fails, what is in the log is durable there, and grows until
			// it works or the disk is full, which appends tell.
			_, _ = copyWAL(context.Background(), db)
		}
	}()
	return c
}

// written tells, between two transactions, how many pages the last one wrote,
// on the connection of db.
func (c *walCopier) written(ctx context.Context, db *sql.DB, pages int) {
	c.pages, c.since = c.pages+pages, c.since+pages
	if c.pages >= c.restartAt {
		// While the goroutine is at it, or after a failure, the next group tries.
		if all, err := copyWAL(ctx, db); err == nil && all {
			c.pages, c.since = 0, 0
			return
		}
	}
	if c.since >= c.copyEvery {
		c.since = 0
		select {
		case c.wake <- struct{}{}:
		default: // it is about to
		}
	}
}

func (c *walCopier) close() {
	close(c.wake)
	<-c.stopped
}

// copyWAL copies what it can without waiting, and makes it durable. all says
// that nothing is left.
func copyWAL(ctx context.Context, db *sql.DB) (all bool, err error) {
	var busy, logged, copied int
	if err := db.QueryRowContext(ctx, `PRAGMA wal_checkpoint(PASSIVE)`).Scan(&busy, &logged, &copied); err != nil {
		return false, fmt.Errorf("copying from the write-ahead log: %w", err)
	}
	return busy == 0 && logged == copied, nil
}

// pages is about how many pages a group writes: its entries, and one of an
// index for each hash and claim.
func (g *group) pages() int {
	bytes := 0
	for _, e := range g.fresh {
		bytes += len(e)
	}
	return bytes/3000 + len(g.fresh) + len(g.claims) + 4
}
