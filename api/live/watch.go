package live

import (
	"encoding/json"
	"slices"
	"time"
)

// State is how far an election is.
type State struct {
	Size   uint64    // entries on the board
	Time   time.Time // of the last tick; zero before the first
	Phase  string    // "setup", "open", "closing" or "ended" (SPEC.md, section 7)
	Result int       // version of the published result; 0 is none
	// Ballots in each state. Undecided includes those whose time is over.
	Cast, Tested, Undecided, Void uint64
}

// phases are in their order; the place of a phase in a cursor counts from 1.
var phases = []string{"setup", "open", "closing", "ended"}

// valid reports whether s can be told. Nothing else in s can be wrong.
func (s State) valid() bool { return slices.Contains(phases, s.Phase) && s.Result >= 0 }

// cursor returns where somebody stands who has been told all of s.
func (s State) cursor() cursor {
	return cursor{s.Size, slices.Index(phases, s.Phase) + 1, s.Result}
}

// A kind is a kind of news.
type kind int

// The kinds, in the order in which they are told.
const (
	board kind = iota
	phase
	result
)

var kindNames = [...]string{board: "board", phase: "phase", result: "result"}

func (k kind) String() string { return kindNames[k] }

// A cursor is what somebody has been told. The zero cursor is nothing.
type cursor struct {
	size   uint64
	phase  int // place in phases, from 1; 0 is none
	result int
}

// covers reports whether who stands at c has been told all that d has.
func (c cursor) covers(d cursor) bool {
	return c.size >= d.size && c.phase >= d.phase && c.result >= d.result
}

// before reports whether d is a later place than c: more of something, and less
// of nothing. Of states that are published at once by two goroutines, the one
// that comes too late is not told.
func (c cursor) before(d cursor) bool { return c != d && d.covers(c) }

// news returns the kinds of news that lead from c to d, a place not before it,
// in their order.
func (c cursor) news(d cursor) []kind {
	var kinds []kind
	for k := range kind(len(kindNames)) {
		if c.take(k, d) != c {
			kinds = append(kinds, k)
		}
	}
	return kinds
}

// take returns c after one of the news that lead to d.
func (c cursor) take(k kind, d cursor) cursor {
	switch k {
	case board:
		c.size = d.size
	case phase:
		c.phase = d.phase
	case result:
		c.result = d.result
	}
	return c
}

// data is what is told of a state: JSON on one line.
type data struct {
	Election string   `json:"election,omitempty"` // to subscribers only: a follower knows whom it asked
	Phase    string   `json:"phase,omitempty"`
	Version  int      `json:"version,omitempty"` // of the result
	Size     uint64   `json:"size"`
	Time     string   `json:"time,omitempty"` // of the last tick, RFC 3339 in UTC
	Ballots  *ballots `json:"ballots,omitempty"`
}

type ballots struct {
	Cast      uint64 `json:"cast"`
	Tested    uint64 `json:"tested"`
	Undecided uint64 `json:"undecided"`
	Void      uint64 `json:"void"`
}

// tell returns what news of kind k say of s.
func (s State) tell(k kind, election string) data {
	d := data{Election: election, Size: s.Size}
	if !s.Time.IsZero() {
		d.Time = s.Time.UTC().Format(time.RFC3339)
	}
	switch k {
	case board:
		d.Ballots = &ballots{s.Cast, s.Tested, s.Undecided, s.Void}
	case phase:
		d.Phase = s.Phase
	case result:
		d.Version = s.Result
	}
	return d
}

// encode returns v as JSON on one line.
func encode(v any) []byte {
	b, err := json.Marshal(v)
	if err != nil {
		panic("live: " + err.Error()) // strings and numbers always encode
	}
	return b
}
