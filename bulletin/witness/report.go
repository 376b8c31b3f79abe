package witness

import (
	"errors"
	"time"
)

// State is what a witness did when it was asked last.
type State string

// The states. Whoever refuses or contradicts has answered, and given no cosignature of
// the tree.
const (
	Unknown     State = "unknown" // not asked since the start
	Answers     State = "answers"
	Silent      State = "silent"
	Refuses     State = "refuses"
	Contradicts State = "contradicts" // it has signed another history of this log, see ErrHistory
)

// States are all of them.
var States = []State{Unknown, Answers, Silent, Refuses, Contradicts}

// ErrSilent is wrapped by the error of a witness that gave no answer at all.
var ErrSilent = errors.New("no answer")

func stateOf(err error) State {
	switch {
	case err == nil:
		return Answers
	case errors.Is(err, ErrSilent):
		return Silent
	case errors.Is(err, ErrHistory):
		return Contradicts
	}
	return Refuses
}

// Report is how a group fares.
type Report struct {
	Quorum int
	// Last is when a quorum cosigned last; zero if never since the start. Err says
	// why the last tree found none, nil if it did, and Since from when on that has
	// been so; it is zero before the first tree.
	Last    time.Time
	Err     error
	Since   time.Time
	Members []MemberReport
}

// Out reports whether the last tree found no quorum.
func (r *Report) Out() bool { return r.Err != nil }

// MemberReport is how one witness fares.
type MemberReport struct {
	Name  string
	Last  time.Time // when it cosigned last; zero if never since the start
	Err   error     // of the last request
	State State
	Since time.Time // from when on it is in State; zero in Unknown
	// MLDSA says that it is known to have an ML-DSA-44 key, and MLDSAErr why there
	// was no right cosignature of it when the witness cosigned last.
	MLDSA    bool
	MLDSAErr error
}

// Report returns how the witnesses fare, in the order of the members.
func (g *Group) Report() Report {
	g.mu.Lock()
	r := Report{Quorum: g.quorum, Last: g.last, Err: g.err, Since: g.since}
	g.mu.Unlock()
	for _, m := range g.members {
		m.mu.Lock()
		r.Members = append(r.Members, MemberReport{m.key.Name(), m.cosigned, m.err, m.state, m.since, m.mldsa != nil, m.mldsaErr})
		m.mu.Unlock()
	}
	return r
}

// begin notes that a request is under way.
func (m *member) begin() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.asked++
}

// stands notes what the witness did. The caller holds m.mu.
func (m *member) stands(s State) {
	if s != m.state {
		m.state, m.since = s, time.Now()
	}
}
