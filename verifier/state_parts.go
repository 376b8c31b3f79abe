package verifier

import (
	"encoding/binary"
	"errors"
	"fmt"
	"maps"
	"slices"

	"rollcall/bulletin/entry"
	"rollcall/bulletin/tlog"
	"rollcall/crypto/elgamal"
	"rollcall/crypto/group"
)

// stateTree is the tree up to where the state is, but for its leaves.
type stateTree struct {
	Mark  uint64   `cbor:"mark"`
	Peaks []byte   `cbor:"peaks"`
	Edge  [][]byte `cbor:"edge"` // by tile level
}

// stateElection is all of which there is one.
type stateElection struct {
	Key      []byte   `cbor:"key"` // of the fingerprints
	JointKey []byte   `cbor:"joint_key"`
	Shares   [][]byte `cbor:"verification_shares"`
	Voters   []uint64 `cbor:"voters"` // by unit, as the roll's end declares
	// AuditCounts and AuditCommitment are those of the entry audit; empty without one.
	AuditCounts     []uint64 `cbor:"audit_counts"`
	AuditCommitment []byte   `cbor:"audit_commitment"`

	Close  uint64       `cbor:"close"`
	End    uint64       `cbor:"end"`
	Clock  stateClock   `cbor:"clock"`
	Checks []stateCheck `cbor:"checks"` // from V01 on, before the record's end was judged
}

type stateClock struct {
	_        struct{} `cbor:",toarray"`
	Last     uint64
	Time     uint64
	Ticks    uint64
	Coded    int32
	Gone     int32
	Closed   bool
	ClosedAt uint64
}

type stateCheck struct {
	_       struct{} `cbor:",toarray"`
	Done    bool
	Skipped string
	Notes   []string
}

type stateCell struct {
	_       struct{} `cbor:",toarray"`
	Contest uint64
	Unit    uint64
	Ballots uint64
	Sums    []byte
}

type voidEntry struct {
	_      struct{} `cbor:",toarray"`
	Index  uint64
	Kind   string
	Check  uint64
	Reason string
}

// statePending is a ballot that can be decided: the ciphertexts of all its
// contests, one after another.
type statePending struct {
	_           struct{} `cbor:",toarray"`
	Ballot      int32
	Ciphertexts []byte
}

// codeState writes what the judge holds, or reads it into a new one that knows
// the manifest and the phase.
func (j *judge) codeState(c *coder) {
	j.codeTree(c)
	j.codeElection(c)
	j.codeRoll(c)
	j.codeBallots(c)
	j.codePending(c)
	j.codeAlphas(c)
	j.codeCells(c)
	j.codeVoids(c)
}

func (j *judge) codeTree(c *coder) {
	var t treeState
	if c.writing() {
		t = j.log.kept
	}
	s := stateTree{Mark: t.entries.Mark, Peaks: tlog.EncodeHashTile(t.entries.Peaks)}
	for _, level := range t.edge {
		s.Edge = append(s.Edge, tlog.EncodeHashTile(level))
	}
	c.item("tree", &s)
	c.packed("leaf", len(t.entries.Leaves), 32,
		func(i int, b []byte) []byte { return append(b, t.entries.Leaves[i][:]...) },
		func(_ int, b []byte) error {
			t.entries.Leaves = append(t.entries.Leaves, tlog.Hash(b))
			return nil
		})
	if c.writing() || c.err != nil {
		return
	}
	t.entries.Mark, t.entries.Peaks = s.Mark, hashes(c, s.Peaks)
	for _, level := range s.Edge {
		t.edge = append(t.edge, hashes(c, level))
	}
	b, err := tlog.ResumeRange(t.entries)
	if c.fail(err); c.err != nil {
		return
	}
	j.log.builder, j.log.kept = b, t
	if root, err := t.edge.Root(b.Size()); err != nil || root != b.Root() {
		c.fail(errors.New("tree: its edge is that of another"))
	}
	j.log.roots[b.Size()] = b.Root()
}

func hashes(c *coder, b []byte) []tlog.Hash {
	if len(b)%32 != 0 {
		c.fail(errors.New("tree: a hash is cut"))
	}
	list := make([]tlog.Hash, len(b)/32)
	for i := range list {
		list[i] = tlog.Hash(b[32*i:])
	}
	return list
}

func (j *judge) codeElection(c *coder) {
	var s stateElection
	if c.writing() {
		k := &j.clock
		s = stateElection{
			Key: j.prints.key[:], JointKey: j.joint.Bytes(), Voters: j.roll.end.Counts, Close: j.closeIndex, End: j.endIndex,
			Clock: stateClock{Last: k.last, Time: k.time, Ticks: k.ticks, Coded: k.coded, Gone: k.gone, Closed: k.closed, ClosedAt: k.closedAt},
		}
		if a := j.audit.posted; a != nil {
			s.AuditCounts, s.AuditCommitment = a.Counts, a.Commitment
		}
		for _, p := range j.shares {
			s.Shares = append(s.Shares, p.Bytes())
		}
		for _, n := range all {
			var k check
			if n != v01 && n != v05 { // which rest on what the record is held against, and are judged anew
				k = j.before[n]
			}
			s.Checks = append(s.Checks, stateCheck{Done: k.done, Skipped: k.skipped, Notes: k.notes})
		}
	}
	c.item("election", &s)
	if c.writing() || c.err != nil {
		return
	}
	if err := j.restore(&s); err != nil {
		c.fail(fmt.Errorf("election: %w", err))
	}
}

func (j *judge) restore(s *stateElection) error {
	if len(s.Key) != len(j.prints.key) || len(s.Shares) != len(j.manifest.Trustees) || len(s.Checks) != len(all) ||
		len(s.Voters) != len(j.manifest.Units) {
		return errors.New("keys, checks or units are missing")
	}
	copy(j.prints.key[:], s.Key)
	var err error
	if j.joint, err = group.ParseElement(s.JointKey); err != nil {
		return err
	}
	for _, b := range s.Shares {
		p, err := group.ParsePoint(b)
		if err != nil {
			return err
		}
		j.shares = append(j.shares, p)
	}
	j.roll.end = &entry.RollEnd{Counts: s.Voters}
	if len(s.AuditCounts) > 0 {
		j.audit.posted = &entry.Audit{Counts: s.AuditCounts, Commitment: s.AuditCommitment}
		if err := j.audit.posted.Check(s.Voters); err != nil {
			return fmt.Errorf("audit: %w", err)
		}
	}
	j.closeIndex, j.endIndex = s.Close, s.End
	k := s.Clock
	j.clock = clock{last: k.Last, time: k.Time, ticks: k.Ticks, coded: k.Coded, gone: k.Gone, closed: k.Closed, closedAt: k.ClosedAt}
	for i, n := range all {
		j.before[n] = check{done: s.Checks[i].Done, skipped: s.Checks[i].Skipped, notes: s.Checks[i].Notes}
	}
	j.checks = j.before
	return nil
}

func (j *judge) codeRoll(c *coder) {
	list := j.roll.list
	c.packed("voter", len(list), 28, func(i int, b []byte) []byte {
		v := &list[i]
		b = binary.LittleEndian.AppendUint64(b, v.ballotKey.value())
		b = binary.LittleEndian.AppendUint64(b, v.castKey.value())
		b = binary.LittleEndian.AppendUint32(b, v.numberLow)
		b = binary.LittleEndian.AppendUint32(b, uint32(v.last))
		b = binary.LittleEndian.AppendUint16(b, v.unit)
		return append(b, v.numberHigh, flag(v.cast))
	}, func(_ int, b []byte) error {
		if b[27] > 1 {
			return errors.New("has cast neither once nor not at all")
		}
		j.roll.list = append(j.roll.list, voter{
			ballotKey:  toWide(binary.LittleEndian.Uint64(b)),
			castKey:    toWide(binary.LittleEndian.Uint64(b[8:])),
			numberLow:  binary.LittleEndian.Uint32(b[16:]),
			last:       int32(binary.LittleEndian.Uint32(b[20:])),
			unit:       binary.LittleEndian.Uint16(b[24:]),
			numberHigh: b[26],
			cast:       b[27] == 1,
		})
		return nil
	})
	if !c.writing() {
		j.roll.list, j.roll.sorted = slices.Clone(j.roll.list), true
	}
}

func flag(b bool) byte {
	if b {
		return 1
	}
	return 0
}

func (j *judge) codeBallots(c *coder) {
	c.packed("ballot", j.ballots.len(), 36, func(i int, out []byte) []byte {
		b := j.ballots.at(int32(i))
		out = binary.LittleEndian.AppendUint64(out, b.leaf.value())
		out = binary.LittleEndian.AppendUint64(out, b.codeTime.value())
		out = binary.LittleEndian.AppendUint32(out, b.index)
		out = binary.LittleEndian.AppendUint32(out, b.codeLow)
		out = binary.LittleEndian.AppendUint32(out, uint32(b.voter))
		out = binary.LittleEndian.AppendUint32(out, uint32(b.previous))
		out = binary.LittleEndian.AppendUint16(out, b.codeHigh)
		return append(out, b.booth, byte(b.state))
	}, func(_ int, b []byte) error {
		j.ballots.push(ballot{
			leaf:     toWide(binary.LittleEndian.Uint64(b)),
			codeTime: toWide(binary.LittleEndian.Uint64(b[8:])),
			index:    binary.LittleEndian.Uint32(b[16:]),
			codeLow:  binary.LittleEndian.Uint32(b[20:]),
			voter:    int32(binary.LittleEndian.Uint32(b[24:])),
			previous: int32(binary.LittleEndian.Uint32(b[28:])),
			codeHigh: binary.LittleEndian.Uint16(b[32:]),
			booth:    b[34],
			state:    ballotState(b[35]),
		})
		return nil
	})
	// Those that wait for a code are all from clock.coded on, in order.
	waits := slices.DeleteFunc(slices.Clone(j.clock.waiting), func(w waiting) bool { return w.ballot < 0 })
	c.packed("waiting", len(waits), 32,
		func(i int, b []byte) []byte { return append(b, waits[i].leaf[:]...) },
		func(i int, b []byte) error {
			at := int(j.clock.coded) + i
			if at < 0 || at >= j.ballots.len() {
				return errors.New("there is no such ballot")
			}
			j.clock.waiting = append(j.clock.waiting, waiting{
				index: uint64(j.ballots.at(int32(at)).index), leaf: tlog.Hash(b), ballot: int32(at), ghost: -1,
			})
			return nil
		})
}

func (j *judge) codePending(c *coder) {
	order := slices.Sorted(maps.Keys(j.pending))
	var list []statePending
	items(c, "pending ballot", len(order), func(i int) (s statePending) {
		s.Ballot = order[i]
		for _, of := range j.pending[s.Ballot].contests {
			for k := range of.alphas {
				s.Ciphertexts = append(s.Ciphertexts, of.alphas[k].Point().Bytes()...)
				s.Ciphertexts = append(s.Ciphertexts, of.betas[k].Point().Bytes()...)
			}
		}
		return s
	}, func(s statePending) error {
		list = append(list, s)
		return nil
	})
	ballots, bad := make([]*sealed, len(list)), make([]error, len(list))
	parallel(len(list), func(i int) { ballots[i], bad[i] = j.unpackPending(&list[i]) })
	for i, s := range list {
		if j.pending[s.Ballot] != nil && bad[i] == nil {
			bad[i] = errors.New("comes twice")
		}
		if bad[i] != nil {
			c.fail(fmt.Errorf("pending ballot %d: %w", i, bad[i]))
			return
		}
		j.pending[s.Ballot] = ballots[i]
	}
}

// unpackPending decodes what will be added up or opened.
func (j *judge) unpackPending(s *statePending) (*sealed, error) {
	if s.Ballot < 0 || int(s.Ballot) >= j.ballots.len() {
		return nil, errors.New("there is no such ballot")
	}
	kept := &sealed{voter: j.ballots.at(s.Ballot).voter}
	if kept.voter < 0 || int(kept.voter) >= len(j.roll.list) || int(j.roll.list[kept.voter].unit) >= len(j.plan.contestsOf) {
		return nil, errors.New("there is no such voter")
	}
	b, rest := &entry.Ballot{}, s.Ciphertexts
	for i, contest := range j.plan.contestsOf[j.roll.list[kept.voter].unit] {
		n := j.manifest.Contests[contest].Ciphertexts()
		if len(rest) < n*elgamal.CiphertextSize {
			return nil, errors.New("ciphertexts are missing")
		}
		b.Contests = append(b.Contests, entry.SealedContest{Contest: contest, Ciphertexts: rest[:n*elgamal.CiphertextSize]})
		rest = rest[n*elgamal.CiphertextSize:]
		cs, err := elgamal.ParseCiphertexts(b.Contests[i].Ciphertexts, n)
		if err != nil {
			return nil, err
		}
		if err := j.keep(kept, b, i, cs); err != nil {
			return nil, err
		}
	}
	if len(rest) > 0 {
		return nil, errors.New("too many ciphertexts")
	}
	return kept, nil
}

func (j *judge) codeAlphas(c *coder) {
	all, last := j.alphas.ascending(), uint64(0)
	c.packed("alpha", j.alphas.count, 8,
		func(_ int, b []byte) []byte { return binary.LittleEndian.AppendUint64(b, all()) },
		func(i int, b []byte) error {
			f := binary.LittleEndian.Uint64(b)
			if i > 0 && f <= last {
				return errors.New("not ascending")
			}
			last = f
			j.alphas.add(f)
			return nil
		})
}

func (j *judge) codeCells(c *coder) {
	order := slices.SortedFunc(maps.Keys(j.cells), cellKey.compare)
	items(c, "cell", len(order), func(i int) stateCell {
		s := j.cells[order[i]]
		return stateCell{Contest: order[i].contest, Unit: order[i].unit, Ballots: s.ballots, Sums: elgamal.Encode(s.sums)}
	}, func(s stateCell) error {
		key := cellKey{s.Contest, s.Unit}
		if s.Contest >= uint64(len(j.manifest.Contests)) || j.cells[key] != nil {
			return errors.New("no such contest, or twice")
		}
		sums, err := elgamal.ParseSums(s.Sums, j.manifest.Contests[s.Contest].Ciphertexts())
		j.cells[key] = &cell{s.Ballots, sums}
		return err
	})
}

// codeVoids codes the void entries up to where the state is.
func (j *judge) codeVoids(c *coder) {
	var list []Void
	for _, v := range j.voids {
		if j.phase < phaseEnded || v.Index <= j.endIndex {
			list = append(list, v)
		}
	}
	items(c, "void entry", len(list), func(i int) voidEntry {
		v := &list[i]
		return voidEntry{Index: v.Index, Kind: v.Kind, Check: uint64(slices.Index(names[:], v.Check)), Reason: v.Reason}
	}, func(v voidEntry) error {
		if v.Check < uint64(v01) || v.Check > uint64(v21) {
			return errors.New("no such check")
		}
		j.listVoid(v.Index, entry.Kind(v.Kind), number(v.Check), v.Reason)
		return nil
	})
}
