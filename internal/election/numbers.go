package election

import (
	"sync"

	"rollcall/crypto/credential"
	"rollcall/crypto/schnorr"
)

// numbers are the ballot numbers given out. They have ten digits, so among
// 100,000 voters two are likely to be drawn alike, and a roll takes none twice.
type numbers struct {
	of    func(schnorr.PublicKey) string
	mu    sync.Mutex
	taken map[string]bool
}

// newNumbers returns numbers of an election with room for n voters.
func newNumbers(electionHash [64]byte, n int) *numbers {
	of := func(ballot schnorr.PublicKey) string { return credential.BallotNumber(electionHash, ballot) }
	return &numbers{of: of, taken: make(map[string]bool, n)}
}

// draw draws a ballot key whose number is free, and takes the number.
func (n *numbers) draw() *schnorr.SecretKey {
	for {
		key := schnorr.GenerateKey()
		if n.take(n.of(key.Public())) {
			return key
		}
	}
}

func (n *numbers) take(number string) bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.taken[number] {
		return false
	}
	n.taken[number] = true
	return true
}
