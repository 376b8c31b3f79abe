package registrar

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"time"

	_ "modernc.org/sqlite" // the database driver "sqlite"

	"rollcall/crypto/credential"
	"rollcall/crypto/transcript"
)

// The database: a budget has one row a tag, an answer one row a counted
// request of the last hour. The hourly budget is the number of answers, so the
// two can not disagree. Times are Unix milliseconds.
const schema = `
CREATE TABLE IF NOT EXISTS meta (
	name  TEXT PRIMARY KEY,
	value BLOB NOT NULL
);
CREATE TABLE IF NOT EXISTS budget (
	tag   BLOB PRIMARY KEY,
	known INTEGER NOT NULL, -- 1: the voter number was issued
	spent INTEGER NOT NULL, -- since the last refill
	used  INTEGER NOT NULL  -- time of the last counted request
);
CREATE INDEX IF NOT EXISTS budget_unknown ON budget (used) WHERE known = 0;
CREATE TABLE IF NOT EXISTS answer (
	tag       BLOB NOT NULL,
	nonce     BLOB NOT NULL,
	blinded   BLOB NOT NULL,
	evaluated BLOB NOT NULL,
	proof     BLOB NOT NULL,
	time      INTEGER NOT NULL,
	counts    INTEGER NOT NULL, -- 0 once refilled
	PRIMARY KEY (tag, nonce)
);
CREATE INDEX IF NOT EXISTS answer_time ON answer (time);
`

const addKnown = `INSERT INTO budget VALUES (?, 1, 0, 0) ON CONFLICT (tag) DO UPDATE SET known = 1`

func (s *Service) open(ctx context.Context) error {
	// SQLite gives its other files the mode of this one.
	f, err := os.OpenFile(s.config.Path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return err
	}
	if err := f.Close(); err != nil {
		return err
	}
	path, err := filepath.Abs(s.config.Path)
	if err != nil {
		return err
	}
	// FULL: a commit is on disk before it returns, and with it every try.
	name := url.URL{Scheme: "file", Path: path, RawQuery: "_pragma=busy_timeout(5000)&_pragma=journal_mode(WAL)" +
		"&_pragma=synchronous(FULL)&_txlock=immediate"}
	if s.db, err = sql.Open("sqlite", name.String()); err != nil {
		return err
	}
	s.db.SetMaxOpenConns(1)
	if err := s.prepare(ctx); err != nil {
		return errors.Join(err, s.db.Close())
	}
	return nil
}

// prepare makes the tables, binds the database to election and key and loads
// what the service counts in memory.
func (s *Service) prepare(ctx context.Context) error {
	err := s.transact(ctx, func(tx *sql.Tx) error {
		if _, err := tx.ExecContext(ctx, schema); err != nil {
			return err
		}
		want := transcript.New("rollcall/v1/registrar/database").Bytes(s.config.ElectionHash[:]).Bytes(s.tagKey).Sum()
		if _, err := tx.ExecContext(ctx, `INSERT OR IGNORE INTO meta VALUES ('binding', ?)`, want[:]); err != nil {
			return err
		}
		var got []byte
		if err := tx.QueryRowContext(ctx, `SELECT value FROM meta WHERE name = 'binding'`).Scan(&got); err != nil {
			return err
		}
		if string(got) != string(want[:]) {
			return errors.New("it belongs to another election or another OPRF key")
		}
		s.alarmHour = s.config.Now().Unix() / 3600
		return tx.QueryRowContext(ctx, `SELECT count(*) FROM answer WHERE time >= ?`, s.alarmHour*3_600_000).Scan(&s.alarmCount)
	})
	if err != nil {
		return err
	}
	return s.countUnknown(ctx)
}

func (s *Service) countUnknown(ctx context.Context) error {
	return s.db.QueryRowContext(ctx, `SELECT count(*) FROM budget WHERE known = 0`).Scan(&s.unknown)
}

// transact runs f in one transaction, which is durable when transact returns
// nil and undone when it returns an error.
func (s *Service) transact(ctx context.Context, f func(*sql.Tx) error) error {
	tx, err := s.db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	if err := f(tx); err != nil {
		return errors.Join(err, tx.Rollback())
	}
	return tx.Commit()
}

// answer is a remembered answer.
type answer struct {
	blinded  []byte
	response Response
}

// findAnswer returns nil where the nonce is new.
func findAnswer(ctx context.Context, tx *sql.Tx, tag []byte, nonce [NonceSize]byte) (*answer, error) {
	var a answer
	err := tx.QueryRowContext(ctx, `SELECT blinded, evaluated, proof FROM answer WHERE tag = ? AND nonce = ?`, tag, nonce[:]).
		Scan(&a.blinded, &a.response.Evaluated, &a.response.Proof)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("looking for the nonce: %w", err)
	}
	return &a, nil
}

// spend counts one try of a tag or returns ErrBudget. It reports whether the
// tag is a new one that was never registered.
func spend(ctx context.Context, tx *sql.Tx, tag []byte, purpose credential.Purpose, now time.Time) (newUnknown bool, err error) {
	perHour, inAll := PINPerHour, PINInAll
	if purpose == credential.PurposeCast {
		perHour, inAll = CastPerHour, CastInAll
	}
	hourAgo := now.Add(-budgetHour).UnixMilli()
	// What is in the future, after the clock was set back, still counts.
	var inHour int
	err = tx.QueryRowContext(ctx, `SELECT count(*) FROM answer WHERE tag = ? AND counts = 1 AND time > ?`, tag, hourAgo).Scan(&inHour)
	if err != nil {
		return false, fmt.Errorf("counting the hour: %w", err)
	}
	var known, spent int
	err = tx.QueryRowContext(ctx, `INSERT INTO budget (tag, known, spent, used) VALUES (?, 0, 1, ?)
		ON CONFLICT (tag) DO UPDATE SET spent = spent + 1, used = excluded.used RETURNING known, spent`,
		tag, now.UnixMilli()).Scan(&known, &spent)
	if err != nil {
		return false, fmt.Errorf("counting the try: %w", err)
	}
	if inHour >= perHour || spent > inAll {
		return false, ErrBudget
	}
	// After a refill an unknown tag is taken for new once more. The count is
	// then too high until the next eviction counts anew, which is harmless.
	return known == 0 && spent == 1, nil
}

// evictUnknown forgets the tenth of the unregistered tags that were used
// longest ago, where there are as many as may be kept. A number that nobody
// has loses nothing by it, and to see that a number is such a one takes as many
// requests as are kept.
func evictUnknown(ctx context.Context, tx *sql.Tx, keep, have int) (left int, err error) {
	if have < keep {
		return have, nil
	}
	const oldest = `SELECT tag FROM budget WHERE known = 0 ORDER BY used LIMIT ?`
	n := max(1, keep/10)
	if _, err := tx.ExecContext(ctx, `DELETE FROM answer WHERE tag IN (`+oldest+`)`, n); err != nil {
		return 0, fmt.Errorf("forgetting unknown numbers: %w", err)
	}
	if _, err := tx.ExecContext(ctx, `DELETE FROM budget WHERE tag IN (`+oldest+`)`, n); err != nil {
		return 0, fmt.Errorf("forgetting unknown numbers: %w", err)
	}
	err = tx.QueryRowContext(ctx, `SELECT count(*) FROM budget WHERE known = 0`).Scan(&left)
	return left, err
}

// keepAnswer remembers an answer for the hour in which it counts, and forgets
// those that are older.
func keepAnswer(ctx context.Context, tx *sql.Tx, tag []byte, request Request, response Response, now time.Time) error {
	if _, err := tx.ExecContext(ctx, `DELETE FROM answer WHERE time <= ?`, now.Add(-budgetHour).UnixMilli()); err != nil {
		return fmt.Errorf("forgetting old answers: %w", err)
	}
	_, err := tx.ExecContext(ctx, `INSERT INTO answer VALUES (?, ?, ?, ?, ?, ?, 1)`,
		tag, request.Nonce[:], request.Blinded, response.Evaluated, response.Proof, now.UnixMilli())
	if err != nil {
		return fmt.Errorf("keeping the answer: %w", err)
	}
	return nil
}

func refill(ctx context.Context, tx *sql.Tx, tag []byte) error {
	if _, err := tx.ExecContext(ctx, `UPDATE budget SET spent = 0 WHERE tag = ?`, tag); err != nil {
		return err
	}
	_, err := tx.ExecContext(ctx, `UPDATE answer SET counts = 0 WHERE tag = ?`, tag)
	return err
}
