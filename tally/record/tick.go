package record

import (
	"fmt"
	"slices"

	"rollcall/bulletin/checkpoint"
	"rollcall/bulletin/entry"
	"rollcall/tally/code"
)

// maxSkew is how far, in seconds, a witness's time may be from the tick's.
const maxSkew = 5

func (s *State) judgeTick(e *entry.Entry, b *entry.Tick) ([]string, error) {
	k := b.Kind()
	if s.phase != PhaseOpen && s.phase != PhaseClosing {
		return nil, refuse(k, ErrPhase, "the election is %v", s.phase)
	}
	if b.Size <= s.lastTickOrOpen() || b.Size > s.next {
		return nil, refuse(k, ErrContent, "size: %d is not between %d and %d", b.Size, s.lastTickOrOpen()+1, s.next)
	}
	if s.voting.lastTick != nil && b.Time < s.voting.lastTick.Time {
		return nil, refuse(k, ErrContent, "time: %d is before the previous tick's %d", b.Time, s.voting.lastTick.Time)
	}
	if err := s.checkRoot(k, b.Size, b.Root); err != nil {
		return nil, err
	}
	if err := s.checkCosignatures(b); err != nil {
		return nil, refuse(k, ErrSignature, "%v", err)
	}
	if !s.covers(b) {
		return nil, nil
	}
	stretched, err := s.stretch(e, b)
	if err != nil {
		return nil, refuse(k, ErrContent, "%v", err)
	}
	var claims []string
	for _, ballot := range s.voting.waiting {
		if ballot.Index < b.Size {
			c := stretched.Code(ballot.Leaf)
			claims = append(claims, fmt.Sprintf("code/%x/%s", ballot.Voter.BallotKey.Bytes(), c))
		}
	}
	return claims, nil
}

// lastTickOrOpen is the index that a tick's size must exceed.
func (s *State) lastTickOrOpen() uint64 {
	if s.voting.lastTick == nil {
		return s.setup.openedAt
	}
	return s.voting.lastIndex
}

// checkCosignatures is rules (b), (c) and the witnesses' part of (d) of
// SPEC.md, section 8.
func (s *State) checkCosignatures(b *entry.Tick) error {
	m := s.manifest
	for i, c := range b.Cosignatures {
		if c.Witness >= uint64(len(m.Witnesses)) || i > 0 && b.Cosignatures[i-1].Witness >= c.Witness {
			return fmt.Errorf("cosignatures[%d]: witness %d does not exist or is not above the one before", i, c.Witness)
		}
		if max(c.Time, b.Time)-min(c.Time, b.Time) > maxSkew {
			return fmt.Errorf("cosignatures[%d]: time %d is over %d seconds from the tick's", i, c.Time, maxSkew)
		}
		if err := checkpoint.VerifyCosignature(m.Witnesses[c.Witness].Key, m.Log.Origin, b.Size, [32]byte(b.Root), c.Time, c.Value); err != nil {
			return fmt.Errorf("cosignatures[%d]: %w", i, err)
		}
	}
	if n := uint64(len(b.Cosignatures)); n < m.Quorum {
		return fmt.Errorf("cosignatures: %d, the quorum is %d", n, m.Quorum)
	}
	return nil
}

// covers reports whether a ballot gets its receipt code from a tick.
func (s *State) covers(b *entry.Tick) bool {
	return len(s.voting.waiting) > 0 && s.voting.waiting[0].Index < b.Size
}

// stretch makes a tick's codes, or takes those of the same tick made before.
func (s *State) stretch(e *entry.Entry, b *entry.Tick) (*code.Tick, error) {
	leaf := e.LeafHash()
	if s.voting.stretched != nil && s.voting.stretchedTick == leaf {
		return s.voting.stretched, nil
	}
	t, err := code.NewTick(s.hash, b)
	if err == nil {
		s.voting.stretched, s.voting.stretchedTick = t, leaf
	}
	return t, err
}

func (s *State) applyTick(e *entry.Entry, b *entry.Tick) {
	s.voting.ticks++
	s.voting.lastTick, s.voting.lastIndex = b, s.next
	if c := s.voting.closed; c != nil && c.codeTick == nil && b.Size > c.index {
		c.codeTick = b
	}
	s.voting.fresh = slices.DeleteFunc(s.voting.fresh, func(ballot *Ballot) bool {
		if ballot.DecidedAt >= b.Size {
			return false
		}
		ballot.DecidedTime = b.Time
		return true
	})
	if !s.covers(b) {
		return
	}
	stretched, err := s.stretch(e, b)
	if err != nil {
		return // judgeTick has passed the same tick
	}
	rest := s.voting.waiting[:0]
	for _, ballot := range s.voting.waiting {
		if ballot.Index >= b.Size {
			rest = append(rest, ballot)
			continue
		}
		c := stretched.Code(ballot.Leaf)
		if slices.ContainsFunc(ballot.Voter.ballots, func(o *Ballot) bool { return o.Code == c }) {
			s.voidBallot(ballot)
			continue
		}
		ballot.CodeTick, ballot.CodeTickTime, ballot.Code = s.next, b.Time, c
		s.voting.codes[ballot.Code] = append(s.voting.codes[ballot.Code], ballot)
	}
	s.voting.waiting = rest
}

// voidBallot is rule 7 of SPEC.md, section 10. Claims keep a board's own door
// from ever coming here; the board of a follower may have no such door.
func (s *State) voidBallot(b *Ballot) {
	delete(s.voting.ballots, b.Index)
	b.Voter.ballots = slices.DeleteFunc(b.Voter.ballots, func(o *Ballot) bool { return o == b })
	for i := range b.Contests {
		for alpha := range alphas(&b.Contests[i]) {
			s.voting.alphas.remove(alpha, b.Index)
		}
	}
	s.voting.decided[Undecided]--
}
