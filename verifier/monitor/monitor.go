package monitor

import (
	"context"
	"errors"
	"fmt"
	"time"

	"rollcall/bulletin/checkpoint"
	"rollcall/bulletin/tlog"
	"rollcall/verifier"
)

// Board is a board or a mirror of it.
type Board struct {
	Name   string // as a person knows it: its address
	Reader tlog.Reader
}

// Store keeps what was found from one round to the next.
type Store interface {
	// Load returns what was saved last, nil if nothing was.
	Load() (*verifier.State, error)
	// Save keeps a snapshot, whole or not at all.
	Save(*verifier.Snapshot) error
}

// Options says what is watched, and when that is an alarm.
type Options struct {
	// Record is what each verification is held against. Its Policy must be set.
	// Since and Query are not used.
	Record verifier.Options
	// Main is verified; Mirrors are compared with it.
	Main    Board
	Mirrors []Board
	Store   Store
	// Keep writes evidence to a new file and returns its name.
	Keep func(evidence []byte) (string, error)
	Now  func() time.Time
	// TickSlack is how much later than a minute after the last a tick may come, and
	// how far its time may be ahead: S of SPEC.md, section 8.
	TickSlack time.Duration
	// Unreachable is for how long a board may not be read.
	Unreachable time.Duration
	// Undecided is the share, 0 to 1, of ballots whose time runs out undecided
	// that is still in line, over Window; at least Least ballots are needed to say
	// anything.
	Undecided float64
	Window    time.Duration
	Least     uint64
}

// lookTimeout bounds how long one board can hold up a round before its
// checkpoint is there and compared.
const lookTimeout = 30 * time.Second

// seen is a checkpoint that the log signed, as the policy asks for.
type seen struct {
	signed []byte
	head   checkpoint.Checkpoint
	from   *board
	at     time.Time // when; zero for what was saved before
}

// board is one of those watched.
type board struct {
	Board
	last *seen     // the largest that it showed, and that nothing contradicts
	now  *seen     // what it shows in this round; nil if that is not to be used
	lost time.Time // since when it could not be read; zero if it can
	// answered is that nothing of it was missing in this round, whatever it shows; of
	// the main one also of what was verified.
	answered bool
	read     time.Time // when it last gave a checkpoint that is signed as it should be
}

// Monitor watches one election. It is not safe for concurrent use.
type Monitor struct {
	opts   Options
	boards []*board // the main one first
	head   *seen    // the largest of all
	alarms alarms
	loaded bool
	saved  *verifier.State // what load found, until it is gone on from

	judged    *seen   // what was verified last, whatever came of it
	found     *Judged // what came of it
	size      uint64  // entries whose fate has been told
	verdict   verifier.Status
	sum       *verifier.Report // of the last that did not fail, without lists
	began     time.Time        // when it was first seen to be open
	undecided window
}

// New returns a monitor that has seen nothing yet.
func New(o Options) (*Monitor, error) {
	if o.Record.Policy == nil {
		return nil, errors.New("a monitor needs a policy: a record that vouches only for itself proves nothing")
	}
	m := &Monitor{opts: o, verdict: verifier.Skipped, undecided: window{length: o.Window}}
	m.alarms.active = map[string]Event{}
	for _, b := range append([]Board{o.Main}, o.Mirrors...) {
		m.boards = append(m.boards, &board{Board: b})
	}
	return m, nil
}

// Verdict returns that of the last verification: Pass, Fail, or Skipped for
// incomplete and for none yet.
func (m *Monitor) Verdict() verifier.Status { return m.verdict }

// Lost reports whether the board could not be read in the last round.
func (m *Monitor) Lost() bool { return !m.boards[0].lost.IsZero() }

// Raised reports whether there ever was an alarm.
func (m *Monitor) Raised() bool { return m.alarms.raised > 0 }

// Round looks at every board once and returns what is to be told. It returns
// early, and says nothing of what it did not see, when ctx ends.
func (m *Monitor) Round(ctx context.Context) []Event {
	m.alarms.events, m.alarms.now = nil, m.opts.Now()
	if err := m.load(); err != nil {
		m.alarms.raise("state", m.boards[0].Name, Event{Text: err.Error()})
		return m.alarms.events
	}
	m.look(ctx)
	if ctx.Err() == nil {
		m.judge(ctx)
	}
	if ctx.Err() == nil {
		for _, b := range m.boards {
			if b.answered {
				m.alarms.reached(b)
			}
		}
		m.checkTicks()
	}
	return m.alarms.events
}

// load takes up, once, the checkpoint of a state that was saved before.
func (m *Monitor) load() error {
	if m.loaded {
		return nil
	}
	state, err := m.opts.Store.Load()
	if err != nil {
		return fmt.Errorf("what was saved can not be read: %w", err)
	}
	if state == nil {
		m.loaded = true
		return nil
	}
	signed := state.Checkpoint()
	head, err := m.opts.Record.Policy.Open(signed)
	if err != nil {
		return fmt.Errorf("what was saved is of another log or policy: %w", err)
	}
	m.loaded, m.saved = true, state
	main := m.boards[0]
	m.head = &seen{signed: signed, head: head, from: main}
	main.last, m.size = m.head, head.Size
	return nil
}

// pinned is a board at one checkpoint, so that what is verified is what was
// compared.
type pinned struct {
	tlog.Reader
	signed []byte
}

func (p pinned) Checkpoint(context.Context) ([]byte, error) { return p.signed, nil }

// pinnedHints is pinned for a reader of hints, which would else be hidden.
type pinnedHints struct {
	pinned
	tlog.HintReader
}

func pin(r tlog.Reader, signed []byte) tlog.Reader {
	if h, ok := r.(tlog.HintReader); ok {
		return pinnedHints{pinned{r, signed}, h}
	}
	return pinned{r, signed}
}

// take returns the state to go on from, which serves once. In the first round it
// is there already.
func (m *Monitor) take() (*verifier.State, error) {
	if state := m.saved; state != nil {
		m.saved = nil
		return state, nil
	}
	return m.opts.Store.Load()
}

// judge verifies what the main board has beyond what was verified.
func (m *Monitor) judge(ctx context.Context) {
	main := m.boards[0]
	now := main.now
	if now == nil || m.judged != nil && m.judged.head == now.head {
		return
	}
	state, err := m.take()
	if err != nil {
		m.alarms.raise("state", main.Name, Event{Text: fmt.Sprintf("what was saved can not be read: %v", err)})
		return
	}
	o := m.opts.Record
	o.Since, o.Query = state, nil
	report, err := verifier.Verify(ctx, pin(main.Reader, now.signed), o)
	if ctx.Err() != nil {
		return
	}
	if err != nil && !report.Failed() {
		m.alarms.missing(main, err, m.opts.Unreachable)
		return
	}
	m.judged = now
	m.tell(main, report)
	if report.Snapshot == nil {
		return
	}
	if err := m.opts.Store.Save(report.Snapshot); err != nil {
		m.alarms.raise("state", main.Name, Event{Text: fmt.Sprintf("what was found can not be saved: %v", err)})
		return
	}
	m.alarms.lower("state", main.Name, "what was found is saved again")
}

// tell says what is new in a report.
func (m *Monitor) tell(main *board, report *verifier.Report) {
	before := m.verdict
	switch {
	case report.Failed():
		m.verdict = verifier.Fail
	case report.Verified():
		m.verdict = verifier.Pass
	default:
		m.verdict = verifier.Skipped
	}
	m.found = newJudged(m.judged, m.alarms.now, m.verdict, report)
	for _, c := range report.Checks {
		if c.Status == verifier.Fail {
			m.alarms.raise("failed/"+c.ID, main.Name, Event{Text: fmt.Sprintf("%s failed (%s): %s", c.ID, c.Title, c.Error)})
		} else if !report.Failed() {
			m.alarms.lower("failed/"+c.ID, main.Name, c.ID+" does not fail any more")
		}
	}
	if m.verdict != before && m.verdict == verifier.Pass {
		m.alarms.note("verified", main.Name, "verified: every check passed")
	}
	m.tellVoid(main, report)
	grown := report.Size > m.size
	m.size = max(m.size, report.Size)
	if report.Failed() {
		return
	}
	if grown {
		m.alarms.note("grown", main.Name, fmt.Sprintf("%d entries, nothing wrong with them: %d ballots cast, %d tested, %d undecided, %d void",
			report.Size, report.Ballots.Cast, report.Ballots.Tested, report.Ballots.Undecided, report.Ballots.Void))
	}
	m.tellGap(main, report)
	m.tellUndecided(main, report)
	sum := *report
	sum.Snapshot, sum.Tally, sum.Void, sum.Results = nil, nil, nil, nil // which hold on to much memory
	m.sum = &sum
	if report.Clock.Running && m.began.IsZero() {
		m.began = m.alarms.now
	}
}
