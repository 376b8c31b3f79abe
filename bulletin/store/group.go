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

// group is one transaction of the writer.
type group struct {
	s   *Store
	ctx context.Context
	tx  *sql.Tx
	q   querier
	tip *compact.Range // provisional
	new int            // entries appended

	insert, insertNode, insertClaim, byLeaf, claim *sql.Stmt
}

// commit runs a group in one transaction. It leaves each request's own answer
// in it, and returns the new tree, nil if nothing was appended. An error means
// that the database failed and that none of those answers count.
func (w *writer) commit(ctx context.Context, requests []*request) (*compact.Range, error) {
	tx, err := w.s.db.BeginTx(ctx, nil)
	if err != nil {
		return nil, fmt.Errorf("starting transaction: %w", err)
	}
	defer tx.Rollback()
	tip, err := tlog.CloneRange(w.tip)
	if err != nil {
		return nil, err
	}
	g := &group{s: w.s, ctx: ctx, tx: tx, q: querier{tx}, tip: tip}
	if err := g.prepare(); err != nil {
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
	if g.new == 0 {
		return nil, nil
	}
	if err := tx.Commit(); err != nil {
		return nil, fmt.Errorf("committing %d entries: %w", g.new, err)
	}
	return g.tip, nil
}

func (g *group) prepare() error {
	for _, p := range []struct {
		stmt **sql.Stmt
		sql  string
	}{
		{&g.insert, sqlInsert}, {&g.insertNode, sqlInsertNode}, {&g.insertClaim, sqlInsertClaim},
		{&g.byLeaf, sqlByLeaf}, {&g.claim, sqlClaim},
	} {
		stmt, err := g.tx.PrepareContext(g.ctx, p.sql)
		if err != nil {
			return fmt.Errorf("preparing %q: %w", p.sql, err)
		}
		*p.stmt = stmt
	}
	return nil
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
		items = []item{{slices.Clone(entry), claims}}
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
	leaf := tlog.LeafHash(it.entry)
	index, found, err := g.find(leaf, it.claims)
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
	if err := g.put(index, leaf, it.entry, claims); err != nil {
		return 0, nil, err
	}
	g.s.cfg.Admitter.Advance(index, it.entry)
	g.new++
	return index, nil, nil
}

// find returns the first entry with this leaf hash, and so these bytes, that
// holds all of claims.
func (g *group) find(leaf tlog.Hash, claims []Claim) (index uint64, found bool, err error) {
	rows, err := g.byLeaf.QueryContext(g.ctx, leaf[:])
	if err != nil {
		return 0, false, fmt.Errorf("looking for the entry: %w", err)
	}
	var same []uint64
	for rows.Next() {
		var idx int64
		if err := rows.Scan(&idx); err != nil {
			rows.Close()
			return 0, false, fmt.Errorf("looking for the entry: %w", err)
		}
		same = append(same, uint64(idx))
	}
	if err := rows.Err(); err != nil {
		return 0, false, fmt.Errorf("looking for the entry: %w", err)
	}
	for _, index := range same {
		all := true
		for _, c := range claims {
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

func (g *group) holder(c Claim) (index uint64, held bool, err error) {
	var idx int64
	err = g.claim.QueryRowContext(g.ctx, string(c)).Scan(&idx)
	if errors.Is(err, sql.ErrNoRows) {
		return 0, false, nil
	}
	if err != nil {
		return 0, false, fmt.Errorf("looking for claim: %w", err)
	}
	return uint64(idx), true, nil
}

// put writes one entry, its claims and the tile hashes it completes.
func (g *group) put(index uint64, leaf tlog.Hash, entry []byte, claims []Claim) error {
	if _, err := g.insert.ExecContext(g.ctx, int64(index), leaf[:], entry); err != nil {
		return fmt.Errorf("writing entry %d: %w", index, err)
	}
	for _, c := range claims {
		if _, err := g.insertClaim.ExecContext(g.ctx, string(c), int64(index)); err != nil {
			return fmt.Errorf("writing claim of entry %d: %w", index, err)
		}
	}
	var err error
	aerr := g.tip.Append(leaf[:], func(id compact.NodeID, hash []byte) {
		if level, ok := tlog.TileLevel(id); ok && level > 0 && err == nil {
			_, err = g.insertNode.ExecContext(g.ctx, level, int64(id.Index), hash)
		}
	})
	if err := errors.Join(err, aerr); err != nil {
		return fmt.Errorf("writing tree at entry %d: %w", index, err)
	}
	return nil
}
