package witness

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"time"

	"rollcall/bulletin/checkpoint"
	"rollcall/bulletin/tlog"
)

// ErrHistory says that a witness knows another history of a log than it is
// shown: the log was restored from an old copy, or shows different people
// different trees.
var ErrHistory = errors.New("the witness knows another history of this board")

// Tree is a tree that a log wants cosigned. It must be committed.
type Tree struct {
	checkpoint.Checkpoint
	Signed []byte // the checkpoint, signed by the log
	// Proof returns the proof that the tree of size old is a prefix of this one.
	Proof func(ctx context.Context, old uint64) ([]tlog.Hash, error)
}

// member is one witness, as a log knows it.
type member struct {
	key   *checkpoint.Verifier
	mldsa *checkpoint.Verifier // its second key; nil if none is known
	url   string
	http  *http.Client

	mu       sync.Mutex
	size     uint64    // of the tree it cosigned last, as far as is known
	cosigned time.Time // when it cosigned last
	err      error     // of the last request, nil if it cosigned
	mldsaErr error     // of its second key's cosignature, the last time that it cosigned
	failures int       // in a row
	again    time.Time // not before then, after a failure
	asked    int       // requests under way
	state    State
	since    time.Time // from when on it is in that state
}

// maxSkew is how far a witness's clock may be from ours: no tick takes a cosignature
// that is 5 seconds off (SPEC.md, section 8), so such a witness must not be counted
// where another could be waited for.
const maxSkew = 4 * time.Second

var errClock = errors.New("its clock and ours differ by more than a tick may have")

// maxAnswer is the most bytes that an answer is read.
const maxAnswer = checkpoint.MaxSize

// reply is what a witness signed.
type reply struct {
	cs       checkpoint.Cosignature
	mldsa    *checkpoint.Cosignature // by its second key; nil if there is none
	mldsaErr error                   // why there is none, where it is known to have such a key
}

// read reads an answer 200. What is wrong with the second key's line concerns
// nobody but that line.
func (m *member) read(answer []byte, c checkpoint.Checkpoint) (reply, error) {
	cs, err := checkpoint.ParseCosignatures(answer, c, m.key)
	if err != nil {
		return reply{}, err
	}
	if off := time.Until(time.Unix(int64(cs.Time), 0)).Truncate(time.Second); off.Abs() > maxSkew {
		return reply{}, fmt.Errorf("%w: %v", errClock, off)
	}
	r := reply{cs: cs}
	if m.mldsa != nil {
		var second checkpoint.Cosignature
		if second, r.mldsaErr = checkpoint.ParseCosignatures(answer, c, m.mldsa); r.mldsaErr == nil {
			r.mldsa = &second
		}
	}
	return r, nil
}

// ask asks for the cosignatures of one tree. The size that the witness cosigned
// last is remembered; where that is wrong, the witness says so and is asked again.
func (m *member) ask(ctx context.Context, t Tree) (reply, error) {
	m.mu.Lock()
	old := min(m.size, t.Size)
	m.mu.Unlock()
	for range 3 { // another asker for the same log, of before a restart, may come between
		r := Request{Old: old, Signed: t.Signed}
		if old > 0 && old < t.Size {
			var err error
			if r.Proof, err = t.Proof(ctx, old); err != nil {
				return reply{}, err
			}
		}
		code, answer, err := m.post(ctx, r.Marshal())
		if err != nil {
			return reply{}, err
		}
		switch code {
		case http.StatusOK:
			signed, err := m.read(answer, t.Checkpoint)
			if err == nil {
				m.knows(t.Size)
			}
			return signed, err
		case http.StatusConflict:
			size, err := ParseSize(strings.TrimSuffix(string(answer), "\n"))
			switch {
			case err != nil:
				return reply{}, errors.New("it answers 409 without a tree size")
			case size > t.Size:
				return reply{}, fmt.Errorf("%w: it has signed %d entries and the board has only %d; was the board restored from an old copy?", ErrHistory, size, t.Size)
			case size == old:
				return reply{}, fmt.Errorf("%w: it has signed another tree of %d entries", ErrHistory, size)
			}
			old = size
			m.knows(size)
		case http.StatusUnprocessableEntity:
			return reply{}, fmt.Errorf("%w: the tree of %d entries that it has signed is no beginning of the board", ErrHistory, old)
		case http.StatusNotFound:
			return reply{}, errors.New("it does not know this log, or its address is wrong: its operator must add the log's line of the policy file")
		case http.StatusForbidden:
			return reply{}, errors.New("it knows another key of this log")
		default:
			return reply{}, fmt.Errorf("it answers %d", code)
		}
	}
	return reply{}, errors.New("its size changes with each request: is another board running with this log's key?")
}

func (m *member) knows(size uint64) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.size = size
}

func (m *member) post(ctx context.Context, body []byte) (code int, answer []byte, err error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, m.url, bytes.NewReader(body))
	if err != nil {
		return 0, nil, err
	}
	resp, err := m.http.Do(r)
	if err == nil {
		defer resp.Body.Close()
		answer, err = io.ReadAll(io.LimitReader(resp.Body, maxAnswer+1))
	}
	switch {
	case errors.Is(err, context.DeadlineExceeded):
		return 0, nil, fmt.Errorf("%w in time", ErrSilent)
	case errors.Is(err, context.Canceled):
		return 0, nil, context.Canceled
	case err != nil:
		return 0, nil, fmt.Errorf("it can not be reached: %w", ErrSilent) // what net says holds addresses
	}
	return resp.StatusCode, answer, nil
}
