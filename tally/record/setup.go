package record

import (
	"fmt"
	"maps"
	"slices"

	"rollcall/bulletin/entry"
	"rollcall/crypto/credential"
	"rollcall/crypto/group"
	"rollcall/crypto/schnorr"
)

// setup is what precedes opening. Guarded by State.mu.
type setup struct {
	attempts map[uint64]*Attempt
	latest   uint64

	chunks    [][32]byte // leaf hashes of roll chunks
	voters    map[[32]byte]*Voter
	castKeys  map[[32]byte]bool
	numbers   map[string]*Voter // by ballot number
	counts    []uint64
	rollEnded bool

	jointKey    *group.Point
	openedAt    uint64 // index of open
	openAttempt uint64
}

// Attempt is one attempt at the key ceremony: what each trustee has posted,
// by trustee from 1; an absent one is nil.
type Attempt struct {
	Number      uint64
	Time        uint64
	Commitments map[uint64][]byte
	Messages    map[uint64][]byte
	Confirms    map[uint64][]byte
	Complaints  []*entry.Complaint
}

// Voter is one credential of the roll.
type Voter struct {
	BallotKey    schnorr.PublicKey
	CastKey      schnorr.PublicKey
	Unit         uint64
	BallotNumber string
	RollAt       uint64 // index of the roll chunk that the voter stands in

	ballots []*Ballot
	cast    bool
}

func (s *State) judgeSetup(e *entry.Entry) ([]string, error) {
	k := e.Kind()
	switch b := e.Body.(type) {
	case *entry.Ceremony:
		if b.Attempt != s.setup.latest+1 {
			return nil, refuse(k, ErrContent, "attempt %d, the next is %d", b.Attempt, s.setup.latest+1)
		}
		return []string{fmt.Sprintf("ceremony/%d", b.Attempt)}, nil
	case *entry.Commitment:
		return s.judgeCeremony(b, "commitment", b.Attempt, b.Trustee)
	case *entry.Round1:
		return s.judgeCeremony(b, "message", b.Attempt, b.Trustee)
	case *entry.Complaint:
		return s.judgeCeremony(b, fmt.Sprintf("complaint/%d", b.Against), b.Attempt, b.Trustee)
	case *entry.Confirm:
		return s.judgeCeremony(b, "confirm", b.Attempt, b.Trustee)
	case *entry.Roll:
		return s.judgeRoll(b)
	case *entry.RollEnd:
		return s.judgeRollEnd(b)
	case *entry.Audit:
		return s.judgeAudit(b)
	default:
		return s.judgeOpen(e.Body.(*entry.Open))
	}
}

// judgeCeremony takes one message of each sort from each trustee, and no
// round-1 message before all commitments: the last to speak must not choose.
func (s *State) judgeCeremony(body entry.Body, sort string, attempt, trustee uint64) ([]string, error) {
	k := body.Kind()
	a := s.setup.attempts[attempt]
	if a == nil || attempt != s.setup.latest {
		return nil, refuse(k, ErrContent, "attempt %d is not the one under way", attempt)
	}
	n := len(s.manifest.Trustees)
	if k == entry.KindRound1 && len(a.Commitments) < n {
		return nil, refuse(k, ErrPhase, "%d of %d trustees have posted their commitment", len(a.Commitments), n)
	}
	if (k == entry.KindConfirm || k == entry.KindComplaint) && len(a.Messages) < n {
		return nil, refuse(k, ErrPhase, "%d of %d trustees have posted their message", len(a.Messages), n)
	}
	if c, ok := body.(*entry.Complaint); ok {
		if c.Against < 1 || c.Against > uint64(n) {
			return nil, refuse(k, ErrContent, "against: there is no trustee %d", c.Against)
		}
		// Else one trustee could spoil a finished ceremony, even while the
		// authority opens the election with its key.
		if a.Confirms[trustee] != nil {
			return nil, refuse(k, ErrPhase, "trustee %d has signed the transcript of attempt %d", trustee, attempt)
		}
		for _, other := range a.Complaints {
			if other.Trustee == trustee && other.Against == c.Against {
				return nil, refuse(k, ErrDuplicate, "trustee %d has accused trustee %d in attempt %d", trustee, c.Against, attempt)
			}
		}
	}
	if k == entry.KindConfirm && len(a.Complaints) > 0 {
		return nil, refuse(k, ErrPhase, "attempt %d has failed: trustee %d has complained", attempt, a.Complaints[0].Trustee)
	}
	posted := map[entry.Kind]map[uint64][]byte{
		entry.KindCommitment: a.Commitments, entry.KindRound1: a.Messages, entry.KindConfirm: a.Confirms}[k]
	if _, ok := posted[trustee]; ok {
		return nil, refuse(k, ErrDuplicate, "trustee %d has posted one in attempt %d", trustee, attempt)
	}
	return []string{fmt.Sprintf("dkg/%d/%d/%s", attempt, trustee, sort)}, nil
}

func (s *State) judgeRoll(b *entry.Roll) ([]string, error) {
	k := b.Kind()
	if s.setup.rollEnded {
		return nil, refuse(k, ErrPhase, "the roll is complete")
	}
	if b.Chunk != uint64(len(s.setup.chunks)) {
		return nil, refuse(k, ErrContent, "chunk %d, the next is %d", b.Chunk, len(s.setup.chunks))
	}
	list, err := b.List()
	if err != nil {
		return nil, refuse(k, ErrContent, "%v", err)
	}
	here := map[[32]byte]bool{}
	numbers := map[string]bool{}
	for i, v := range list {
		at := fmt.Sprintf("chunk %d, voter %d", b.Chunk, i)
		for _, key := range [][32]byte{v.BallotKey, v.CastKey} {
			if s.setup.voters[key] != nil || s.setup.castKeys[key] || here[key] {
				return nil, refuse(k, ErrDuplicate, "%s: a key is on the roll already", at)
			}
			here[key] = true
		}
		ballotKey, err := schnorr.ParsePublicKey(v.BallotKey[:])
		if err != nil {
			return nil, refuse(k, ErrContent, "%s: ballot %v", at, err)
		}
		if _, err := schnorr.ParsePublicKey(v.CastKey[:]); err != nil {
			return nil, refuse(k, ErrContent, "%s: cast %v", at, err)
		}
		if v.Unit >= uint64(len(s.manifest.Units)) || !s.manifest.IsLeaf(v.Unit) {
			return nil, refuse(k, ErrContent, "%s: unit %d is no unit that voters belong to", at, v.Unit)
		}
		number := credential.BallotNumber(s.hash, ballotKey)
		if s.setup.numbers[number] != nil || numbers[number] {
			return nil, refuse(k, ErrDuplicate, "%s: ballot number is on the roll already", at)
		}
		numbers[number] = true
	}
	return []string{fmt.Sprintf("roll/%d", b.Chunk)}, nil
}

func (s *State) judgeRollEnd(b *entry.RollEnd) ([]string, error) {
	k := b.Kind()
	if s.setup.rollEnded {
		return nil, refuse(k, ErrDuplicate, "the roll is complete")
	}
	if !slices.Equal(b.Chunks, joinHashes(s.setup.chunks)) {
		return nil, refuse(k, ErrContent, "chunks: not the leaf hashes of the roll's %d chunks", len(s.setup.chunks))
	}
	if want := s.rollCounts(); !slices.Equal(b.Counts, want) {
		return nil, refuse(k, ErrContent, "counts: %v, the chunks hold %v", b.Counts, want)
	}
	return []string{"roll/end"}, nil
}

func (s *State) rollCounts() []uint64 {
	counts := make([]uint64, len(s.manifest.Units))
	for _, v := range s.setup.voters {
		counts[v.Unit]++
	}
	return counts
}

func (s *State) judgeOpen(b *entry.Open) ([]string, error) {
	k := b.Kind()
	if !s.setup.rollEnded {
		return nil, refuse(k, ErrPhase, "the roll is not complete")
	}
	a := s.setup.attempts[b.Attempt]
	if a == nil || len(a.Confirms) < len(s.manifest.Trustees) {
		return nil, refuse(k, ErrPhase, "the key ceremony, attempt %d, is not complete", b.Attempt)
	}
	if !slices.Equal(b.Voters, s.setup.counts) {
		return nil, refuse(k, ErrContent, "voters: %v, the roll has %v", b.Voters, s.setup.counts)
	}
	if b.Size != s.next {
		return nil, refuse(k, ErrLate, "signed for index %d, the next is %d: sign again", b.Size, s.next)
	}
	if err := s.checkRoot(k, b.Size, b.Root); err != nil {
		return nil, err
	}
	return []string{"phase/open"}, nil
}

func (s *State) applySetup(e *entry.Entry) error {
	switch b := e.Body.(type) {
	case *entry.Ceremony:
		s.setup.latest = b.Attempt
		s.setup.attempts[b.Attempt] = &Attempt{Number: b.Attempt, Time: b.Time,
			Commitments: map[uint64][]byte{}, Messages: map[uint64][]byte{}, Confirms: map[uint64][]byte{}}
	case *entry.Commitment:
		s.setup.attempts[b.Attempt].Commitments[b.Trustee] = b.Hash
	case *entry.Round1:
		s.setup.attempts[b.Attempt].Messages[b.Trustee] = b.Message
	case *entry.Complaint:
		a := s.setup.attempts[b.Attempt]
		a.Complaints = append(a.Complaints, b)
	case *entry.Confirm:
		s.setup.attempts[b.Attempt].Confirms[b.Trustee] = b.Signature
	case *entry.Roll:
		return s.applyRoll(e, b)
	case *entry.RollEnd:
		s.setup.rollEnded, s.setup.counts = true, b.Counts
	case *entry.Audit:
		s.audit.posted = b
	case *entry.Open:
		key, err := group.ParseElement(b.JointKey)
		if err != nil {
			return fmt.Errorf("open.joint_key: %w", err)
		}
		s.setup.jointKey, s.setup.openedAt, s.setup.openAttempt, s.phase = key, s.next, b.Attempt, PhaseOpen
	}
	return nil
}

func (s *State) applyRoll(e *entry.Entry, b *entry.Roll) error {
	list, err := b.List()
	if err != nil {
		return err
	}
	for _, v := range list {
		ballotKey, err := schnorr.ParsePublicKey(v.BallotKey[:])
		if err != nil {
			return err
		}
		castKey, err := schnorr.ParsePublicKey(v.CastKey[:])
		if err != nil {
			return err
		}
		voter := &Voter{BallotKey: ballotKey, CastKey: castKey, Unit: v.Unit, BallotNumber: credential.BallotNumber(s.hash, ballotKey), RollAt: s.next}
		s.setup.voters[v.BallotKey] = voter
		s.setup.castKeys[v.CastKey] = true
		s.setup.numbers[voter.BallotNumber] = voter
	}
	s.setup.chunks = append(s.setup.chunks, e.LeafHash())
	return nil
}

func joinHashes(hashes [][32]byte) []byte {
	b := make([]byte, 0, 32*len(hashes))
	for _, h := range hashes {
		b = append(b, h[:]...)
	}
	return b
}

// LatestAttempt returns a copy of the latest attempt at the key ceremony, or
// nil.
func (s *State) LatestAttempt() *Attempt {
	s.mu.RLock()
	n := s.setup.latest
	s.mu.RUnlock()
	return s.Attempt(n)
}

// OpenAttempt returns the number of the attempt whose key the election has, or
// 0 before it is open.
func (s *State) OpenAttempt() uint64 {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.setup.openAttempt
}

// Attempt returns a copy of one attempt at the key ceremony, or nil.
func (s *State) Attempt(n uint64) *Attempt {
	s.mu.RLock()
	defer s.mu.RUnlock()
	a := s.setup.attempts[n]
	if a == nil {
		return nil
	}
	c := *a
	c.Commitments, c.Messages, c.Confirms = maps.Clone(a.Commitments), maps.Clone(a.Messages), maps.Clone(a.Confirms)
	c.Complaints = slices.Clone(a.Complaints)
	return &c
}
