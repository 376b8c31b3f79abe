package monitor

import (
	"fmt"
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
	// undecided, failed or state; of notes also grown, verified and lost.
	Kind  string `json:"kind"`
	Board string `json:"board"`
	Text  string `json:"text"`
	// Evidence is the file that proves it, where there is one.
	Evidence string `json:"evidence,omitempty"`
}

// alarms remembers which are raised, so that each is told once until it is over.
type alarms struct {
	now    time.Time
	events []Event
	active map[string]bool
	raised bool // ever
}

// raise tells an alarm that is not raised yet. What follows a slash in the kind
// tells alarms of one kind apart.
func (a *alarms) raise(kind, board string, e Event) {
	key := kind + " " + board
	if a.active[key] {
		return
	}
	a.active[key] = true
	a.once(kind, board, e)
}

// once tells an alarm about something that has happened and does not last.
func (a *alarms) once(kind, board string, e Event) {
	a.raised = true
	e.Time, e.Level, e.Kind, e.Board = a.now, Alarm, first(kind), board
	a.events = append(a.events, e)
}

func (a *alarms) isActive(kind, board string) bool { return a.active[kind+" "+board] }

// lower says that an alarm is over, if it was raised.
func (a *alarms) lower(kind, board, text string) {
	if key := kind + " " + board; a.active[key] {
		delete(a.active, key)
		a.events = append(a.events, Event{Time: a.now, Level: Over, Kind: first(kind), Board: board, Text: text})
	}
}

func (a *alarms) note(kind, board, text string) {
	a.events = append(a.events, Event{Time: a.now, Level: Note, Kind: kind, Board: board, Text: text})
}

// missing says that a board could not be read: first a note, and after a while
// an alarm.
func (a *alarms) missing(b *board, err error, after time.Duration) {
	b.now = nil
	if b.lost.IsZero() {
		b.lost = a.now
		a.note("lost", b.Name, fmt.Sprintf("could not be read, and is tried again: %v", err))
	}
	if since := a.now.Sub(b.lost); since >= after {
		a.raise("unreachable", b.Name, Event{Text: fmt.Sprintf("could not be read for %v: %v", since.Round(time.Second), err)})
	}
}

// first is what an event tells of the kind of an alarm.
func first(kind string) string {
	kind, _, _ = strings.Cut(kind, "/")
	return kind
}
