package door

import (
	"bytes"
	"context"
	"fmt"

	"rollcall/bulletin/entry"
	"rollcall/bulletin/store"
	"rollcall/tally/record"
)

// Admitter returns the door's judge for store.Config. The store calls it in
// its one writer, so that judging and appending are one step.
func (d *Door) Admitter() store.Admitter { return admitter{d} }

type admitter struct{ d *Door }

// Judge implements store.Admitter. Signatures and proofs have been checked by
// Post, which is the only way here.
func (a admitter) Judge(_ context.Context, index uint64, raw []byte) ([]store.Claim, error) {
	e, err := a.decoded(raw)
	if err != nil {
		return nil, err
	}
	a.d.judged = e
	if size := a.d.State().Size(); size != index {
		return nil, fmt.Errorf("the state is of %d entries and the log has %d", size, index)
	}
	names, err := a.d.State().Judge(e)
	if err != nil {
		return nil, err
	}
	claims := make([]store.Claim, len(names))
	for i, n := range names {
		claims[i] = store.Claim(n)
	}
	return claims, nil
}

// Advance implements store.Admitter.
func (a admitter) Advance(index uint64, raw []byte) {
	e, err := a.decoded(raw)
	a.d.judged = nil
	if err == nil {
		err = a.d.State().Apply(e)
	}
	if err != nil {
		// Judge has decoded the same bytes, so only a fault of ours comes here.
		a.d.cfg.Logger.Error("applying an admitted entry", "index", index, "err", err)
	}
}

// decoded returns the entry that raw is: as it was judged just now, or as Post
// has decoded it, or decoded here.
func (a admitter) decoded(raw []byte) (*entry.Entry, error) {
	if e := a.d.judged; e != nil && bytes.Equal(e.Bytes(), raw) {
		return e, nil
	}
	if v, ok := a.d.posted.Load(entry.LeafHash(raw)); ok {
		if e := v.(*entry.Entry); bytes.Equal(e.Bytes(), raw) {
			return e, nil
		}
	}
	return entry.Decode(raw)
}

// Committed implements store.Admitter. Whoever waits is woken when the entries
// are published as well.
func (a admitter) Committed(uint64) {}

// Reload implements store.Admitter: it builds the state anew from the log. An
// entry that the door would not have taken means that the database is not what
// the door wrote, and stops it.
func (a admitter) Reload(_ context.Context, replay func(func(index uint64, raw []byte) error) error) error {
	state := record.New()
	err := replay(func(index uint64, raw []byte) error {
		e, err := entry.Decode(raw)
		if err == nil {
			_, err = state.Judge(e)
		}
		if err == nil {
			err = state.Apply(e)
		}
		if err != nil {
			return fmt.Errorf("entry %d: %w", index, err)
		}
		return nil
	})
	if err != nil {
		return err
	}
	a.d.judged = nil
	a.d.mu.Lock()
	a.d.state = state
	a.d.mu.Unlock()
	return nil
}
