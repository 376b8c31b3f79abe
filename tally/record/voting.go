package record

import (
	"bytes"
	"fmt"
	"slices"

	"rollcall/bulletin/entry"
	"rollcall/crypto/schnorr"
	"rollcall/tally/code"
)

// voting is what happens from opening to the end. Guarded by State.mu.
type voting struct {
	ballots map[uint64]*Ballot
	alphas  alphaIndex
	codes   map[string][]*Ballot
	waiting []*Ballot // without a code tick, ascending
	fresh   []*Ballot // decided, and no tick covers the decision yet

	ticks     uint64 // valid ticks
	lastTick  *entry.Tick
	lastIndex uint64 // of the last valid tick
	closed    *closing

	decided [3]uint64         // ballots by Decision
	castIn  map[uint64]uint64 // voters who have cast, by unit

	// stretched is of the tick that was judged last: making it is slow, and the
	// same tick is mostly applied next. Only Judge and Apply touch it.
	stretched     *code.Tick
	stretchedTick [32]byte // leaf hash
}

// closing is the close entry; codeTick is nil until a tick covers it.
type closing struct {
	index    uint64
	codeTick *entry.Tick
}

// Decision is what has become of a sealed ballot.
type Decision int

// The decisions of SPEC.md, section 11.
const (
	Undecided Decision = iota
	Cast
	Tested
)

func (d Decision) String() string { return [...]string{"undecided", "cast", "tested"}[d] }

// Ballot is one sealed ballot that the door has taken.
type Ballot struct {
	Index    uint64
	Leaf     [32]byte
	Voter    *Voter
	Booth    schnorr.PublicKey
	Contests []entry.SealedContest // without proofs, two thirds of a ballot
	// CodeTick is the index of the first valid tick that covers the ballot,
	// and Code its receipt code; both are zero before.
	CodeTick     uint64
	CodeTickTime uint64
	Code         string
	// SealedAfter is the time of the last valid tick before the ballot.
	SealedAfter uint64
	Decision    Decision
	DecidedAt   uint64      // index of the cast or test, if any
	DecidedTime uint64      // time of the first valid tick that covers it; 0 before
	Opened      *entry.Test // the test, if any

	hints []byte // of the ciphertexts' points, or nil; see AddUp
}

// judgeBallot holds a ballot against rules 1, 3 and 5 to 6 of SPEC.md, section
// 10; Verify has checked signatures and proofs.
func (s *State) judgeBallot(e *entry.Entry, b *entry.Ballot) ([]string, error) {
	k := b.Kind()
	if s.phase != PhaseOpen {
		return nil, refuse(k, ErrPhase, "the election is %v", s.phase)
	}
	voter := s.voter(e)
	if voter == nil {
		return nil, refuse(k, ErrSignature, "credential is not on the roll")
	}
	for i := range b.Contests {
		for alpha := range alphas(&b.Contests[i]) {
			if other, ok := s.voting.alphas.find(alpha, s.voting.ballots); ok {
				return nil, refuse(k, ErrDuplicate, "contest %d: an alpha stands in ballot %d", b.Contests[i].Contest, other)
			}
		}
	}
	if s.voting.lastTick == nil || !s.inWindow(s.voting.lastTick.Time) {
		return nil, refuse(k, ErrClosed, "the last tick is in no window")
	}
	for _, other := range voter.ballots {
		if other.CodeTick == 0 {
			return nil, refuse(k, ErrDuplicate, "ballot %d of the credential has no receipt code yet", other.Index)
		}
	}
	return []string{fmt.Sprintf("ballot/%x", e.LeafHash())}, nil
}

// InWindow reports whether ballots may be sealed at a time in Unix seconds.
func (s *State) InWindow(t uint64) bool {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.manifest != nil && s.inWindow(t)
}

func (s *State) inWindow(t uint64) bool {
	for _, w := range s.manifest.Windows {
		if w.From <= t && t < w.To {
			return true
		}
	}
	return false
}

func (s *State) voter(e *entry.Entry) *Voter { return s.setup.voters[[32]byte(e.Signatures[0].Signer)] }

// signers finds the voter and the booth that a ballot names: the manifest's key,
// which all ballots share.
func (s *State) signers(e *entry.Entry) (voter *Voter, booth schnorr.PublicKey, ok bool) {
	voter = s.voter(e)
	i := slices.IndexFunc(s.keys.booths, func(k schnorr.PublicKey) bool { return bytes.Equal(k.Bytes(), e.Signatures[1].Signer) })
	if voter == nil || i < 0 {
		return voter, schnorr.PublicKey{}, false
	}
	return voter, s.keys.booths[i], true
}

func (s *State) applyBallot(e *entry.Entry, b *entry.Ballot) {
	voter, booth, ok := s.signers(e)
	if !ok {
		return // Verify has passed both
	}
	leaf := e.LeafHash()
	ballot := &Ballot{Index: s.next, Leaf: leaf, Voter: voter, Booth: booth, Contests: make([]entry.SealedContest, len(b.Contests)), hints: s.running.take(leaf)}
	for i, c := range b.Contests {
		ballot.Contests[i] = entry.SealedContest{Contest: c.Contest, Ciphertexts: c.Ciphertexts}
	}
	if s.voting.lastTick != nil {
		ballot.SealedAfter = s.voting.lastTick.Time
	}
	for i := range b.Contests {
		for alpha := range alphas(&b.Contests[i]) {
			s.voting.alphas.add(alpha, s.next)
		}
	}
	voter.ballots = append(voter.ballots, ballot)
	s.voting.ballots[s.next] = ballot
	s.voting.waiting = append(s.voting.waiting, ballot)
	s.voting.decided[Undecided]++
}

// decisionTarget returns the ballot and leaf hash that a cast or test names.
func decisionTarget(e *entry.Entry) (uint64, []byte) {
	switch b := e.Body.(type) {
	case *entry.Cast:
		return b.Ballot, b.Leaf
	case *entry.Test:
		return b.Ballot, b.Leaf
	}
	return 0, nil
}

// judgeDecision holds a cast or test against rules 1, 2 and 4 to 6 of SPEC.md,
// section 11; Verify has checked signatures and openings.
func (s *State) judgeDecision(e *entry.Entry) ([]string, error) {
	k := e.Kind()
	if s.phase != PhaseOpen && s.phase != PhaseClosing {
		return nil, refuse(k, ErrPhase, "the election is %v", s.phase)
	}
	index, leaf := decisionTarget(e)
	ballot := s.voting.ballots[index]
	if ballot == nil || string(leaf) != string(ballot.Leaf[:]) {
		return nil, refuse(k, ErrContent, "ballot: entry %d is no ballot with that leaf hash", index)
	}
	if ballot.CodeTick == 0 {
		return nil, refuse(k, ErrPhase, "ballot %d has no receipt code yet", index)
	}
	if ballot.Decision != Undecided {
		return nil, refuse(k, ErrDuplicate, "ballot %d is %v already", index, ballot.Decision)
	}
	if ballot.Voter.cast {
		return nil, refuse(k, ErrDuplicate, "the credential has cast a ballot")
	}
	// Times of ticks ascend; a sum could overflow.
	if s.voting.lastTick.Time-ballot.CodeTickTime > s.manifest.DecisionSeconds {
		return nil, refuse(k, ErrLate, "ballot %d could be decided for %d seconds after %d", index, s.manifest.DecisionSeconds, ballot.CodeTickTime)
	}
	claims := []string{fmt.Sprintf("decide/%d", index)}
	if k == entry.KindCast {
		claims = append(claims, fmt.Sprintf("cast/%x", ballot.Voter.BallotKey.Bytes()))
	}
	return claims, nil
}

func (s *State) applyDecision(index uint64, d Decision, opened *entry.Test) {
	ballot := s.voting.ballots[index]
	s.voting.decided[Undecided]--
	s.voting.decided[d]++
	ballot.Decision, ballot.DecidedAt, ballot.Opened = d, s.next, opened
	s.voting.fresh = append(s.voting.fresh, ballot)
	if d != Cast {
		ballot.hints = nil // it is never added
		return
	}
	ballot.Voter.cast = true
	s.voting.castIn[ballot.Voter.Unit]++
	s.running.due = append(s.running.due, ballot)
}

func (s *State) judgeEnd(b *entry.End) ([]string, error) {
	k := b.Kind()
	c := s.voting.closed
	if s.phase != PhaseClosing || c.codeTick == nil {
		return nil, refuse(k, ErrPhase, "the election is %v and its close needs a tick", s.phase)
	}
	if b.Close != c.index {
		return nil, refuse(k, ErrContent, "close: %d, the close entry is %d", b.Close, c.index)
	}
	if past := s.voting.lastTick.Time - c.codeTick.Time; past < s.manifest.DecisionSeconds {
		return nil, refuse(k, ErrPhase, "ballots can still be decided: the last tick is %d seconds after the close, %d are needed", past, s.manifest.DecisionSeconds)
	}
	return []string{"phase/end"}, nil
}
