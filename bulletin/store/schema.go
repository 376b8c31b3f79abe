package store

import (
	"context"
	"database/sql"
	"fmt"
	"net/url"
	"path/filepath"

	_ "modernc.org/sqlite" // the driver "sqlite"
)

// schemaVersion is bumped with every change of the schema.
const schemaVersion = "1"

// schema creates the tables of a new log. nodes holds, for levels 1 and up, the
// hashes of full tiles of the level below; level 0 is entries.leaf_hash.
const schema = `
CREATE TABLE IF NOT EXISTS meta (
	name  TEXT NOT NULL PRIMARY KEY,
	value TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS entries (
	idx       INTEGER NOT NULL PRIMARY KEY,
	leaf_hash BLOB NOT NULL,
	data      BLOB NOT NULL
);
CREATE INDEX IF NOT EXISTS entries_leaf_hash ON entries (leaf_hash);
CREATE TABLE IF NOT EXISTS nodes (
	level INTEGER NOT NULL,
	idx   INTEGER NOT NULL,
	hash  BLOB NOT NULL,
	PRIMARY KEY (level, idx)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS claims (
	claim TEXT NOT NULL PRIMARY KEY,
	idx   INTEGER NOT NULL
) WITHOUT ROWID;
`

// The statements of the log, numbered parameters and nothing that PostgreSQL
// would not take. Those that end in VALUES or IN are completed by rows.
const (
	sqlVersion     = `SELECT value FROM meta WHERE name = 'version'`
	sqlSetVersion  = `INSERT INTO meta (name, value) VALUES ('version', $1) ON CONFLICT (name) DO NOTHING`
	sqlSize        = `SELECT COALESCE(MAX(idx) + 1, 0) FROM entries`
	sqlEntry       = `SELECT data FROM entries WHERE idx = $1`
	sqlEntries     = `SELECT idx, data FROM entries WHERE idx >= $1 AND idx < $2 ORDER BY idx`
	sqlByLeaf      = `SELECT idx, leaf_hash FROM entries WHERE leaf_hash IN`
	sqlLeafHashes  = `SELECT leaf_hash FROM entries WHERE idx >= $1 AND idx < $2 ORDER BY idx`
	sqlNodes       = `SELECT hash FROM nodes WHERE level = $1 AND idx >= $2 AND idx < $3 ORDER BY idx`
	sqlClaim       = `SELECT idx FROM claims WHERE claim = $1`
	sqlInsert      = `INSERT INTO entries (idx, leaf_hash, data) VALUES`
	sqlInsertNode  = `INSERT INTO nodes (level, idx, hash) VALUES`
	sqlInsertClaim = `INSERT INTO claims (claim, idx) VALUES`
)

// cachePages is SQLite's page cache of the writer, in KiB, negative as SQLite
// has it. A group's pages must fit, or they are written twice; and the pages of
// the indexes, whose keys are hashes, are used again in no order.
const cachePages = -64 << 10

// openDB opens the database file: a handle for the one writer, whose
// transactions take the write lock at once and leave the copying of the
// write-ahead log to walCopier, and one for readers, which see committed
// entries only.
func openDB(ctx context.Context, path string) (writer, reader *sql.DB, err error) {
	abs, err := filepath.Abs(path)
	if err != nil {
		return nil, nil, err
	}
	dsn := func(more string) string {
		return "file:" + (&url.URL{Path: abs}).EscapedPath() + "?_pragma=busy_timeout(10000)&_pragma=journal_mode(WAL)&_pragma=synchronous(FULL)" + more
	}
	if writer, err = sql.Open("sqlite", dsn(fmt.Sprintf("&_txlock=immediate&_pragma=cache_size(%d)&_pragma=wal_autocheckpoint(0)", cachePages))); err != nil {
		return nil, nil, err
	}
	writer.SetMaxOpenConns(1)
	if err = prepare(ctx, writer); err != nil {
		writer.Close()
		return nil, nil, err
	}
	if reader, err = sql.Open("sqlite", dsn("&_pragma=query_only(1)")); err != nil {
		writer.Close()
		return nil, nil, err
	}
	reader.SetMaxOpenConns(4)
	return writer, reader, nil
}

// prepare creates the schema, or checks that it is this version's.
func prepare(ctx context.Context, db *sql.DB) error {
	if _, err := db.ExecContext(ctx, schema); err != nil {
		return fmt.Errorf("creating tables: %w", err)
	}
	if _, err := db.ExecContext(ctx, sqlSetVersion, schemaVersion); err != nil {
		return fmt.Errorf("writing schema version: %w", err)
	}
	var version string
	if err := db.QueryRowContext(ctx, sqlVersion).Scan(&version); err != nil {
		return fmt.Errorf("reading schema version: %w", err)
	}
	if version != schemaVersion {
		return fmt.Errorf("schema version %q, this program knows %q", version, schemaVersion)
	}
	return nil
}
