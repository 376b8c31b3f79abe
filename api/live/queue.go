package live

import (
	"sync"
	"time"
)

// maxKept bounds the phases and results that wait for one endpoint. There are
// four phases; a result is published again only after a fault.
const maxKept = 64

// A message is one webhook. Its id and body are the same in every attempt.
type message struct {
	kind  kind
	id    string
	body  []byte
	until time.Time // when to give up
}

// A queue holds what waits for one endpoint: phases and results in their order,
// and of the board only the newest. The zero queue is not ready; see newQueue.
type queue struct {
	wake chan struct{} // holds an element when something has come

	mu     sync.Mutex
	kept   []message // under mu
	board  message   // under mu; without id, none
	closed bool      // under mu
}

func newQueue() *queue { return &queue{wake: make(chan struct{}, 1)} }

// put adds m. It returns the message that had to make room, if any.
func (q *queue) put(m message) (lost message, full bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.closed {
		return message{}, false
	}
	if m.kind == board {
		q.board = m
	} else {
		if len(q.kept) == maxKept {
			lost, full = q.kept[0], true
			q.kept = append(q.kept[:0], q.kept[1:]...)
		}
		q.kept = append(q.kept, m)
	}
	select {
	case q.wake <- struct{}{}:
	default:
	}
	return lost, full
}

// first returns what to send next, and leaves it there: a phase or a result,
// or else the board, which may go from boardFrom on. Without either it returns
// when to look again; zero is not before something comes.
func (q *queue) first(now, boardFrom time.Time) (m message, ok bool, again time.Time) {
	q.mu.Lock()
	defer q.mu.Unlock()
	switch {
	case len(q.kept) > 0:
		return q.kept[0], true, time.Time{}
	case q.board.id == "":
		return message{}, false, time.Time{}
	case now.Before(boardFrom):
		return message{}, false, boardFrom
	}
	return q.board, true, time.Time{}
}

// remove takes m out, if it is still there.
func (q *queue) remove(m message) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.board.id == m.id {
		q.board = message{}
	}
	if len(q.kept) > 0 && q.kept[0].id == m.id {
		q.kept = append(q.kept[:0], q.kept[1:]...)
	}
}

// close drops everything that waits or comes.
func (q *queue) close() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.closed, q.kept, q.board = true, nil, message{}
}
