package bulletin

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"rollcall/bulletin/checkpoint"
	"rollcall/bulletin/store"
	"rollcall/bulletin/tlog"
	"rollcall/bulletin/witness"
)

// retryPause is how long the publisher waits after a failure if nothing else
// wakes it.
const retryPause = time.Second

// lastTimeout bounds the publication of what is left when the board closes.
const lastTimeout = 5 * time.Second

// publisher exports the log's files whenever it has grown. One goroutine does
// it, so that all appends that come while one export runs share the next one.
type publisher struct {
	store  *store.Store
	signer *checkpoint.Signer
	cosign func(ctx context.Context, t witness.Tree) ([]checkpoint.Cosignature, error)
	export *tlog.Exporter // used by the goroutine only, and before it starts

	ctx     context.Context // ends with the board
	cancel  context.CancelFunc
	wake    chan struct{} // capacity 1
	stopped chan struct{}

	mu      sync.Mutex
	latest  Published // guarded by mu
	err     error     // guarded by mu: of the last publication tried
	waiting []waiter  // guarded by mu
}

// waiter is told, once, when a tree of its size is published that was cosigned
// since some time, or when an attempt at it has failed. One that is patient is not
// told that the quorum was missing: it may come back in time.
type waiter struct {
	size    uint64
	since   time.Time
	patient bool
	told    chan error // capacity 1
}

func (w waiter) content(p Published) bool { return w.size <= p.Size && !p.Asked.Before(w.since) }

// newPublisher takes up the published files where they are, catches up with the
// log, and starts.
func newPublisher(ctx context.Context, cfg Config, s *store.Store) (*publisher, error) {
	p := &publisher{
		store: s, signer: cfg.Signer, cosign: cfg.Cosign,
		wake: make(chan struct{}, 1), stopped: make(chan struct{}),
	}
	none, err := p.takeUp(ctx, cfg.Dir)
	if err != nil {
		return nil, err
	}
	if p.export, err = tlog.NewExporter(ctx, cfg.Dir, s, p.latest.Size); err != nil {
		return nil, err
	}
	p.ctx, p.cancel = context.WithCancel(context.WithoutCancel(ctx))
	// The cosignatures of the last run are gone from memory: ask again.
	if none || s.Size() > p.latest.Size || p.cosign != nil {
		// Without witnesses the board opens all the same, and goes on trying:
		// people must be able to read why it stands still.
		if err := p.publish(p.ctx); err != nil && !errors.Is(err, witness.ErrNoQuorum) {
			p.cancel()
			return nil, err
		}
	}
	go p.run()
	return p, nil
}

// takeUp reads the published checkpoint and checks that the database still has
// its tree. none says that there is no checkpoint.
func (p *publisher) takeUp(ctx context.Context, dir string) (none bool, err error) {
	signed, err := tlog.ReadCheckpoint(dir)
	if err != nil || signed == nil {
		return signed == nil, err
	}
	c, err := checkpoint.Open(signed, p.signer.Origin(), p.signer.Verifier())
	if err != nil {
		return false, fmt.Errorf("published checkpoint: %w", err)
	}
	if size := p.store.Size(); c.Size > size {
		return false, fmt.Errorf("%w: %d entries are published, the database has %d", ErrForked, c.Size, size)
	}
	root, err := p.store.RootAt(ctx, c.Size)
	if err != nil {
		return false, err
	}
	if root != c.Root {
		return false, fmt.Errorf("%w: different roots of size %d", ErrForked, c.Size)
	}
	p.latest = Published{Checkpoint: c, Signed: signed}
	return false, nil
}

func (p *publisher) run() {
	defer close(p.stopped)
	for {
		var retry <-chan time.Time
		if p.behind() {
			retry = time.After(retryPause)
		}
		select {
		case <-p.wake:
		case <-retry:
		case <-p.ctx.Done():
			if p.due() {
				ctx, cancel := context.WithTimeout(context.WithoutCancel(p.ctx), lastTimeout)
				p.publish(ctx)
				cancel()
			}
			return
		}
		if p.due() {
			p.publish(p.ctx)
		}
	}
}

// due says whether there is something to publish, or somebody who waits for it.
func (p *publisher) due() bool {
	size := p.store.Size()
	p.mu.Lock()
	defer p.mu.Unlock()
	return size > p.latest.Size || p.err != nil || len(p.waiting) > 0
}

// behind says whether the last publication failed.
func (p *publisher) behind() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.err != nil
}

func (p *publisher) current() Published {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.latest
}

// publish signs and exports the committed tree, and tells those who wait.
func (p *publisher) publish(ctx context.Context) error {
	size, root := p.store.Head()
	asked := time.Now()
	pub, err := p.sign(ctx, size, root)
	if err == nil {
		err = p.export.Export(context.WithoutCancel(p.ctx), size, pub.Signed)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if err == nil {
		pub.Asked = asked
		p.latest = pub
	}
	p.err = err
	p.waiting = slices.DeleteFunc(p.waiting, func(w waiter) bool {
		switch {
		case w.content(p.latest):
			w.told <- nil
		case w.patient && errors.Is(err, witness.ErrNoQuorum):
			return false
		case err != nil && w.size <= size && !asked.Before(w.since):
			w.told <- fmt.Errorf("%w: %w", ErrNotPublished, err)
		default: // its turn is next
			return false
		}
		return true
	})
	return err
}

func (p *publisher) sign(ctx context.Context, size uint64, root tlog.Hash) (Published, error) {
	signed, err := p.signer.Sign(size, root)
	if err != nil {
		return Published{}, err
	}
	pub := Published{Checkpoint: checkpoint.Checkpoint{Origin: p.signer.Origin(), Size: size, Root: root}, Signed: signed}
	if p.cosign == nil {
		return pub, nil
	}
	proof := func(ctx context.Context, old uint64) ([]tlog.Hash, error) {
		return p.store.ConsistencyProof(ctx, old, size)
	}
	list, err := p.cosign(ctx, witness.Tree{Checkpoint: pub.Checkpoint, Signed: signed, Proof: proof})
	if err != nil {
		return Published{}, err
	}
	for _, cs := range list {
		// A cosignature that does not verify is left out: no witness may hold
		// up the board, and readers would refuse the whole note.
		// So is one for which there is no room, which can be one of ML-DSA-44 only.
		with, err := checkpoint.AddCosignatures(pub.Signed, cs)
		if err != nil {
			continue
		}
		pub.Signed = with
		if !cs.Witness.MLDSA() {
			pub.Cosignatures = append(pub.Cosignatures, cs)
		}
	}
	return pub, nil
}

// wait returns once a tree of at least size is published that was cosigned since
// some time, or an attempt at it has failed. Whoever has a deadline waits for a
// missing quorum until then.
func (p *publisher) wait(ctx context.Context, size uint64, since time.Time) error {
	_, patient := ctx.Deadline()
	w := waiter{size, since, patient, make(chan error, 1)}
	p.mu.Lock()
	if w.content(p.latest) {
		p.mu.Unlock()
		return nil
	}
	p.waiting = append(p.waiting, w)
	p.mu.Unlock()
	select {
	case p.wake <- struct{}{}:
	default: // it is awake already
	}
	select {
	case err := <-w.told:
		return err
	case <-ctx.Done():
		return p.leave(w, ctx.Err())
	case <-p.stopped:
		return p.leave(w, store.ErrClosed)
	}
}

// leave is for a waiter that waits no more: it gets what it was told in the last
// moment, or else why. Of a missing quorum it hears who does not cosign.
func (p *publisher) leave(w waiter, why error) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.waiting = slices.DeleteFunc(p.waiting, func(o waiter) bool { return o.told == w.told })
	select {
	case err := <-w.told:
		return err
	default:
	}
	if errors.Is(p.err, witness.ErrNoQuorum) && errors.Is(why, context.DeadlineExceeded) {
		return fmt.Errorf("%w: %w", ErrNotPublished, p.err)
	}
	return fmt.Errorf("%w: %w", ErrNotPublished, why)
}

// close publishes what is left and ends the goroutine.
func (p *publisher) close() error {
	p.cancel()
	<-p.stopped
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.err != nil {
		return fmt.Errorf("%w: %w", ErrNotPublished, p.err)
	}
	return nil
}
