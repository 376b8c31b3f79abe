package server

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"

	_ "modernc.org/sqlite" // the driver "sqlite"

	"rollcall/bulletin/filelock"
	"rollcall/bulletin/tlog"
)

// ErrNoMemory says that a witness has no memory of what it signed.
var ErrNoMemory = errors.New("the memory of what this key has signed is gone")

const schema = `
CREATE TABLE key ( -- one row, or two where there is an ML-DSA-44 key
	vkey TEXT NOT NULL PRIMARY KEY
);
CREATE TABLE log (
	origin TEXT NOT NULL PRIMARY KEY,
	size   INTEGER NOT NULL,
	root   BLOB NOT NULL
);
`

// memory is what a witness must never forget: for each log the largest tree it
// has cosigned.
type memory struct {
	db     *sql.DB
	unlock func() error
}

// tree is a tree head.
type tree struct {
	size uint64
	root tlog.Hash
}

// openDB opens a database file. A transaction that is committed is on the disk.
func openDB(path string) (*sql.DB, error) {
	abs, err := filepath.Abs(path)
	if err != nil {
		return nil, err
	}
	db, err := sql.Open("sqlite", "file:"+(&url.URL{Path: abs}).EscapedPath()+
		"?_pragma=busy_timeout(10000)&_pragma=journal_mode(WAL)&_pragma=synchronous(FULL)&_txlock=immediate")
	if err != nil {
		return nil, err
	}
	db.SetMaxOpenConns(1)
	return db, nil
}

// CreateMemory makes the empty memory of new keys, which sign together. There must
// be none at path.
func CreateMemory(ctx context.Context, path string, vkeys ...string) error {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return fmt.Errorf("making the witness's memory: %w", err)
	}
	if err := f.Close(); err != nil {
		return err
	}
	db, err := openDB(path)
	if err != nil {
		return err
	}
	err = inTx(ctx, db, func(tx *sql.Tx) error {
		if _, err := tx.ExecContext(ctx, schema); err != nil {
			return err
		}
		for _, vkey := range vkeys {
			if _, err := tx.ExecContext(ctx, `INSERT INTO key (vkey) VALUES ($1)`, vkey); err != nil {
				return err
			}
		}
		return nil
	})
	if err = errors.Join(err, db.Close()); err != nil {
		return fmt.Errorf("making the witness's memory: %w", err)
	}
	return nil
}

// openMemory opens the memory of a witness's keys. A file that is not there is not
// made anew: a key without its memory would sign a second history of every log.
// Nor does a key join a memory that is not its own, or stay away: it may be signing
// elsewhere.
func openMemory(ctx context.Context, path string, vkeys ...string) (*memory, error) {
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("%w (no %s): it must sign nothing any more; make a new one", ErrNoMemory, path)
	}
	unlock, err := filelock.Lock(path + ".lock")
	if errors.Is(err, filelock.ErrLocked) {
		err = fmt.Errorf("this witness is running already: %w", err)
	}
	if err != nil {
		return nil, err
	}
	db, err := openDB(path)
	if err != nil {
		return nil, errors.Join(err, unlock())
	}
	m := &memory{db: db, unlock: unlock}
	of, err := keysOf(ctx, db)
	if slices.Sort(vkeys); err == nil && !slices.Equal(of, vkeys) {
		err = fmt.Errorf("%w: %s is the memory of another key, or of more or fewer: %s", ErrNoMemory, path, strings.Join(of, ", "))
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("opening the witness's memory %s: %w", path, err), m.close())
	}
	return m, nil
}

// keysOf returns the keys of a memory, sorted.
func keysOf(ctx context.Context, db *sql.DB) (keys []string, err error) {
	rows, err := db.QueryContext(ctx, `SELECT vkey FROM key ORDER BY vkey`)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var key string
		if err := rows.Scan(&key); err != nil {
			return nil, err
		}
		keys = append(keys, key)
	}
	return keys, rows.Err()
}

func (m *memory) close() error { return errors.Join(m.db.Close(), m.unlock()) }

// latest returns the largest tree cosigned for a log, the empty one if none.
func (m *memory) latest(ctx context.Context, origin string) (tree, error) {
	return latest(ctx, m.db, origin)
}

// rower is a database or a transaction.
type rower interface {
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
}

func latest(ctx context.Context, db rower, origin string) (tree, error) {
	var size int64
	var root []byte
	err := db.QueryRowContext(ctx, `SELECT size, root FROM log WHERE origin = $1`, origin).Scan(&size, &root)
	if errors.Is(err, sql.ErrNoRows) {
		return tree{root: tlog.EmptyRoot()}, nil
	}
	if err == nil && (size < 0 || len(root) != len(tlog.Hash{})) {
		err = errors.New("the row is damaged")
	}
	if err != nil {
		return tree{}, fmt.Errorf("reading the latest tree of %s: %w", origin, err)
	}
	return tree{uint64(size), tlog.Hash(root)}, nil
}

// replace makes now the latest tree of a log if before still is it, and returns
// the latest tree. It is on the disk when replace returns.
func (m *memory) replace(ctx context.Context, origin string, before, now tree) (is tree, err error) {
	err = inTx(ctx, m.db, func(tx *sql.Tx) error {
		if is, err = latest(ctx, tx, origin); err != nil || is != before {
			return err
		}
		_, err := tx.ExecContext(ctx, `INSERT INTO log (origin, size, root) VALUES ($1, $2, $3)
			ON CONFLICT (origin) DO UPDATE SET size = excluded.size, root = excluded.root`, origin, int64(now.size), now.root[:])
		is = now
		return err
	})
	if err != nil {
		return tree{}, fmt.Errorf("keeping the latest tree of %s: %w", origin, err)
	}
	return is, nil
}

func inTx(ctx context.Context, db *sql.DB, fn func(*sql.Tx) error) error {
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	if err := fn(tx); err != nil {
		return errors.Join(err, tx.Rollback())
	}
	return tx.Commit()
}
