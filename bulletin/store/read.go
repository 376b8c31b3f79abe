package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"rollcall/bulletin/tlog"
)

// page is how many entries are read at a time: no read transaction stays open
// while a caller works on them.
const page = 256

// Entry returns the entry at index, or ErrNotFound.
func (s *Store) Entry(ctx context.Context, index uint64) ([]byte, error) {
	if size := s.Size(); index >= size {
		return nil, fmt.Errorf("entry %d of %d: %w", index, size, ErrNotFound)
	}
	var data []byte
	if err := s.reader.QueryRowContext(ctx, sqlEntry, int64(index)).Scan(&data); err != nil {
		return nil, fmt.Errorf("reading entry %d: %w", index, err)
	}
	return data, nil
}

// Entries calls fn for the entries from to to-1, in order, and stops at its
// first error, which it returns as it is. The entry may be kept, not changed.
// Entries that were committed lately come from memory.
func (s *Store) Entries(ctx context.Context, from, to uint64, fn func(index uint64, entry []byte) error) error {
	s.mu.Lock()
	size, kept := s.size, s.recent.last(from, to)
	s.mu.Unlock()
	if from > to || to > size {
		return fmt.Errorf("entries %d to %d of %d: %w", from, to, size, ErrNotFound)
	}
	older := to - uint64(len(kept))
	if err := (querier{s.reader}).entries(ctx, from, older, fn); err != nil {
		return err
	}
	for i, e := range kept {
		if err := fn(older+uint64(i), e); err != nil {
			return err
		}
	}
	return nil
}

// Claimed returns the index of the entry that holds a claim.
func (s *Store) Claimed(ctx context.Context, claim Claim) (index uint64, ok bool, err error) {
	var idx int64
	err = s.reader.QueryRowContext(ctx, sqlClaim, string(claim)).Scan(&idx)
	if errors.Is(err, sql.ErrNoRows) {
		return 0, false, nil
	}
	if err != nil {
		return 0, false, fmt.Errorf("reading claim: %w", err)
	}
	return uint64(idx), true, nil
}

// LeafHash returns the RFC 6962 leaf hash of the entry at index.
func (s *Store) LeafHash(ctx context.Context, index uint64) (tlog.Hash, error) {
	if size := s.Size(); index >= size {
		return tlog.Hash{}, fmt.Errorf("entry %d of %d: %w", index, size, ErrNotFound)
	}
	h, err := s.Hashes(ctx, 0, index, index+1)
	if err != nil {
		return tlog.Hash{}, err
	}
	return h[0], nil
}

// RootAt returns the root of the first size entries, size being at most Size.
func (s *Store) RootAt(ctx context.Context, size uint64) (tlog.Hash, error) {
	if have := s.Size(); size > have {
		return tlog.Hash{}, fmt.Errorf("tree of size %d of %d: %w", size, have, ErrNotFound)
	}
	return tlog.Root(ctx, s, size)
}

// InclusionProof returns the proof of the entry at index in the tree of the
// first size entries, size being at most Size.
func (s *Store) InclusionProof(ctx context.Context, index, size uint64) ([]tlog.Hash, error) {
	if have := s.Size(); size > have {
		return nil, fmt.Errorf("tree of size %d of %d: %w", size, have, ErrNotFound)
	}
	return tlog.InclusionProof(ctx, s, index, size)
}

// ConsistencyProof returns the proof that the first size1 entries are a prefix
// of the first size2, size2 being at most Size.
func (s *Store) ConsistencyProof(ctx context.Context, size1, size2 uint64) ([]tlog.Hash, error) {
	if have := s.Size(); size2 > have {
		return nil, fmt.Errorf("tree of size %d of %d: %w", size2, have, ErrNotFound)
	}
	return tlog.ConsistencyProof(ctx, s, size1, size2)
}

// Hashes returns stored hashes of the tree; it makes Store a tlog.HashReader.
func (s *Store) Hashes(ctx context.Context, level int, from, to uint64) ([]tlog.Hash, error) {
	return querier{s.reader}.Hashes(ctx, level, from, to)
}

// querier reads through a handle or through the writer's transaction.
type querier struct {
	db interface {
		QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
		QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
	}
}

func (q querier) size(ctx context.Context) (uint64, error) {
	var size int64
	if err := q.db.QueryRowContext(ctx, sqlSize).Scan(&size); err != nil {
		return 0, fmt.Errorf("reading size: %w", err)
	}
	return uint64(size), nil
}

// Hashes implements tlog.HashReader.
func (q querier) Hashes(ctx context.Context, level int, from, to uint64) ([]tlog.Hash, error) {
	hashes, err := q.hashes(ctx, level, from, to)
	if err == nil && uint64(len(hashes)) != to-from {
		err = fmt.Errorf("%d there", len(hashes))
	}
	if err != nil {
		return nil, fmt.Errorf("reading hashes %d to %d of level %d: %w", from, to, level, err)
	}
	return hashes, nil
}

func (q querier) hashes(ctx context.Context, level int, from, to uint64) ([]tlog.Hash, error) {
	query, args := sqlNodes, []any{level, int64(from), int64(to)}
	if level == 0 {
		query, args = sqlLeafHashes, args[1:]
	}
	rows, err := q.db.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	hashes := make([]tlog.Hash, 0, to-from)
	for rows.Next() {
		var h []byte
		if err := rows.Scan(&h); err != nil {
			return nil, err
		}
		if len(h) != len(tlog.Hash{}) {
			return nil, fmt.Errorf("hash of %d bytes", len(h))
		}
		hashes = append(hashes, tlog.Hash(h))
	}
	return hashes, rows.Err()
}

func (q querier) entries(ctx context.Context, from, to uint64, fn func(index uint64, entry []byte) error) error {
	for from < to {
		upto := min(from+page, to)
		entries, err := q.page(ctx, from, upto)
		if err != nil {
			return fmt.Errorf("reading entries %d to %d: %w", from, upto, err)
		}
		for i, e := range entries {
			if err := fn(from+uint64(i), e); err != nil {
				return err
			}
		}
		from = upto
	}
	return nil
}

func (q querier) page(ctx context.Context, from, to uint64) ([][]byte, error) {
	rows, err := q.db.QueryContext(ctx, sqlEntries, int64(from), int64(to))
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	entries := make([][]byte, 0, to-from)
	for rows.Next() {
		var idx int64
		var data []byte
		if err := rows.Scan(&idx, &data); err != nil {
			return nil, err
		}
		if want := from + uint64(len(entries)); uint64(idx) != want {
			return nil, fmt.Errorf("entry %d is missing", want)
		}
		entries = append(entries, data)
	}
	if err := rows.Err(); err != nil {
		return nil, err
	}
	if uint64(len(entries)) != to-from {
		return nil, fmt.Errorf("entry %d is missing", from+uint64(len(entries)))
	}
	return entries, nil
}
