package store

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"slices"

	"github.com/transparency-dev/merkle/compact"

	"rollcall/bulletin/tlog"
)

// errDrop, returned from sql.Conn.Raw, makes database/sql close a connection.
var errDrop = driver.ErrBadConn

// group is one transaction of the writer. Rows are gathered and written at its
// end, many with one statement; until then its own are found in memory.
type group struct {
	s   *Store
	ctx context.Context
	tx  *sql.Tx
	tip *compact.Range // provisional
	// fresh is the entries appended.
	fresh [][]byte
	rows  pending
	// same holds, for every leaf hash that was looked for, the indexes of the
	// entries that have it, those of this group too.
	same   map[tlog.Hash][]uint64
	claims map[Claim]uint64 // taken in this group
}

// commit runs a group in one transaction. It leaves each request's own answer
// in it, and returns the group with the new tree. An error means that the
// database failed and that none of those answers count.
func (w *writer) commit(ctx context.Context, requests []*request) (*group, error) {
	tx, err := w.s.db.BeginTx(ctx, nil)
	if err != nil {
		return nil, fmt.Errorf("starting transaction: %w", err)
	}
	defer tx.Rollback()
	tip, err := tlog.CloneRange(w.tip)
	if err != nil {
		return nil, err
	}
	g := &group{s: w.s, ctx: ctx, tx: tx, tip: tip, same: map[tlog.Hash][]uint64{}, claims: map[Claim]uint64{}}
	var leaves []tlog.Hash
	for _, r := range requests {
		for i := range r.entries {
			leaves = append(leaves, r.entries[i].leaf)
		}
	}
	if err := g.lookFor(leaves); err != nil {
		return nil, err
	}
	for _, r := range requests {
		if r.err = r.ctx.Err(); r.err != nil {
			continue // nobody waits for it any more
		}
		if err := g.handle(r); err != nil {
			return nil, err
		}
	}
	if len(g.fresh) == 0 {
		return g, nil
	}
	if err := g.write(); err != nil {
		return nil, err
	}
	if err := tx.Commit(); err != nil {
		return nil, fmt.Errorf("committing %d entries: %w", len(g.fresh), err)
	}
	return g, nil
}

// handle appends what a request asks for and sets its answer. An error is the
// database's; a refusal goes into the answer.
func (g *group) handle(r *request) error {
	items := r.entries
	if r.fn != nil {
		root, err := tlog.RangeRoot(g.tip)
		if err != nil {
			return err
		}
		entry, claims, err := r.fn(g.tip.End(), root)
		if err == nil {
			err = checkItem(entry, claims)
		}
		if err != nil {
			r.err = err
			return nil
		}
		entry = slices.Clone(entry)
		items = []item{{entry, claims, tlog.LeafHash(entry)}}
		if err := g.lookFor([]tlog.Hash{items[0].leaf}); err != nil {
			return err
		}
	}
	for _, it := range items {
		index, refusal, err := g.append(it)
		if err != nil {
			return err
		}
		if refusal != nil {
			r.err = refusal
			return nil
		}
		r.indexes = append(r.indexes, index)
	}
	return nil
}

// append finds or appends one entry.
func (g *group) append(it item) (index uint64, refusal, err error) {
	index, found, err := g.find(it)
	if err != nil || found {
		return index, nil, err
	}
	index = g.tip.End()
	more, refusal := g.s.cfg.Admitter.Judge(g.ctx, index, it.entry)
	if refusal == nil {
		refusal = checkItem(it.entry, more)
	}
	if refusal != nil {
		return 0, refusal, nil
	}
	claims := slices.Concat(it.claims, more)
	slices.Sort(claims)
	claims = slices.Compact(claims)
	for _, c := range claims {
		holder, held, err := g.holder(c)
		if err != nil {
			return 0, nil, err
		}
		if held {
			return 0, &ClaimedError{Claim: c, Index: holder}, nil
		}
	}
	if err := g.put(index, it, claims); err != nil {
		return 0, nil, err
	}
	g.s.cfg.Admitter.Advance(index, it.entry)
	return index, nil, nil
}

// find returns the first entry with the item's leaf hash, and so its bytes,
// that holds all its claims.
func (g *group) find(it item) (index uint64, found bool, err error) {
	for _, index := range g.same[it.leaf] {
		all := true
		for _, c := range it.claims {
			holder, held, err := g.holder(c)
			if err != nil {
				return 0, false, err
			}
			all = all && held && holder == index
		}
		if all {
			return index, true, nil
		}
	}
	return 0, false, nil
}

// holder returns the index of the entry that holds a claim.
func (g *group) holder(c Claim) (index uint64, held bool, err error) {
	if index, held := g.claims[c]; held {
		return index, true, nil
	}
	var idx int64
	err = g.stmt(g.s.w.stmts.claim).QueryRowContext(g.ctx, string(c)).Scan(&idx)
	if errors.Is(err, sql.ErrNoRows) {
		return 0, false, nil
	}
	if err != nil {
		return 0, false, fmt.Errorf("looking for claim: %w", err)
	}
	return uint64(idx), true, nil
}

// put takes down one entry, its claims and the tile hashes it completes, to be
// written by write.
func (g *group) put(index uint64, it item, claims []Claim) error {
	g.rows.entries = append(g.rows.entries, int64(index), it.leaf[:], it.entry)
	for _, c := range claims {
		g.claims[c] = index
		g.rows.claims = append(g.rows.claims, string(c), int64(index))
	}
	g.same[it.leaf] = append(g.same[it.leaf], index)
	g.fresh = append(g.fresh, it.entry)
	err := g.tip.Append(it.leaf[:], func(id compact.NodeID, hash []byte) {
		if level, ok := tlog.TileLevel(id); ok && level > 0 {
			g.rows.nodes = append(g.rows.nodes, level, int64(id.Index), hash)
		}
	})
	if err != nil {
		return fmt.Errorf("growing the tree to entry %d: %w", index, err)
	}
	return nil
}
