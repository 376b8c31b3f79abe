package api

import (
	"sync"

	"rollcall/api/public"
)

// looked counts the cast ballots that somebody has looked up. It holds which ones
// in memory alone, never who did, and gives out only how many. A restart forgets
// which; the greatest number of any run is kept, so that the number is "at least".
type looked struct {
	mu     sync.Mutex
	before uint64   // of earlier runs; under mu
	count  uint64   // of this run; under mu
	seen   []uint64 // a bit for each index of the board; under mu
}

// note takes what a look-up has found.
func (l *looked) note(matches []public.Match) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for i := range matches {
		if matches[i].State != public.StateCast {
			continue
		}
		word, bit := matches[i].Index/64, uint64(1)<<(matches[i].Index%64)
		for uint64(len(l.seen)) <= word {
			l.seen = append(l.seen, 0)
		}
		if l.seen[word]&bit == 0 {
			l.seen[word] |= bit
			l.count++
		}
	}
}

// atLeast returns how many ballots were looked up, at least.
func (l *looked) atLeast() uint64 {
	l.mu.Lock()
	defer l.mu.Unlock()
	return max(l.before, l.count)
}
