package evidence

import (
	"context"
	"errors"
	"fmt"

	"rollcall/bulletin/checkpoint"
	"rollcall/bulletin/tlog"
)

var (
	// ErrNotProven says that what the file holds contradicts nothing, or is not
	// the log's.
	ErrNotProven = errors.New("not proven")
	// ErrOpen says that two checkpoints of different sizes stand there without
	// what ties them: alone they prove nothing, and nothing is wrong with them.
	ErrOpen = errors.New("not proven by this file alone")
)

// Proof is what Prove found.
type Proof struct {
	Origin       string
	Small, Large checkpoint.Checkpoint
	// Prefix is the root that the first Small.Size entries of the larger tree
	// have; with one size it is the larger tree's own.
	Prefix tlog.Hash
}

// Prove says whether the evidence proves that the log with this key signed two
// histories that can not both be. It trusts nothing but the key, SHA-256 and
// Ed25519. The error wraps ErrNotProven or ErrOpen.
func (e *Evidence) Prove(key *checkpoint.Verifier) (*Proof, error) {
	p := &Proof{Origin: key.Name()}
	var err error
	if p.Small, err = checkpoint.Open(e.Small, p.Origin, key); err != nil {
		return nil, fmt.Errorf("%w: the first checkpoint: %w", ErrNotProven, err)
	}
	if p.Large, err = checkpoint.Open(e.Large, p.Origin, key); err != nil {
		return nil, fmt.Errorf("%w: the second checkpoint: %w", ErrNotProven, err)
	}
	if err := e.check(); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrNotProven, err)
	}
	switch {
	case p.Small.Size == p.Large.Size:
		p.Prefix = p.Large.Root
	case p.Small.Size == 0 && p.Small.Root != tlog.EmptyRoot():
		p.Prefix = tlog.EmptyRoot() // which every history begins with
	case e.Link == nil:
		return nil, fmt.Errorf("%w: %d and %d entries, without a proof of what the larger tree begins with", ErrOpen, p.Small.Size, p.Large.Size)
	default:
		p.Prefix = e.Link.Prefix
		if err := tlog.VerifyConsistency(p.Small.Size, p.Large.Size, e.Link.Path, p.Prefix, p.Large.Root); err != nil {
			return nil, fmt.Errorf("%w: the proof does not lead to the larger checkpoint: %w", ErrNotProven, err)
		}
		if p.Prefix == p.Small.Root {
			return nil, fmt.Errorf("%w: the larger tree begins with the smaller one, as it should", ErrNotProven)
		}
	}
	return p, nil
}

// ErrTiles says that a board's hash tiles are not those of the checkpoint that
// they were read for.
var ErrTiles = errors.New("the hash tiles are not those of the signed checkpoint")

// Compare says whether two signed checkpoints of a log contradict each other. It
// returns the evidence if they do, and nil if one begins with the other. For
// checkpoints of two sizes it reads O(log n) tiles of the board that shows the
// larger one. An error wraps ErrNotProven (a signature), ErrTiles or
// tlog.ErrFetch, or says that the context ended; then it is not known whether
// they contradict, and the evidence, where it is not nil, holds the two without
// a link.
func Compare(ctx context.Context, key *checkpoint.Verifier, a, b []byte, board tlog.Reader) (*Evidence, error) {
	x, err := checkpoint.Open(a, key.Name(), key)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrNotProven, err)
	}
	y, err := checkpoint.Open(b, key.Name(), key)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrNotProven, err)
	}
	if x.Size == y.Size && x.Root == y.Root {
		return nil, nil
	}
	e, err := New(a, b, nil)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrNotProven, err)
	}
	if after(x, y) {
		x, y = y, x
	}
	switch {
	case x.Size == y.Size:
		return e, nil
	case x.Size == 0 && x.Root == tlog.EmptyRoot():
		return nil, nil
	case x.Size == 0:
		return e, nil
	}
	link, err := link(ctx, x.Size, y, board)
	switch {
	case err != nil:
		return e, err
	case link.Prefix == x.Root:
		return nil, nil
	}
	e.Link = link
	return e, nil
}

// link reads what the first size entries of a tree are, and proves it.
func link(ctx context.Context, size uint64, large checkpoint.Checkpoint, board tlog.Reader) (*Link, error) {
	hashes := tlog.NewHashReader(board, large.Size)
	prefix, err := tlog.Root(ctx, hashes, size)
	if err == nil {
		var path []tlog.Hash
		if path, err = tlog.ConsistencyProof(ctx, hashes, size, large.Size); err == nil {
			if err = tlog.VerifyConsistency(size, large.Size, path, prefix, large.Root); err == nil {
				return &Link{prefix, path}, nil
			}
		}
	}
	if errors.Is(err, tlog.ErrFetch) || ctx.Err() != nil {
		return nil, err
	}
	return nil, fmt.Errorf("%w: %w", ErrTiles, err)
}
