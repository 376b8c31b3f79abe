package verifier

import (
	"fmt"

	"rollcall/bulletin/entry"
	"rollcall/bulletin/tlog"
	"rollcall/crypto/group"
	"rollcall/crypto/schnorr"
)

// phase is where an election stands, SPEC.md, section 7. The last phase of the
// table is three here, since totals, shares and results follow each other.
type phase int

const (
	phaseSetup phase = iota
	phaseOpen
	phaseClosing
	phaseEnded   // totals are to come
	phaseCounted // shares and results are to come
	phaseDone    // the result is there; shares may still come
)

// String names the phase as SPEC.md does.
func (p phase) String() string {
	return [...]string{"setup", "open", "closing", "ended", "ended, after the totals", "ended, after the result"}[p]
}

// judge is the state machine: entries are judged in index order on what the
// earlier ones made of it.
type judge struct {
	checks
	source tlog.Reader
	opts   Options
	log    *logState
	prints *fingerprinter
	hits   map[uint64]bool // fingerprints on which something was decided
	// batches are empty between chunks, and keep their room.
	batches []batch

	phase  phase
	halted string // why nothing further can be judged
	voids  []Void
	words  map[string]string // kinds and reasons that many of them share

	// before is what was known of the checks before the record's end was judged.
	before checks

	// Set by V01 and never changed.
	first    []byte // entry 0
	hash     [entry.HashSize]byte
	manifest *entry.Manifest
	plan     *plan

	ceremony ceremonyState
	roll     rollState
	audit    auditState

	// Set by open.
	joint  *group.Point
	shares []*group.Point // verification shares; nil unless V02 and V03 passed

	clock   clock
	ballots list[ballot]
	alphas  *fingerprintSet
	pending map[int32]*sealed // ballots that can still be decided
	ghosts  []ghost           // void ballots, kept only for a query

	closeIndex uint64
	endIndex   uint64
	cells      map[cellKey]*cell // sums of cast ballots
	fresh      []*sealed         // cast ballots that are not in the sums yet

	totals totalsState
	share  shareState
	result resultState
	tally  *Tally
}

func newJudge(source tlog.Reader, opts Options) *judge {
	j := &judge{
		source:  source,
		opts:    opts,
		log:     newLogState(opts),
		prints:  newFingerprinter(),
		hits:    map[uint64]bool{},
		alphas:  newFingerprintSet(),
		pending: map[int32]*sealed{},
		cells:   map[cellKey]*cell{},
		words:   map[string]string{},
	}
	j.share.trustees = map[uint64]*trusteeShare{}
	return j
}

// plan is what follows from the manifest alone.
type plan struct {
	booths     map[string]uint8 // position by key
	keys       map[[32]byte]schnorr.PublicKey
	parents    []uint64
	contestsOf [][]uint64 // by unit, ascending
	leaf       []bool
}

func newPlan(m *entry.Manifest) *plan {
	p := &plan{
		booths:     map[string]uint8{},
		keys:       map[[32]byte]schnorr.PublicKey{},
		contestsOf: make([][]uint64, len(m.Units)),
		leaf:       make([]bool, len(m.Units)),
	}
	signers := [][]byte{m.Authority, m.Registrar, m.Board}
	for i, b := range m.Booths {
		p.booths[string(b)] = uint8(i)
		signers = append(signers, b)
	}
	for i := range m.Trustees {
		signers = append(signers, m.Trustees[i].Signing)
	}
	for _, s := range signers {
		if key, err := schnorr.ParsePublicKey(s); err == nil { // V01 has refused a manifest with another
			p.keys[[32]byte(s)] = key
		}
	}
	for i := range m.Units {
		p.parents = append(p.parents, m.Units[i].Parent)
		p.leaf[i] = true
	}
	for i, parent := range p.parents {
		if i > 0 {
			p.leaf[parent] = false
		}
	}
	for c := range m.Contests {
		for _, u := range m.Contests[c].Units {
			p.contestsOf[u] = append(p.contestsOf[u], uint64(c))
		}
	}
	return p
}

// take judges the next entry, which is not the manifest.
func (j *judge) take(p *prepared) {
	if !j.checkV06(p) {
		return
	}
	switch body := p.entry.Body.(type) {
	case *entry.Ceremony, *entry.Commitment, *entry.Round1, *entry.Complaint, *entry.Confirm:
		j.takeCeremony(p)
	case *entry.Roll:
		j.takeRoll(p, body)
	case *entry.RollEnd:
		j.takeRollEnd(p, body)
	case *entry.Audit:
		j.takeAudit(p, body)
	case *entry.Open:
		j.takeOpen(p, body)
	case *entry.Tick:
		j.takeTick(p, body)
	case *entry.Ballot:
		j.takeBallot(p)
	case *entry.Cast:
		j.takeCast(p, body)
	case *entry.Test:
		j.takeTest(p, body)
	case *entry.Close:
		j.takeClose(p, body)
	case *entry.End:
		j.takeEnd(p, body)
	case *entry.Totals:
		j.takeTotals(p, body)
	case *entry.TotalsEnd:
		j.takeTotalsEnd(p, body)
	case *entry.Share:
		j.takeShare(p, body)
	case *entry.ShareEnd:
		j.takeShareEnd(p, body)
	case *entry.Result:
		j.takeResult(p, body)
	case *entry.ResultEnd:
		j.takeResultEnd(p, body)
	case *entry.AuditList:
		j.takeAuditList(p, body)
	}
}

// takeOpen opens the election: the ceremony, the roll and the tree that the
// authority saw are judged here, and what ballots need is made ready.
func (j *judge) takeOpen(p *prepared, open *entry.Open) {
	j.checkV02(p, open)
	j.checkV03(p, open)
	j.checkV04(p, open)
	j.checkHistory(p, open.Size, open.Root)
	joint, err := group.ParseElement(open.JointKey)
	if err != nil {
		// V03 has failed by this key; without one no proof can be read.
		j.halt(v03)
		return
	}
	j.joint = joint
	j.roll.sort()
	j.ceremony = ceremonyState{} // has been judged
	j.phase = phaseOpen
	j.clock.last = p.index
}

// halt says that after the failure of a check nothing else can be judged but
// whether the record is what the log signed.
func (j *judge) halt(n number) {
	j.halted = fmt.Sprintf("not judged, since %s failed", n)
}

// void lists an entry that changes nothing, and why.
func (j *judge) void(p *prepared, n number, format string, args ...any) {
	j.listVoid(p.index, p.entry.Kind(), n, fmt.Errorf(format, args...).Error())
}

// maxWords bounds words.
const maxWords = 256

// listVoid adds to the list of void entries, all of which are reported. A board
// that is full of them costs 56 bytes each, and what the reason takes, some 100
// bytes: about what a valid ballot costs. A reason without a number in it is
// kept once.
func (j *judge) listVoid(index uint64, kind entry.Kind, n number, reason string) {
	j.voids = append(j.voids, Void{Index: index, Kind: j.once(string(kind)), Check: n.String(), Reason: j.once(reason)})
}

// once returns a string that is equal and, if it is among the first that come,
// always the same.
func (j *judge) once(s string) string {
	if known, ok := j.words[s]; ok {
		return known
	}
	if len(j.words) < maxWords {
		j.words[s] = s
	}
	return s
}

// finishPart judges what no entry can mend that may stand where the record could
// not be read. Whether the entries that were read are under the signed root is not
// known: if they are not, V05 fails, so that what is wrong with them is a fault
// either way.
func (j *judge) finishPart() {
	j.checkV05(false)
	if j.halted != "" || j.manifest == nil {
		return
	}
	j.finishV04()
	j.finishShares(false)
	j.finishResult(false)
}

// finish judges what only the whole record shows.
func (j *judge) finish() {
	j.checkV05(true)
	if j.halted != "" {
		return
	}
	j.pass(v06)
	if j.phase == phaseSetup {
		j.skip("the election is not open yet", v02, v03, v04, v07)
	}
	j.finishV04()
	j.checkV07()
	j.pass(v08, v09, v10, v11, v12, v13)
	j.finishV12()
	j.finishTotals()
	j.finishShares(true)
	j.finishResult(true)
	j.checkV20()
	j.finishV21()
}

// checkV20 is for rules that a manifest can ask for: version 1 knows none.
func (j *judge) checkV20() {
	j.pass(v20)
	j.note(v20, "not asked for")
}
