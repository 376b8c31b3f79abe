package record

import (
	"cmp"
	"fmt"
	"iter"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"

	"rollcall/tally/sums"
)

// sumChunk is how many ballots are added up at a time, by one goroutine.
const sumChunk = 256

// running are the sums of what has been cast. They are brought up outside the
// board's one writer, which only notes what is due: decoding a ballot's points
// takes a hundred times as long as noting it.
type running struct {
	adding sync.Mutex // held by AddUp
	due    []*Ballot  // guarded by State.mu: cast and not in the table yet
	table  sums.Table // guarded by adding

	used   atomic.Bool // AddUp has been called, as a follower never does
	handed sync.Mutex
	hints  map[[32]byte][]byte // guarded by handed: of verified ballots by leaf hash
}

// maxHanded is how many verified ballots' hints wait for their ballot to be
// applied: more than come at a time, in some megabytes.
const maxHanded = 1024

// hand keeps the hints of a ballot that Verify has decoded until it is applied.
// Some never are, so when there are too many all go: hints that are missing are
// made once more, and wrong ones found out.
func (r *running) hand(leaf [32]byte, hints []byte) {
	if !r.used.Load() {
		return
	}
	r.handed.Lock()
	defer r.handed.Unlock()
	if len(r.hints) >= maxHanded || r.hints == nil {
		r.hints = map[[32]byte][]byte{}
	}
	r.hints[leaf] = hints
}

// take returns the hints that were handed over for a ballot, or nil.
func (r *running) take(leaf [32]byte) []byte {
	r.handed.Lock()
	defer r.handed.Unlock()
	hints := r.hints[leaf]
	delete(r.hints, leaf)
	return hints
}

// AddUp brings the running sums up to the casts there are. It is quick if it is
// called often: few ballots are added by one goroutine, many, as after a restart,
// on all processors. Ballots that can not be decoded stay due, and the error
// names the first.
//
// Each ballot keeps the hints of its points, from Verify or made here: as many
// bytes as the ciphertexts, 704 for ten options and "none". So ballots are added
// up again at the close ten times faster, and nothing has to be published, read
// back and matched with ballots for that. A ballot takes 1,400 bytes without.
func (s *State) AddUp() error {
	s.running.used.Store(true)
	s.running.adding.Lock()
	defer s.running.adding.Unlock()
	for {
		goroutines, due := s.takeDue()
		if len(due) == 0 {
			return nil
		}
		ballots := make([]sums.Ballot, len(due))
		s.mu.RLock()
		for i, b := range due {
			ballots[i] = b.summand()
		}
		s.mu.RUnlock()
		table, err := sums.Of(goroutines, slices.Chunk(ballots, sumChunk), func(b *sums.Ballot) {
			if b.Hints == nil {
				b.Hints = sums.MakeHints(b.Contests)
			}
		})
		s.mu.Lock()
		if err != nil {
			s.running.due = append(due, s.running.due...)
			s.mu.Unlock()
			return fmt.Errorf("adding up cast ballots: %w", err)
		}
		for i, b := range due {
			b.hints = ballots[i].Hints
		}
		s.mu.Unlock()
		s.running.table.Merge(table)
	}
}

// takeDue takes the next ballots that are due, and says how many goroutines they
// are worth.
func (s *State) takeDue() (goroutines int, due []*Ballot) {
	s.mu.Lock()
	defer s.mu.Unlock()
	goroutines = max(1, min(runtime.GOMAXPROCS(0), len(s.running.due)/sumChunk))
	n := min(len(s.running.due), 8*goroutines*sumChunk)
	due, s.running.due = s.running.due[:n:n], s.running.due[n:]
	return goroutines, due
}

// summand is a ballot as it is added up. Its ciphertexts never change.
func (b *Ballot) summand() sums.Ballot {
	return sums.Ballot{Index: b.Index, Unit: b.Voter.Unit, Contests: b.Contests, Hints: b.hints}
}

// Sums returns a copy of the running sums of all casts there are, by contest and
// leaf unit.
func (s *State) Sums() (sums.Table, error) {
	if err := s.AddUp(); err != nil {
		return nil, err
	}
	s.running.adding.Lock()
	defer s.running.adding.Unlock()
	table := sums.Table{}
	table.Merge(s.running.table)
	return table, nil
}

// CastBallots returns the ballots that count now, in the order of the board, in
// chunks for whoever adds them up. It finds them by their decisions, and not by
// what the running sums have noted.
func (s *State) CastBallots() iter.Seq[[]sums.Ballot] {
	s.mu.RLock()
	defer s.mu.RUnlock()
	list := make([]*Ballot, 0, s.voting.decided[Cast])
	for _, b := range s.voting.ballots {
		if b.Decision == Cast {
			list = append(list, b)
		}
	}
	slices.SortFunc(list, func(a, b *Ballot) int { return cmp.Compare(a.Index, b.Index) })
	return func(yield func([]sums.Ballot) bool) {
		for some := range slices.Chunk(list, sumChunk) {
			chunk := make([]sums.Ballot, len(some))
			s.mu.RLock()
			for i, b := range some {
				chunk[i] = b.summand()
			}
			s.mu.RUnlock()
			if !yield(chunk) {
				return
			}
		}
	}
}
