package record

import (
	"errors"
	"fmt"
	"sync"

	"rollcall/bulletin/entry"
	"rollcall/bulletin/tlog"
	"rollcall/crypto/group"
	"rollcall/crypto/schnorr"
	"rollcall/tally/sums"
)

// Phase is where an election stands.
type Phase int

// The phases of SPEC.md, section 7, in order; PhaseNone is before the manifest.
const (
	PhaseNone Phase = iota
	PhaseSetup
	PhaseOpen
	PhaseClosing
	PhaseEnded
	PhaseCounted
)

func (p Phase) String() string {
	return [...]string{"empty", "setup", "open", "closing", "ended", "counted"}[p]
}

// Reasons for which an entry is refused. A Refusal wraps one of them.
var (
	ErrPhase     = errors.New("not possible in this phase of the election")
	ErrSignature = errors.New("signature refused")
	ErrProof     = errors.New("proof refused")
	ErrContent   = errors.New("content refused")
	ErrDuplicate = errors.New("already there")
	ErrLate      = errors.New("too late")
	ErrClosed    = errors.New("outside the calling windows")
)

// Refusal says why the door does not take an entry: Reason is one of the
// errors above, Detail names the path of the fault.
type Refusal struct {
	Kind   entry.Kind
	Reason error
	Detail string
}

func (r *Refusal) Error() string {
	return fmt.Sprintf("%s: %v: %s", r.Kind, r.Reason, r.Detail)
}

// Unwrap returns the reason.
func (r *Refusal) Unwrap() error { return r.Reason }

func refuse(k entry.Kind, reason error, format string, args ...any) error {
	return &Refusal{k, reason, fmt.Sprintf(format, args...)}
}

// State is the state of one record. It is safe for concurrent use; Judge and
// Apply of one entry are called by one goroutine, the board's writer.
type State struct {
	mu    sync.RWMutex
	phase Phase
	next  uint64 // index of the next entry
	// tree gives the roots that open and ticks name: of any size before the
	// election is open, then of sizes after the last tick.
	tree *tlog.RangeBuilder

	manifest *entry.Manifest
	hash     [entry.HashSize]byte
	keys     roleKeys

	setup  setup
	audit  audit
	voting voting
	count  count

	running running
}

// New returns the state of an empty record.
func New() *State {
	return &State{
		tree:   tlog.NewRangeBuilder(),
		setup:  setup{attempts: map[uint64]*Attempt{}, castKeys: map[[32]byte]bool{}, numbers: map[string]*Voter{}, voters: map[[32]byte]*Voter{}},
		voting: voting{ballots: map[uint64]*Ballot{}, alphas: newAlphaIndex(), codes: map[string][]*Ballot{}, castIn: map[uint64]uint64{}},
		count:  count{shares: map[uint64]*Share{}, posted: map[uint64]map[[32]byte]*entry.Share{}},

		running: running{table: sums.Table{}},
	}
}

// roleKeys are the manifest's keys, decoded once.
type roleKeys struct {
	authority, registrar, board schnorr.PublicKey
	booths                      []schnorr.PublicKey
	trustees                    []schnorr.PublicKey
}

func decodeKeys(m *entry.Manifest) (roleKeys, error) {
	var k roleKeys
	var err error
	parse := func(b []byte) schnorr.PublicKey {
		p, e := schnorr.ParsePublicKey(b)
		if e != nil && err == nil {
			err = e
		}
		return p
	}
	k.authority, k.registrar, k.board = parse(m.Authority), parse(m.Registrar), parse(m.Board)
	for _, b := range m.Booths {
		k.booths = append(k.booths, parse(b))
	}
	for _, t := range m.Trustees {
		k.trustees = append(k.trustees, parse(t.Signing))
	}
	return k, err
}

// Phase returns where the election stands.
func (s *State) Phase() Phase {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.phase
}

// Size returns how many entries have been applied.
func (s *State) Size() uint64 {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.next
}

// Manifest returns the manifest, or nil before there is one. It must not be
// changed.
func (s *State) Manifest() *entry.Manifest {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.manifest
}

// Hash returns the election hash.
func (s *State) Hash() [entry.HashSize]byte {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.hash
}

// JointKey returns the election's key, or nil before it is open.
func (s *State) JointKey() *group.Point {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.setup.jointKey
}

// Judge says whether an entry that Verify has passed may be the next one, and
// which claims must hold with it.
func (s *State) Judge(e *entry.Entry) (claims []string, err error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if (s.next == 0) != (e.Kind() == entry.KindManifest) {
		return nil, refuse(e.Kind(), ErrPhase, "the manifest is entry 0, and only that")
	}
	switch b := e.Body.(type) {
	case *entry.Manifest:
		return []string{"phase/manifest"}, nil
	case *entry.Ceremony, *entry.Commitment, *entry.Round1, *entry.Complaint, *entry.Confirm, *entry.Roll, *entry.RollEnd, *entry.Audit, *entry.Open:
		if s.phase != PhaseSetup {
			return nil, refuse(e.Kind(), ErrPhase, "the election is %v", s.phase)
		}
		return s.judgeSetup(e)
	case *entry.Tick:
		return s.judgeTick(e, b)
	case *entry.Ballot:
		return s.judgeBallot(e, b)
	case *entry.Cast, *entry.Test:
		return s.judgeDecision(e)
	case *entry.Close:
		if s.phase != PhaseOpen {
			return nil, refuse(e.Kind(), ErrPhase, "the election is %v", s.phase)
		}
		if b.Index != s.next {
			return nil, refuse(e.Kind(), ErrLate, "signed for index %d, the next is %d: sign again", b.Index, s.next)
		}
		if err := s.checkRoot(e.Kind(), b.Index, b.Root); err != nil {
			return nil, err
		}
		return []string{"phase/close"}, nil
	case *entry.End:
		return s.judgeEnd(b)
	default:
		if s.phase < PhaseEnded {
			return nil, refuse(e.Kind(), ErrPhase, "the election is %v", s.phase)
		}
		return s.judgeCount(e)
	}
}

// Apply moves the state on by an entry that Judge has passed.
func (s *State) Apply(e *entry.Entry) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch b := e.Body.(type) {
	case *entry.Manifest:
		keys, err := decodeKeys(b)
		if err != nil {
			return err
		}
		s.manifest, s.keys, s.hash, s.phase = b, keys, e.Hash(), PhaseSetup
	case *entry.Tick:
		s.applyTick(e, b)
	case *entry.Ballot:
		s.applyBallot(e, b)
	case *entry.Cast:
		s.applyDecision(b.Ballot, Cast, nil)
	case *entry.Test:
		s.applyDecision(b.Ballot, Tested, b)
	case *entry.Close:
		s.phase, s.voting.closed = PhaseClosing, &closing{index: s.next}
	case *entry.End:
		s.phase, s.count.end = PhaseEnded, s.next
	default:
		if s.phase >= PhaseEnded {
			s.applyCount(e)
		} else if err := s.applySetup(e); err != nil {
			return err
		}
	}
	s.pass(e.LeafHash())
	if k := e.Kind(); k == entry.KindTick || k == entry.KindOpen {
		s.tree.Forget(s.next) // the next tick covers at least this entry
	}
	return nil
}

// Skip passes over a void entry with a leaf hash, which changes nothing but
// the tree; SkipSigned is for those that Verify has passed. A board's own door
// never lets one in; followers of a board may meet one.
func (s *State) Skip(leaf [32]byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.pass(leaf)
}

func (s *State) pass(leaf [32]byte) {
	s.tree.AppendLeaf(leaf)
	s.next++
}

// checkRoot holds a root that an entry names against the tree.
func (s *State) checkRoot(k entry.Kind, size uint64, root []byte) error {
	want, err := s.tree.RootAt(size)
	if err != nil {
		return refuse(k, ErrContent, "root: %v", err)
	}
	if tlog.Hash(root) != want {
		return refuse(k, ErrContent, "root: not that of the first %d entries", size)
	}
	return nil
}
