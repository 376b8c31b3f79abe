// Package door is the way onto the board: every entry, whoever made it, goes
// through Post, which decodes it, checks signatures and proofs, and has it
// appended if the state of the record allows it. What a verifier would call void
// is refused here; of faults, which only the keys of officials can sign, those
// that need no second count.
//
// The package also keeps the board's own clock: it ticks, ends the election
// and posts the totals, with the board's entry key. It serves nothing and
// stores nothing by itself; see bulletin for the log and tally/record for the
// rules.
package door

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"rollcall/bulletin"
	"rollcall/bulletin/checkpoint"
	"rollcall/bulletin/entry"
	"rollcall/bulletin/store"
	"rollcall/bulletin/tlog"
	"rollcall/crypto/schnorr"
	"rollcall/tally/count"
	"rollcall/tally/record"
)

// Log is the log that the door appends to; bulletin.Board is one. Append and
// AppendFunc return once the entry is durable and published; Published says how
// many are.
type Log interface {
	Published() uint64
	Append(ctx context.Context, entry []byte, claims ...store.Claim) (uint64, error)
	AppendFunc(ctx context.Context, fn func(size uint64, root tlog.Hash) ([]byte, []store.Claim, error)) (uint64, error)
}

// Errors of Post besides record.Refusal and what decoding says.
var (
	// ErrOwn says that an entry is of a kind that only the board makes, and
	// makes itself.
	ErrOwn = errors.New("only the board itself makes entries of this kind")
	// ErrTooMany says that a credential has sealed too many ballots lately.
	ErrTooMany = errors.New("too many ballots sealed in the last hour")
	// ErrUnavailable says that the log could not take the entry now; posting
	// the same bytes again is safe.
	ErrUnavailable = errors.New("the board can not take entries at the moment")
)

// Limits of the door.
const (
	maxBallotsPerHour = 10
	tickAtMost        = time.Second      // between two ticks
	tickAtLeast       = 30 * time.Second // well within the minute of SPEC.md, section 8
)

// Config is what a door needs.
type Config struct {
	BoardKey *schnorr.SecretKey
	Logger   *slog.Logger
	// Now is the clock; time.Now if nil.
	Now func() time.Time
	// Cosigned returns a published tree of at least size entries, with what the
	// witnesses of the manifest signed when they were asked for it, since some
	// time. Without it the door makes no tick for a manifest that has a quorum.
	Cosigned func(ctx context.Context, size uint64, since time.Time) (Cosigned, error)
	// TickEvery overrides how often the board ticks while ballots wait.
	TickEvery time.Duration
}

// Cosigned is a published tree and cosignatures of it.
type Cosigned struct {
	Size         uint64
	Root         tlog.Hash
	Cosignatures []checkpoint.Cosignature
}

// Door appends entries to one log. It is safe for concurrent use.
type Door struct {
	cfg   Config
	log   Log
	state *record.State // replaced as a whole on Reload; guarded by mu
	mu    sync.RWMutex

	// ticking holds an element while a tick is made: it names a tree that must hold
	// the tick before.
	ticking chan struct{}
	wake    chan struct{}
	// published is how many entries are known to be durable and published, and
	// changed is closed and replaced when it grows; both guarded by mu. State
	// can be ahead of it, by entries whose commit is under way.
	published uint64
	changed   chan struct{}
	// kept is how many entries are durable whose publication was given up waiting
	// for: a tick has to cover them once they are out. Guarded by mu.
	kept uint64
	// failed says that the last tick may be in the log without having been
	// published: another one has to bring both out. Guarded by mu.
	failed bool
	// opened is the leaf hash of the last open entry whose ceremony was found
	// right, nil before.
	opened atomic.Pointer[[32]byte]

	// posted holds the entries that wait for the log, by leaf hash, so that the
	// log's one writer need not decode them again.
	posted sync.Map
	// judged is the entry that was judged last, nil once it is applied. Only the
	// log's writer touches it.
	judged *entry.Entry
}

// New returns a door without a log: hand Admitter to the log when opening it,
// then call Attach.
func New(cfg Config) *Door {
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	if cfg.Logger == nil {
		cfg.Logger = slog.New(slog.DiscardHandler)
	}
	if cfg.TickEvery == 0 {
		cfg.TickEvery = tickAtMost
	}
	return &Door{cfg: cfg, state: record.New(), wake: make(chan struct{}, 1), ticking: make(chan struct{}, 1), changed: make(chan struct{})}
}

// Attach gives the door its log.
func (d *Door) Attach(log Log) {
	d.log = log
	d.advance(log.Published())
}

// State returns the state of the record. It goes on changing; after a database
// error it is replaced, so keep it for one request only.
func (d *Door) State() *record.State {
	d.mu.RLock()
	defer d.mu.RUnlock()
	return d.state
}

// Post takes one encoded entry and returns its index once it is durable and
// published. Posting the same bytes again returns the same index.
func (d *Door) Post(ctx context.Context, raw []byte) (uint64, error) {
	e, err := entry.Decode(bytes.Clone(raw)) // the log's writer looks at it, perhaps after this call
	if err != nil {
		return 0, err
	}
	switch e.Kind() {
	case entry.KindTick, entry.KindEnd, entry.KindTotals, entry.KindTotalsEnd:
		return 0, fmt.Errorf("%s: %w", e.Kind(), ErrOwn)
	}
	return d.post(ctx, e)
}

func (d *Door) post(ctx context.Context, e *entry.Entry) (uint64, error) {
	if err := d.check(ctx, e); err != nil {
		return 0, err
	}
	defer d.remember(e)()
	index, err := d.log.Append(ctx, e.Bytes())
	if errors.Is(err, bulletin.ErrNotPublished) {
		d.keep(index + 1)
	}
	if err != nil {
		err = postError(e.Kind(), err)
		if errors.Is(err, record.ErrDuplicate) {
			err = d.settled(ctx, e, err)
		}
		return 0, err
	}
	d.advance(index + 1)
	switch e.Kind() {
	case entry.KindOpen, entry.KindBallot, entry.KindCast, entry.KindTest, entry.KindClose:
		d.wakeClock()
	}
	return index, nil
}

// remember has the log's writer find an entry decoded, until forget is called.
// An entry that is forgotten too early, as when it is posted twice at once, is
// decoded again.
func (d *Door) remember(e *entry.Entry) (forget func()) {
	leaf := e.LeafHash()
	d.posted.Store(leaf, e)
	return func() { d.posted.Delete(leaf) }
}

// check holds an entry against all that is judged before it has a place. What
// is dear to check is checked once: its bytes are public, and whoever posts them
// over and over must not take the processor from calls.
func (d *Door) check(ctx context.Context, e *entry.Entry) error {
	state, leaf := d.State(), e.LeafHash()
	switch body := e.Body.(type) {
	case *entry.Ballot:
		credential := [32]byte(e.Signatures[0].Signer)
		if state.Sealed(credential, leaf) {
			return nil // posted again, and answered with its index
		}
		if err := state.Verify(e); err != nil {
			return err
		}
		return d.checkBallot(ctx, state, e, credential)
	case *entry.Open:
		if checked := d.opened.Load(); checked != nil && *checked == leaf {
			return nil
		}
		if err := state.Verify(e); err != nil {
			return err
		}
		if err := count.VerifyOpen(state, body); err != nil {
			return err
		}
		d.opened.Store(&leaf)
		return nil
	}
	return state.Verify(e)
}

// checkBallot holds a ballot against the limits that are the door's own and no
// verifier's: the wall clock and the number of ballots an hour.
func (d *Door) checkBallot(ctx context.Context, state *record.State, e *entry.Entry, credential [32]byte) error {
	now := uint64(d.cfg.Now().Unix())
	if !state.InWindow(now) {
		return &record.Refusal{Kind: e.Kind(), Reason: record.ErrClosed, Detail: "it is outside the calling windows now"}
	}
	if state.SealedSince(credential, now-min(now, 3600)) >= maxBallotsPerHour {
		return ErrTooMany
	}
	if last, _ := state.LastTick(); state.Phase() == record.PhaseOpen && (last == nil || !state.InWindow(last.Time)) {
		// A window counts from the first tick in it: the first caller of the day
		// must not wait for the next idle one.
		if err := d.Tick(ctx); err != nil {
			return fmt.Errorf("%w: %w", ErrUnavailable, err)
		}
	}
	return nil
}

// postError tells apart what the record refuses from what the database could
// not do.
func postError(k entry.Kind, err error) error {
	var claimed *store.ClaimedError
	var refusal *record.Refusal
	switch {
	case errors.As(err, &refusal):
		return refusal
	case errors.As(err, &claimed):
		return &record.Refusal{Kind: k, Reason: record.ErrDuplicate, Detail: fmt.Sprintf("entry %d has taken its place", claimed.Index)}
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return err
	}
	return fmt.Errorf("%w: %w", ErrUnavailable, err)
}

// advance notes that the first size entries are durable and published, and
// wakes whoever waits.
func (d *Door) advance(size uint64) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if size > d.published {
		d.published = size
		close(d.changed)
		d.changed = make(chan struct{})
	}
}

// Wait returns once cond holds of the state and the number of published
// entries; it looks again whenever more are published. The state can be ahead
// of what is published, so cond must compare the indexes it relies on.
func (d *Door) Wait(ctx context.Context, cond func(s *record.State, published uint64) bool) error {
	for {
		d.mu.RLock()
		state, published, changed := d.state, d.published, d.changed
		d.mu.RUnlock()
		if cond(state, published) {
			return nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}
