package trustee

import (
	"errors"
	"testing"
)

// TestEarlierAttemptAgain is a board that shows a trustee a second attempt at
// the ceremony and then, in another history, the first one as it was before the
// trustee had taken part: there must be no second message for it.
func TestEarlierAttemptAgain(t *testing.T) {
	b := newBoard(t, 2, 2)
	b.attempt(1)
	forked := b.fork()
	b.stepAll(1)
	b.attempt(2)
	b.stepAll(1)
	size := forked.size()
	if _, err := forked.step(1); !errors.Is(err, ErrStopped) {
		t.Errorf("error %v, want that the attempt is stopped", err)
	}
	if forked.size() != size {
		t.Error("a second commitment for attempt 1 is on a board")
	}
	b.stepAll(2) // the second attempt goes on
	if _, err := b.step(1); err != nil {
		t.Errorf("going on with attempt 2: %v", err)
	}
}
