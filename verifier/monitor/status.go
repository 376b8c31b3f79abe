package monitor

import (
	"encoding/hex"
	"slices"
	"time"

	"rollcall/bulletin/checkpoint"
	"rollcall/verifier"
)

// Status is what a monitor knows after a round. It shares nothing with the
// monitor, and nothing of it is verified but what Judged says.
type Status struct {
	// Looked is when the last round began, zero before the first.
	Looked time.Time `json:"looked,omitzero"`
	// Largest is the largest checkpoint that any board showed, signed as the policy
	// asks. What is in it may not have been judged yet.
	Largest *Head `json:"largest,omitempty"`
	// Judged is what came of the last verification; nil before the first.
	Judged *Judged `json:"judged,omitempty"`
	// Boards are the board that is verified, and then its mirrors.
	Boards []BoardStatus `json:"boards"`
	// Standing are the alarms that stand, Past the last ones that do not, the
	// newest last.
	Standing []Event `json:"standing"`
	Past     []Past  `json:"past"`
	// Alarms is how many there were in this run.
	Alarms uint64 `json:"alarms"`
}

// Head is a signed checkpoint.
type Head struct {
	Size uint64 `json:"size"`
	Root string `json:"root"` // hexadecimal
	// Seen is when it was first shown in this run; zero for one that was saved.
	Seen time.Time `json:"seen,omitzero"`
}

// Judged is what came of a verification.
type Judged struct {
	Head
	At     time.Time       `json:"at"`
	Status verifier.Status `json:"status"` // pass: every check; skipped: nothing is wrong, and not all is there
	// Checks are V01 to V21.
	Checks  []Check          `json:"checks"`
	Ballots verifier.Ballots `json:"ballots"`
	// New is how many entries were judged in this verification, in Took.
	New  uint64        `json:"new"`
	Took time.Duration `json:"took_ns"`
	// Undecided is nil until enough ballots have run out within the window.
	Undecided *Share `json:"undecided,omitempty"`
	// LastTick is the time of the last valid tick, zero before the first; Running
	// says that more must come.
	LastTick time.Time `json:"last_tick,omitzero"`
	Running  bool      `json:"running"`
}

// Check is one of the checks, with its title in plain words.
type Check struct {
	verifier.Check
	Title string `json:"title"`
}

// Share is how many of the ballots whose time ran out were never decided.
type Share struct {
	Undecided uint64  `json:"undecided"`
	Expired   uint64  `json:"expired"`
	Percent   float64 `json:"percent"`
}

// PerSecond is how many entries were judged in a second, 0 if that can not be
// said.
func (j *Judged) PerSecond() float64 {
	if j.Took <= 0 {
		return 0
	}
	return float64(j.New) / j.Took.Seconds()
}

// BoardStatus is what is known of a board or a mirror.
type BoardStatus struct {
	Name string `json:"name"`
	// Read is when it last showed a checkpoint that is signed as the policy asks.
	Read time.Time `json:"read,omitzero"`
	// Shows is what it showed in the last round if that was in order; Largest the
	// largest that it ever did.
	Shows   *Head `json:"shows,omitempty"`
	Largest *Head `json:"largest,omitempty"`
	// Lost is since when it could not be read.
	Lost time.Time `json:"lost,omitzero"`
}

// newJudged is what is kept of a report to be told.
func newJudged(of *seen, now time.Time, verdict verifier.Status, r *verifier.Report) *Judged {
	f := &Judged{Head: *headOf(of), At: now, Status: verdict, Ballots: r.Ballots, New: r.Size - min(r.Before, r.Size), Took: r.Elapsed,
		Running: r.Clock.Running}
	for _, c := range r.Checks {
		f.Checks = append(f.Checks, Check{c, c.Title})
	}
	if r.Clock.Last > 0 {
		f.LastTick = posix(r.Clock.Last)
	}
	return f
}

// posix is a time of the board, which may be any number.
func posix(seconds uint64) time.Time { return time.Unix(int64(min(seconds, 1<<37)), 0) }

func headOf(s *seen) *Head {
	if s == nil {
		return nil
	}
	return newHead(s.head, s.at)
}

func newHead(c checkpoint.Checkpoint, at time.Time) *Head {
	return &Head{Size: c.Size, Root: hex.EncodeToString(c.Root[:]), Seen: at}
}

// Status returns what is known now. It must not be called during a Round, as no
// other method.
func (m *Monitor) Status() *Status {
	s := &Status{Looked: m.alarms.now, Largest: headOf(m.head), Boards: []BoardStatus{}, Standing: append([]Event{}, m.alarms.standing()...),
		Past: append([]Past{}, m.alarms.past...), Alarms: m.alarms.raised}
	for _, b := range m.boards {
		s.Boards = append(s.Boards, BoardStatus{Name: b.Name, Read: b.read, Shows: headOf(b.now), Largest: headOf(b.last), Lost: b.lost})
	}
	if m.found != nil {
		judged := *m.found
		judged.Checks = slices.Clone(judged.Checks)
		s.Judged = &judged
	}
	return s
}
