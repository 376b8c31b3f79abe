package bulletin

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"rollcall/bulletin/checkpoint"
	"rollcall/bulletin/store"
	"rollcall/bulletin/witness"
)

// errAway is what the members of a group say while they are away, among it a
// deadline of their own, which must not be taken for that of whoever waits.
var errAway = fmt.Errorf("%w: %w", witness.ErrNoQuorum, context.DeadlineExceeded)

// away is a quorum of witnesses that a test can take away.
type away struct {
	gone  atomic.Bool
	asked chan struct{} // gets one for each time it was asked in vain
}

func newAway() *away { return &away{asked: make(chan struct{}, 100)} }

func (a *away) cosign(context.Context, witness.Tree) ([]checkpoint.Cosignature, error) {
	if !a.gone.Load() {
		return nil, nil
	}
	a.asked <- struct{}{}
	return nil, errAway
}

// TestQuorumComesBack: whoever has a deadline waits until then for a quorum that
// is missing, and whoever has none is told at once.
func TestQuorumComesBack(t *testing.T) {
	cfg := newConfig(t)
	a := newAway()
	cfg.Cosign = a.cosign
	b := openBoard(t, cfg)
	a.gone.Store(true)
	if index, err := b.Append(context.Background(), []byte("at once")); index != 0 || !errors.Is(err, ErrNotPublished) || !errors.Is(err, witness.ErrNoQuorum) {
		t.Errorf("without a deadline: index %d, error %v", index, err)
	}
	patient, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	done := make(chan error, 2)
	go func() {
		index, err := b.Append(patient, []byte("waits"))
		if index != 1 {
			err = errors.Join(err, fmt.Errorf("index %d", index))
		}
		done <- err
	}()
	since := time.Now()
	go func() {
		p, err := b.Cosigned(patient, 1, since)
		if p.Asked.Before(since) || p.Size == 0 {
			err = errors.Join(err, fmt.Errorf("%+v", p))
		}
		done <- err
	}()
	for range 3 { // asked in vain, more than once, while both wait
		<-a.asked
	}
	select {
	case err := <-done:
		t.Fatalf("somebody who waits was told without a quorum: %v", err)
	default:
	}
	if n := b.Published(); n != 0 {
		t.Fatalf("%d entries are published without a quorum", n)
	}
	a.gone.Store(false)
	for range 2 {
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
	if n := b.Published(); n != 2 {
		t.Errorf("%d entries are published, want 2", n)
	}
}

// TestQuorumStaysAway: at the deadline a waiter hears that it was the quorum that
// was missing, is waited for no more, and what it appended comes out all the same.
func TestQuorumStaysAway(t *testing.T) {
	cfg := newConfig(t)
	a := newAway()
	cfg.Cosign = a.cosign
	b := openBoard(t, cfg)
	a.gone.Store(true)
	short, cancel := context.WithCancelCause(context.Background())
	defer cancel(nil)
	ended, stop := context.WithDeadline(short, time.Now().Add(time.Hour))
	defer stop()
	done := make(chan error, 1)
	go func() {
		_, err := b.Append(ended, []byte("kept"))
		done <- err
	}()
	<-a.asked
	cancel(nil) // it hangs up: no word of the quorum
	if err := <-done; !errors.Is(err, ErrNotPublished) || !errors.Is(err, context.Canceled) || errors.Is(err, witness.ErrNoQuorum) {
		t.Errorf("who hangs up: %v", err)
	}
	past, stop := context.WithTimeout(context.Background(), 50*time.Millisecond)
	defer stop()
	index, err := b.Append(past, []byte("kept"))
	if index != 0 || !errors.Is(err, ErrNotPublished) || !errors.Is(err, witness.ErrNoQuorum) {
		t.Errorf("at the deadline: index %d, error %v", index, err)
	}
	b.pub.mu.Lock()
	waiting := len(b.pub.waiting)
	b.pub.mu.Unlock()
	if waiting != 0 {
		t.Errorf("%d are waited for who have left", waiting)
	}
	a.gone.Store(false)
	if index, err := b.Append(context.Background(), []byte("kept")); err != nil || index != 0 || b.Log().Size() != 1 {
		t.Errorf("posted again: index %d, error %v, size %d", index, err, b.Log().Size())
	}
}

// TestClosedWhileAway: a board that is closed lets nobody wait.
func TestClosedWhileAway(t *testing.T) {
	cfg := newConfig(t)
	a := newAway()
	cfg.Cosign = a.cosign
	b := openBoard(t, cfg)
	a.gone.Store(true)
	patient, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	done := make(chan error, 1)
	go func() {
		_, err := b.Append(patient, []byte("waits"))
		done <- err
	}()
	<-a.asked
	if err := b.Close(); !errors.Is(err, ErrNotPublished) {
		t.Errorf("closing with an entry that is not published: %v", err)
	}
	if err := <-done; !errors.Is(err, store.ErrClosed) {
		t.Errorf("whoever waited: %v", err)
	}
}
