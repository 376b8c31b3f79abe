package monitor

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"

	"rollcall/bulletin/checkpoint"
	"rollcall/bulletin/tlog"
	"rollcall/verifier/evidence"
)

// look reads the checkpoints of all boards at the same time, and compares them
// one after another.
func (m *Monitor) look(ctx context.Context) {
	signed, errs := make([][]byte, len(m.boards)), make([]error, len(m.boards))
	var wait sync.WaitGroup
	for i, b := range m.boards {
		wait.Go(func() {
			ctx, cancel := context.WithTimeout(ctx, lookTimeout)
			defer cancel()
			signed[i], errs[i] = b.Reader.Checkpoint(ctx)
		})
	}
	wait.Wait()
	if ctx.Err() != nil {
		return
	}
	for i, b := range m.boards {
		b.now, b.answered = nil, true
		if errs[i] != nil {
			m.alarms.missing(b, errs[i], m.opts.Unreachable)
			continue
		}
		head, err := m.opts.Record.Policy.Open(signed[i])
		if err != nil {
			m.alarms.raise("unsigned", b.Name, Event{Text: fmt.Sprintf("its checkpoint is not signed as the policy asks: %v", err)})
			continue
		}
		m.alarms.lower("unsigned", b.Name, "its checkpoint is signed as the policy asks")
		b.read = m.alarms.now
		m.compare(ctx, b, &seen{signed[i], head, b, m.alarms.now})
	}
}

// compare holds what a board shows against the largest that it showed and the
// largest that anybody showed. What is in order becomes what later ones are held
// against.
func (m *Monitor) compare(ctx context.Context, b *board, now *seen) {
	known := []*seen{}
	for _, old := range []*seen{b.last, m.head} {
		if old != nil && !slices.Contains(known, old) {
			known = append(known, old)
		}
	}
	back := b.last != nil && now.head.Size < b.last.head.Size
	unsure := map[*seen]error{} // why it could not be held against which
	for _, old := range known {
		found, err := m.contradiction(ctx, old, now)
		switch {
		case ctx.Err() != nil:
			return
		case err == nil && found != nil:
			m.fork(b, old, now, found)
			if back {
				m.rollback(b, now, nil)
			}
			return
		case err != nil:
			unsure[old] = err
		}
	}
	switch {
	case back:
		m.rollback(b, now, unsure[b.last])
		return
	case len(unsure) > 0:
		m.doubt(b, now, known, unsure)
		return
	}
	m.alarms.lower("tiles", b.Name, "its tiles are those of its checkpoint")
	m.alarms.lower("rollback", b.Name, fmt.Sprintf("shows %d entries again", now.head.Size))
	b.now = now
	if b.last == nil || now.head.Size > b.last.head.Size {
		b.last = now
	}
	if m.head == nil || now.head.Size > m.head.head.Size {
		m.head = now
	}
}

// doubt tells that what a board shows could not be held against what is known.
func (m *Monitor) doubt(b *board, now *seen, known []*seen, unsure map[*seen]error) {
	var first error
	for _, old := range known {
		err := unsure[old]
		if err == nil {
			continue
		}
		// Only of the larger checkpoint hashes are read: of an older one they are not
		// this board's to give.
		if now.head.Size > old.head.Size && errors.Is(err, evidence.ErrTiles) {
			m.alarms.raise("tiles", b.Name, Event{Text: fmt.Sprintf("its checkpoint of %d entries can not be held against %d: %v",
				now.head.Size, old.head.Size, err)})
			b.now = now // what else is wrong is for the verification to say
			return
		}
		if first == nil {
			first = fmt.Errorf("comparing %d entries with %d: %w", now.head.Size, old.head.Size, err)
		}
	}
	m.alarms.missing(b, first, m.opts.Unreachable)
}

// contradiction returns evidence if two checkpoints contradict each other. It
// asks the board that showed the larger one for hashes, and then all others.
func (m *Monitor) contradiction(ctx context.Context, a, b *seen) (*evidence.Evidence, error) {
	larger := a
	if b.head.Size > a.head.Size {
		larger = b
	}
	ask := []*board{larger.from}
	for _, other := range m.boards {
		if other != larger.from {
			ask = append(ask, other)
		}
	}
	var why error
	for _, at := range ask {
		found, err := m.ask(ctx, a.signed, b.signed, at.Reader)
		if err == nil {
			return found, nil
		}
		if why == nil {
			why = err
		}
	}
	return nil, why
}

func (m *Monitor) ask(ctx context.Context, a, b []byte, r tlog.Reader) (*evidence.Evidence, error) {
	ctx, cancel := context.WithTimeout(ctx, lookTimeout)
	defer cancel()
	return evidence.Compare(ctx, m.opts.Record.Policy.Log, a, b, r)
}

// fork tells that the log signed two histories, and keeps what proves it: once
// for each board, so that nobody can fill a disk.
func (m *Monitor) fork(b *board, old, now *seen, found *evidence.Evidence) {
	if m.alarms.isActive("fork", b.Name) {
		return
	}
	e := Event{Text: fmt.Sprintf("the log signed two histories: %s, shown by %s, and %s, shown by %s",
		describe(old.head), old.from.Name, describe(now.head), b.Name)}
	e = m.keep(e, found)
	m.alarms.raise("fork", b.Name, e)
}

// rollback tells that a board shows less than it did. That alone contradicts
// nothing that was signed.
func (m *Monitor) rollback(b *board, now *seen, unsure error) {
	if m.alarms.isActive("rollback", b.Name) {
		return
	}
	e := Event{Text: fmt.Sprintf("shows %s, and showed %d entries before: it was rolled back", describe(now.head), b.last.head.Size)}
	if unsure != nil {
		e.Text += fmt.Sprintf("; whether the two contradict could not be found out: %v", unsure)
		if both, err := evidence.New(b.last.signed, now.signed, nil); err == nil {
			e = m.keep(e, both)
		}
	}
	m.alarms.raise("rollback", b.Name, e)
}

func (m *Monitor) keep(e Event, found *evidence.Evidence) Event {
	path, err := m.opts.Keep(found.Marshal())
	if err != nil {
		e.Text += fmt.Sprintf("; the evidence could not be kept: %v", err)
	}
	e.Evidence = path
	return e
}

func describe(c checkpoint.Checkpoint) string {
	return fmt.Sprintf("%d entries with the root %x", c.Size, c.Root[:8])
}
