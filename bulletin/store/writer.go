package store

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/transparency-dev/merkle/compact"

	"rollcall/bulletin/tlog"
)

// maxGroup is the most appends that are gathered into one transaction, so that
// none waits long.
const maxGroup = 1024

// request is one call that waits for the writer.
type request struct {
	ctx     context.Context
	entries []item
	fn      func(size uint64, root tlog.Hash) ([]byte, []Claim, error) // instead of entries

	indexes []uint64 // set by the writer, as is err, before done is closed
	err     error
	done    chan struct{}
}

type item struct {
	entry  []byte
	claims []Claim
	leaf   tlog.Hash // of entry
}

// do hands a request to the writer and waits for its answer.
func (s *Store) do(ctx context.Context, r *request) ([]uint64, error) {
	for i := range r.entries {
		it := &r.entries[i]
		if err := checkItem(it.entry, it.claims); err != nil {
			return nil, err
		}
		// The caller may use its slice again; the writer's copy stays.
		it.entry, it.claims = bytes.Clone(it.entry), slices.Clone(it.claims)
		it.leaf = tlog.LeafHash(it.entry) // here, since the writer is but one
	}
	r.ctx, r.done = ctx, make(chan struct{})
	select {
	case s.requests <- r:
	case <-s.quit:
		return nil, ErrClosed
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	select {
	case <-r.done:
		return r.indexes, r.err
	case <-ctx.Done():
		return nil, ctx.Err()
	case <-s.stopped:
	}
	select {
	case <-r.done:
		return r.indexes, r.err
	default:
		return nil, ErrClosed
	}
}

func checkItem(entry []byte, claims []Claim) error {
	if len(entry) == 0 || len(entry) > tlog.MaxEntry {
		return fmt.Errorf("entry of %d bytes, want 1 to %d", len(entry), tlog.MaxEntry)
	}
	for _, c := range claims {
		if len(c) == 0 || len(c) > MaxClaim || !utf8.ValidString(string(c)) || strings.ContainsRune(string(c), 0) {
			return fmt.Errorf("claim %q: want 1 to %d bytes of UTF-8 without NUL", c, MaxClaim)
		}
	}
	return nil
}

// writer is the state of the writing goroutine.
type writer struct {
	s *Store
	// tip is the tree of all committed entries. Its hashes are never changed in
	// place: a group works on a copy.
	tip *compact.Range
	// stale says that the database failed: tip and the Admitter's state must be
	// reloaded before the next append.
	stale bool
	stmts *statements
}

func (w *writer) run() {
	defer close(w.s.stopped)
	for {
		select {
		case <-w.s.quit:
			return
		case r := <-w.s.requests:
			w.serve(w.gather(r))
		}
	}
}

// gather takes what waits already. It waits for nothing more: while one group
// commits, the next one gathers by itself.
func (w *writer) gather(first *request) []*request {
	group := []*request{first}
	for n := len(first.entries); n < maxGroup; {
		select {
		case r := <-w.s.requests:
			group = append(group, r)
			n += max(len(r.entries), 1)
		default:
			return group
		}
	}
	return group
}

// serve commits a group and answers its callers.
func (w *writer) serve(group []*request) {
	ctx := context.Background() // one caller's context must not end the others' transaction
	if w.stale {
		if err := w.reload(ctx); err != nil {
			answer(group, fmt.Errorf("%w: %w", ErrCommit, err))
			return
		}
	}
	done, err := w.commit(ctx, group)
	if err != nil {
		// Reload at once, so that what the log holds is known again; if that
		// fails too, the next group tries.
		w.stale = true
		err = fmt.Errorf("%w: %w", ErrCommit, err)
		if rerr := w.reload(ctx); rerr != nil {
			err = errors.Join(err, rerr)
		}
		answer(group, err)
		return
	}
	if len(done.fresh) > 0 {
		if err := w.publish(done.tip, done.fresh); err != nil {
			w.stale = true
			answer(group, fmt.Errorf("%w: %w", ErrCommit, err))
			return
		}
		w.s.cfg.Admitter.Committed(done.tip.End())
	}
	answer(group, nil)
	w.s.wal.written(ctx, w.s.db, done.pages())
}

// answer wakes the callers of a group. An err replaces each one's own answer.
func answer(group []*request, err error) {
	for _, r := range group {
		if err != nil {
			r.indexes, r.err = nil, err
		}
		close(r.done)
	}
}

// publish makes tip the committed tree. fresh is the entries that are new in it,
// nil if it was read from the database.
func (w *writer) publish(tip *compact.Range, fresh [][]byte) error {
	root, err := tlog.RangeRoot(tip)
	if err != nil {
		return err
	}
	w.tip = tip
	w.s.mu.Lock()
	defer w.s.mu.Unlock()
	w.s.size, w.s.root = tip.End(), root
	if fresh == nil {
		w.s.recent.reset(tip.End())
	} else {
		w.s.recent.add(fresh)
	}
	return nil
}

// reload drops the connection, and with it whatever transaction it was in, and
// reads tree and state back from the database.
func (w *writer) reload(ctx context.Context) error {
	if w.stale {
		if err := dropConnection(ctx, w.s.db); err != nil {
			return fmt.Errorf("dropping the connection: %w", err)
		}
	}
	q := querier{w.s.db}
	size, err := q.size(ctx)
	if err != nil {
		return err
	}
	tip, err := tlog.Range(ctx, q, size)
	if err != nil {
		return err
	}
	if err := w.publish(tip, nil); err != nil {
		return err
	}
	replay := func(fn func(index uint64, entry []byte) error) error {
		return q.entries(ctx, 0, size, fn)
	}
	if err := w.s.cfg.Admitter.Reload(ctx, replay); err != nil {
		return fmt.Errorf("reloading state from the log: %w", err)
	}
	w.stale = false
	return nil
}

// dropConnection closes the writer's only connection; the next use opens a new
// one.
func dropConnection(ctx context.Context, db *sql.DB) error {
	conn, err := db.Conn(ctx)
	if err != nil {
		return err
	}
	err = conn.Raw(func(any) error { return errDrop })
	if errors.Is(err, errDrop) {
		err = nil
	}
	return err
}
