package door

import (
	"bytes"
	"context"
	"errors"
	"slices"
	"time"

	"rollcall/bulletin/checkpoint"
	"rollcall/bulletin/entry"
)

// Times of cosignatures.
const (
	// maxAge is how old cosignatures may be when a tick is begun.
	maxAge = 2 * time.Second
	// maxSkew is how far, in seconds, a witness's time may be from the tick's
	// (SPEC.md, section 8).
	maxSkew = 5
)

// witnessed returns a tree that the manifest's witnesses have just cosigned, or
// nil if it has none or no tick is due.
func (d *Door) witnessed(ctx context.Context) (*Cosigned, error) {
	state := d.State()
	m := state.Manifest()
	if m == nil || m.Quorum == 0 {
		return nil, nil
	}
	if d.cfg.Cosigned == nil {
		return nil, errors.New("the manifest has witnesses, and this board asks none")
	}
	d.mu.RLock()
	size := max(d.published, d.kept)
	d.mu.RUnlock()
	last, at := state.LastTick()
	if _, due := d.due(state, size); !due {
		return nil, nil
	}
	if last != nil {
		size = max(size, at+1)
	}
	w, err := d.cfg.Cosigned(ctx, size, time.Now().Add(-maxAge))
	if err != nil {
		return nil, err
	}
	d.advance(w.Size)
	return &w, nil
}

// inTick returns those cosignatures that a tick of some time may hold, as it
// holds them.
func inTick(m *entry.Manifest, list []checkpoint.Cosignature, now uint64) []entry.Cosignature {
	var out []entry.Cosignature
	for i, w := range m.Witnesses {
		of := slices.IndexFunc(list, func(c checkpoint.Cosignature) bool { return bytes.Equal(c.Witness.PublicKey(), w.Key) })
		if of < 0 {
			continue
		}
		if c := list[of]; max(c.Time, now)-min(c.Time, now) <= maxSkew {
			out = append(out, entry.Cosignature{Witness: uint64(i), Time: c.Time, Value: c.Sig})
		}
	}
	return out
}
