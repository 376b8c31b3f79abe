package monitor

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
)

// Levels of an Event.
const (
	Alarm = "alarm" // something is wrong or does not come
	Over  = "over"  // what an alarm was raised for has passed
	Note  = "note"  // worth a line
)

// Event is one thing to tell. Its text is from a board and not to be trusted in
// how it is shown.
type Event struct {
	Time  time.Time `json:"time"`
	Level string    `json:"level"`
	// Kind is rollback, fork, unsigned, tiles, unreachable, tick, tick-time, void,
	// undecided, failed or state; of notes also grown, verified, lost and found.
	Kind  string `json:"kind"`
	Board string `json:"board"`
	Text  string `json:"text"`
	// Alarm numbers the alarms of this run from 1. The end of an alarm has its
	// number.
	Alarm uint64 `json:"alarm,omitempty"`
	// Evidence is the file that proves it, where there is one.
	Evidence string `json:"evidence,omitempty"`
}

// Past is an alarm that does not stand any more.
type Past struct {
	Event
	// Ended is when what it was raised for had passed. Zero is that it tells
	// something that happened once.
	Ended time.Time `json:"ended,omitzero"`
}

const (
	// maxText bounds the bytes of a text, of which a board chooses some.
	maxText = 4096
	// maxPast is how many alarms are kept that do not stand any more.
	maxPast = 100
)

// alarms remembers which are raised, so that each is told once until it is over.
type alarms struct {
	now    time.Time
	events []Event
	active map[string]Event
	past   []Past // the last ones, oldest first
	raised uint64 // ever
}

// raise tells an alarm that is not raised yet. What follows a slash in the kind
// tells alarms of one kind apart.
func (a *alarms) raise(kind, board string, e Event) {
	key := kind + " " + board
	if _, ok := a.active[key]; ok {
		return
	}
	a.active[key] = a.alarm(kind, board, e)
}

// once tells an alarm about something that has happened and does not last.
func (a *alarms) once(kind, board string, e Event) {
	a.keep(Past{Event: a.alarm(kind, board, e)})
}

func (a *alarms) alarm(kind, board string, e Event) Event {
	a.raised++
	e.Time, e.Level, e.Kind, e.Board, e.Alarm = a.now, Alarm, first(kind), board, a.raised
	return a.tell(e)
}

func (a *alarms) tell(e Event) Event {
	if len(e.Text) > maxText {
		e.Text = strings.ToValidUTF8(e.Text[:maxText], "") + "..."
	}
	a.events = append(a.events, e)
	return e
}

func (a *alarms) keep(p Past) {
	if len(a.past) == maxPast {
		a.past = append(a.past[:0], a.past[1:]...)
	}
	a.past = append(a.past, p)
}

func (a *alarms) isActive(kind, board string) bool {
	_, ok := a.active[kind+" "+board]
	return ok
}

// lower says that an alarm is over, if it was raised.
func (a *alarms) lower(kind, board, text string) {
	key := kind + " " + board
	raised, ok := a.active[key]
	if !ok {
		return
	}
	delete(a.active, key)
	a.keep(Past{Event: raised, Ended: a.now})
	a.tell(Event{Time: a.now, Level: Over, Kind: first(kind), Board: board, Text: text, Alarm: raised.Alarm})
}

func (a *alarms) note(kind, board, text string) {
	a.tell(Event{Time: a.now, Level: Note, Kind: kind, Board: board, Text: text})
}

// standing returns what is raised now, in the order in which it was.
func (a *alarms) standing() []Event {
	return slices.SortedFunc(maps.Values(a.active), func(x, y Event) int { return cmp.Compare(x.Alarm, y.Alarm) })
}

// missing says that a board could not be read: first a note, and after a while
// an alarm.
func (a *alarms) missing(b *board, err error, after time.Duration) {
	b.now, b.answered = nil, false
	if b.lost.IsZero() {
		b.lost = a.now
		a.note("lost", b.Name, fmt.Sprintf("could not be read, and is tried again: %v", err))
	}
	if since := a.now.Sub(b.lost); since >= after {
		a.raise("unreachable", b.Name, Event{Text: fmt.Sprintf("could not be read for %v: %v", since.Round(time.Second), err)})
	}
}

// reached says that a board which could not be read can be. What it shows may be
// wrong: that is another alarm.
func (a *alarms) reached(b *board) {
	if !b.lost.IsZero() && !a.isActive("unreachable", b.Name) {
		a.note("found", b.Name, "could be read again")
	}
	a.lower("unreachable", b.Name, "can be read again")
	b.lost = time.Time{}
}

// first is what an event tells of the kind of an alarm.
func first(kind string) string {
	kind, _, _ = strings.Cut(kind, "/")
	return kind
}
