package election

import (
	"sync"
	"testing"

	"rollcall/crypto/schnorr"
)

// TestNumbersAreTakenOnce gives all the 16 numbers there are to 16 voters, drawn
// side by side.
func TestNumbersAreTakenOnce(t *testing.T) {
	of := func(key schnorr.PublicKey) string { return string(key.Bytes()[0] & 0x1e) }
	n := &numbers{of: of, taken: map[string]bool{}}
	keys := make([]*schnorr.SecretKey, 16)
	var wg sync.WaitGroup
	for i := range keys {
		wg.Go(func() { keys[i] = n.draw() })
	}
	wg.Wait()
	seen := map[string]bool{}
	for _, key := range keys {
		seen[of(key.Public())] = true
	}
	if len(seen) != len(keys) {
		t.Errorf("%d voters have %d numbers", len(keys), len(seen))
	}
}

// TestNumberIsTheBallotNumber has a second voter with the first one's key refused.
func TestNumberIsTheBallotNumber(t *testing.T) {
	n := newNumbers([64]byte{1}, 1)
	key := n.draw()
	if n.take(n.of(key.Public())) {
		t.Error("the number of a key that was drawn is still free")
	}
	if other := newNumbers([64]byte{2}, 1); other.of(key.Public()) == n.of(key.Public()) {
		t.Error("a key has one number in two elections")
	}
}
