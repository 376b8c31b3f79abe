package record

import (
	"iter"
	"slices"

	"rollcall/bulletin/entry"
)

// FindCode returns copies of the ballots with a receipt code of 16 digits, in
// the order of the board.
func (s *State) FindCode(code string) []Ballot {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return copies(s.voting.codes[code])
}

// FindBallotNumber returns copies of the ballots of a ballot number, and
// whether the number is on the roll.
func (s *State) FindBallotNumber(number string) (ballots []Ballot, known bool) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	voter := s.setup.numbers[number]
	if voter == nil {
		return nil, false
	}
	return copies(voter.ballots), true
}

// Ballot returns a copy of the ballot at an index.
func (s *State) Ballot(index uint64) (Ballot, bool) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	b := s.voting.ballots[index]
	if b == nil {
		return Ballot{}, false
	}
	return *b, true
}

func copies(list []*Ballot) []Ballot {
	out := make([]Ballot, 0, len(list))
	for _, b := range list {
		out = append(out, *b)
	}
	return out
}

// VoterByKey returns the voter with a credential; HasCast says whether a ballot
// of it is in the count.
func (s *State) VoterByKey(credential [32]byte) (voter *Voter, hasCast, ok bool) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	v := s.setup.voters[credential]
	if v == nil {
		return nil, false, false
	}
	return v, v.cast, true
}

// CastAt returns the index of the cast of a credential, if it has one.
func (s *State) CastAt(credential [32]byte) (index uint64, ok bool) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if v := s.setup.voters[credential]; v != nil {
		for _, b := range v.ballots {
			if b.Decision == Cast {
				return b.DecidedAt, true
			}
		}
	}
	return 0, false
}

// SealedSince counts the ballots of a credential whose preceding tick is at or
// after a time in Unix seconds.
func (s *State) SealedSince(credential [32]byte, since uint64) int {
	s.mu.RLock()
	defer s.mu.RUnlock()
	n := 0
	if v := s.setup.voters[credential]; v != nil {
		for _, b := range v.ballots {
			if b.SealedAfter >= since {
				n++
			}
		}
	}
	return n
}

// Sealed reports whether a ballot of a credential with a leaf hash is there: a
// retry of it is no new ballot.
func (s *State) Sealed(credential, leaf [32]byte) bool {
	s.mu.RLock()
	defer s.mu.RUnlock()
	v := s.setup.voters[credential]
	return v != nil && slices.ContainsFunc(v.ballots, func(b *Ballot) bool { return b.Leaf == leaf })
}

// Summary is what an onlooker may know of the state.
type Summary struct {
	Phase                   Phase
	Size                    uint64
	Voters                  uint64 // on the roll, without audit credentials
	Auditors                uint64 // audit credentials
	Cast, Tested, Undecided uint64
	// WithoutCode is how many of the undecided wait for their code tick.
	WithoutCode int
	LastTick    uint64 // Unix seconds; 0 before the first
	Attempt     uint64 // latest attempt at the key ceremony; 0 before the first
	RollEnded   bool
	TotalsEnded bool
	// DecideUntil is when the last ballot can be decided, once closed: Unix
	// seconds, 0 before close has its tick.
	DecideUntil uint64
}

// Summary returns the state in numbers.
func (s *State) Summary() Summary {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.summary()
}

func (s *State) summary() Summary {
	sum := Summary{
		Phase: s.phase, Size: s.next, Voters: uint64(len(s.setup.voters)) - s.audit.auditors(), Auditors: s.audit.auditors(),
		Cast: s.voting.decided[Cast], Tested: s.voting.decided[Tested], Undecided: s.voting.decided[Undecided],
		WithoutCode: len(s.voting.waiting), Attempt: s.setup.latest,
		RollEnded: s.setup.rollEnded, TotalsEnded: s.count.totalsEnded,
	}
	if s.voting.lastTick != nil {
		sum.LastTick = s.voting.lastTick.Time
	}
	if c := s.voting.closed; c != nil && c.codeTick != nil {
		sum.DecideUntil = c.codeTick.Time + s.manifest.DecisionSeconds
	}
	return sum
}

// SummaryAt is Summary of a board of which the first published entries are
// published: a ballot is undecided while its decision is not among them, and waits
// for the witnesses with it.
func (s *State) SummaryAt(published uint64) Summary {
	s.mu.RLock()
	defer s.mu.RUnlock()
	sum := s.summary()
	for b := range s.unpublished(published) {
		if b.Decision == Cast {
			sum.Cast--
		} else {
			sum.Tested--
		}
		sum.Undecided++
	}
	return sum
}

// unpublished gives the ballots whose decision is not among the published entries.
// No tick covers it, for a tick is of a published tree where there are witnesses to
// wait for. The caller holds s.mu.
func (s *State) unpublished(published uint64) iter.Seq[*Ballot] {
	return func(yield func(*Ballot) bool) {
		for _, b := range slices.Backward(s.voting.fresh) {
			if b.DecidedAt < published || !yield(b) {
				return
			}
		}
	}
}

// Closed returns the index of the close entry and whether a tick covers it.
func (s *State) Closed() (index uint64, covered, ok bool) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	c := s.voting.closed
	if c == nil {
		return 0, false, false
	}
	return c.index, c.codeTick != nil, true
}

// LastTick returns the last valid tick and its index, or nil.
func (s *State) LastTick() (*entry.Tick, uint64) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.voting.lastTick, s.voting.lastIndex
}

// CastCounts returns how many voters of every unit have cast by the first published
// entries.
func (s *State) CastCounts(published uint64) []uint64 {
	s.mu.RLock()
	defer s.mu.RUnlock()
	counts := make([]uint64, len(s.manifest.Units))
	for unit, n := range s.voting.castIn {
		counts[unit] = n
	}
	for b := range s.unpublished(published) {
		if b.Decision == Cast {
			counts[b.Voter.Unit]--
		}
	}
	return counts
}

// RollCounts returns the credentials of every unit, as declared, once the roll is
// complete: audit credentials are among them, see VoterCounts.
func (s *State) RollCounts() []uint64 {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return slices.Clone(s.setup.counts)
}
