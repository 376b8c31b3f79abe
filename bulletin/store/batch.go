package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"

	"rollcall/bulletin/tlog"
)

// batches are how many rows one statement writes or looks for, the larger ones
// first: a statement costs more than a row.
var batches = [...]int{64, 8, 1}

// statements are the writer's, prepared once; each array follows batches.
type statements struct {
	claim                                *sql.Stmt
	byLeaf, entries, nodes, insertClaims [len(batches)]*sql.Stmt
}

func prepareStatements(ctx context.Context, db *sql.DB) (*statements, error) {
	s := new(statements)
	var err error
	prepare := func(query string) *sql.Stmt {
		stmt, perr := db.PrepareContext(ctx, query)
		if perr != nil {
			err = errors.Join(err, fmt.Errorf("preparing %q: %w", query, perr))
		}
		return stmt
	}
	s.claim = prepare(sqlClaim)
	for i, n := range batches {
		s.byLeaf[i] = prepare(sqlByLeaf + " " + rows(1, n) + " ORDER BY idx")
		s.entries[i] = prepare(sqlInsert + " " + rows(n, 3))
		s.nodes[i] = prepare(sqlInsertNode + " " + rows(n, 3))
		s.insertClaims[i] = prepare(sqlInsertClaim + " " + rows(n, 2))
	}
	return s, err
}

// rows returns the parameters of n rows of some columns: ($1, $2), ($3, $4).
func rows(n, columns int) string {
	var b strings.Builder
	for i := range n * columns {
		switch {
		case i == 0:
			b.WriteString("(")
		case i%columns == 0:
			b.WriteString("), (")
		default:
			b.WriteString(", ")
		}
		fmt.Fprintf(&b, "$%d", i+1)
	}
	return b.String() + ")"
}

// pending is rows to be written, as their columns one after the other.
type pending struct{ entries, nodes, claims []any }

// write writes what the group has gathered.
func (g *group) write() error {
	stmts := g.s.w.stmts
	for _, t := range []struct {
		name    string
		stmts   [len(batches)]*sql.Stmt
		columns int
		args    []any
	}{
		{"entries", stmts.entries, 3, g.rows.entries},
		{"tree", stmts.nodes, 3, g.rows.nodes},
		{"claims", stmts.insertClaims, 2, g.rows.claims},
	} {
		err := inBatches(t.args, t.columns, func(size int, args []any) error {
			_, err := g.stmt(t.stmts[size]).ExecContext(g.ctx, args...)
			return err
		})
		if err != nil {
			return fmt.Errorf("writing %s: %w", t.name, err)
		}
	}
	return nil
}

// lookFor looks for entries with these leaf hashes and notes them in same.
func (g *group) lookFor(leaves []tlog.Hash) error {
	var args []any
	for _, leaf := range leaves {
		if _, ok := g.same[leaf]; !ok {
			g.same[leaf] = nil
			args = append(args, leaf[:])
		}
	}
	err := inBatches(args, 1, func(size int, args []any) error {
		rows, err := g.stmt(g.s.w.stmts.byLeaf[size]).QueryContext(g.ctx, args...)
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			var idx int64
			var leaf []byte
			if err := rows.Scan(&idx, &leaf); err != nil {
				return err
			}
			if len(leaf) != len(tlog.Hash{}) {
				return fmt.Errorf("hash of %d bytes", len(leaf))
			}
			g.same[tlog.Hash(leaf)] = append(g.same[tlog.Hash(leaf)], uint64(idx))
		}
		return rows.Err()
	})
	if err != nil {
		return fmt.Errorf("looking for entries: %w", err)
	}
	return nil
}

// inBatches calls fn for all rows of args: size is the place in batches of the
// number of rows it is handed.
func inBatches(args []any, columns int, fn func(size int, args []any) error) error {
	for size, n := range batches {
		for ; len(args) >= n*columns; args = args[n*columns:] {
			if err := fn(size, args[:n*columns]); err != nil {
				return err
			}
		}
	}
	return nil
}

// stmt returns a statement inside the group's transaction.
func (g *group) stmt(s *sql.Stmt) *sql.Stmt { return g.tx.StmtContext(g.ctx, s) }
