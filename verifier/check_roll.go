package verifier

import (
	"bytes"
	"cmp"
	"crypto/sha512"
	"encoding/binary"
	"fmt"
	"math"
	"slices"

	"rollcall/bulletin/entry"
	"rollcall/bulletin/hint"
	"rollcall/crypto/checkdigit"
	"rollcall/crypto/group"
	"rollcall/crypto/transcript"
)

// voter is one line of the roll, with what becomes of it.
// It is packed to 28 bytes.
type voter struct {
	ballotKey, castKey wide   // fingerprints
	numberLow          uint32 // ballot number without check digits, 34 bits
	last               int32  // the latest valid ballot, -1 for none
	unit               uint16
	numberHigh         uint8
	cast               bool
}

func (v *voter) number() uint64 { return uint64(v.numberLow) | uint64(v.numberHigh)<<32 }

func (v *voter) setNumber(n uint64) { v.numberLow, v.numberHigh = uint32(n), uint8(n>>32) }

// rollState is the roll. Voters are found by the fingerprint of their ballot
// key; a key that is not on the roll has none of them but with a probability
// of 2^-64 a voter, whatever anyone does.
type rollState struct {
	list   []voter // in the order of ballotKey once it is sorted
	sorted bool
	keys   *fingerprintSet // of all keys until then; a key serves once, whatever for
	chunks []byte          // leaf hashes
	counts []uint64        // by unit, as counted
	end    *entry.RollEnd
}

// takeRoll adds a chunk of voters.
func (j *judge) takeRoll(p *prepared, r *entry.Roll) {
	s := &j.roll
	fault := func(err error) {
		j.fail(v04, fmt.Errorf("entry %d: roll: %w", p.index, err))
	}
	if s.end != nil {
		fault(fmt.Errorf("chunk %d comes after the end of the roll", r.Chunk))
		return
	}
	if n := uint64(len(s.chunks) / 32); r.Chunk != n {
		fault(fmt.Errorf("chunk %d, want %d", r.Chunk, n))
	}
	s.chunks = append(s.chunks, p.leaf[:]...)
	if s.counts == nil {
		s.counts, s.keys = make([]uint64, len(j.manifest.Units)), newFingerprintSet()
	}
	if p.roll.err != nil {
		fault(p.roll.err)
		return
	}
	for i := range p.roll.list {
		err := p.roll.bad[i]
		if err == nil {
			err = j.addVoter(&p.roll.list[i])
		}
		if err != nil {
			fault(fmt.Errorf("chunk %d, voter %d: %w", r.Chunk, i, err))
		}
	}
}

// rollFacts is what can be found out about a chunk of the roll alone.
type rollFacts struct {
	list []entry.Voter
	bad  []error // by voter: a key is none
	err  error   // it is no list
}

// readRoll decodes the keys of a chunk.
func (j *judge) readRoll(p *prepared, r *entry.Roll) *rollFacts {
	var f rollFacts
	f.list, f.err = r.List()
	f.bad = make([]error, len(f.list))
	d := p.points
	if p.hints == nil && !j.opts.OneByOne {
		d = d.WithAhead(group.DecodeAhead(hint.Count(p.entry), hint.Points(p.entry)))
		d.Skip(1) // the R of its signature
	}
	for i := range f.list {
		f.bad[i] = checkVoterKeys(d, &f.list[i])
	}
	return &f
}

func checkVoterKeys(d *group.Decoder, v *entry.Voter) error {
	_, ballotErr := d.Element(v.BallotKey[:])
	_, castErr := d.Element(v.CastKey[:])
	switch {
	case ballotErr != nil:
		return fmt.Errorf("ballot key: %w", ballotErr)
	case castErr != nil:
		return fmt.Errorf("cast key: %w", castErr)
	}
	return nil
}

func (j *judge) addVoter(v *entry.Voter) error {
	s := &j.roll
	if v.Unit >= uint64(len(j.plan.leaf)) || !j.plan.leaf[v.Unit] {
		return fmt.Errorf("unit %d is no unit without parts", v.Unit)
	}
	if len(s.list) == math.MaxInt32 {
		return fmt.Errorf("there are %d before, and this program holds no more", len(s.list))
	}
	ballotKey, castKey := j.prints.of(v.BallotKey[:]), j.prints.of(v.CastKey[:])
	for _, f := range []uint64{ballotKey, castKey} {
		if s.keys.has(f) || ballotKey == castKey {
			j.hits[f] = true
			return fmt.Errorf("a key of this voter stands on the roll already")
		}
	}
	s.keys.add(ballotKey)
	s.keys.add(castKey)
	line := voter{ballotKey: toWide(ballotKey), castKey: toWide(castKey), unit: uint16(v.Unit), last: -1}
	line.setNumber(ballotNumber(j.hash, v.BallotKey[:]))
	s.list = append(s.list, line)
	s.counts[v.Unit]++
	return nil
}

// sort makes the roll ready to be searched, when no voter can be added to it
// any more, and gives back what only adding needed.
func (s *rollState) sort() {
	if s.sorted {
		return
	}
	slices.SortFunc(s.list, func(a, b voter) int { return cmp.Compare(a.ballotKey.value(), b.ballotKey.value()) })
	s.list, s.keys, s.sorted = slices.Clone(s.list), nil, true
}

// find returns the voter with a ballot key, by its fingerprint, -1 if there is
// none. The roll must be sorted.
func (s *rollState) find(key uint64) int32 {
	at, ok := slices.BinarySearchFunc(s.list, key, func(v voter, key uint64) int { return cmp.Compare(v.ballotKey.value(), key) })
	if !ok {
		return -1
	}
	return int32(at)
}

// takeRollEnd closes the roll.
func (j *judge) takeRollEnd(p *prepared, end *entry.RollEnd) {
	s := &j.roll
	fault := func(format string, args ...any) {
		j.fail(v04, fmt.Errorf("entry %d: roll-end: %w", p.index, fmt.Errorf(format, args...)))
	}
	if s.end != nil {
		fault("the roll has ended before")
		return
	}
	s.end = end
	s.sort() // a chunk that comes later adds nobody
	if !bytes.Equal(end.Chunks, s.chunks) {
		fault("its chunks are not those that were posted")
	}
	if len(end.Counts) != len(j.manifest.Units) {
		fault("counts of %d units, want %d", len(end.Counts), len(j.manifest.Units))
		return
	}
	for u, want := range end.Counts {
		if got := s.count(u); got != want {
			fault("unit %q has %d voters, declared are %d", j.manifest.Units[u].ID, got, want)
		}
	}
	j.checkNumbers(fault)
}

// checkNumbers holds that ballot numbers are unique.
func (j *judge) checkNumbers(fault func(string, ...any)) {
	numbers := make([]uint64, len(j.roll.list))
	for i := range j.roll.list {
		numbers[i] = j.roll.list[i].number()
	}
	slices.Sort(numbers)
	for i := 1; i < len(numbers); i++ {
		if numbers[i] == numbers[i-1] {
			fault("ballot number %s belongs to two voters", formatBallotNumber(numbers[i]))
		}
	}
}

func (s *rollState) count(unit int) uint64 {
	if unit < len(s.counts) {
		return s.counts[unit]
	}
	return 0
}

// checkV04 holds that the roll was closed before the election opened and that
// open names its counts.
func (j *judge) checkV04(p *prepared, open *entry.Open) {
	j.pass(v04)
	s := &j.roll
	if s.end == nil {
		j.fail(v04, fmt.Errorf("open (entry %d): the roll has no end", p.index))
		return
	}
	if !slices.Equal(open.Voters, s.end.Counts) {
		j.fail(v04, fmt.Errorf("open (entry %d): its counts of voters are not those of the roll", p.index))
	}
}

// finishV04 compares the roll, less the audit credentials, with numbers published
// elsewhere.
func (j *judge) finishV04() {
	if j.roll.end == nil {
		return
	}
	if n, auditors := uint64(len(j.roll.list)), j.audit.auditors(); auditors > 0 && auditors <= n {
		j.note(v04, "%d voters, beside %d audit credentials", n-auditors, auditors)
	} else {
		j.note(v04, "%d voters", n)
	}
	if j.opts.ExpectedCounts == nil {
		return
	}
	// Until then auditors among the credentials may still be declared.
	final := j.audit.posted != nil || j.phase > phaseSetup
	known := map[string]bool{}
	for u := range j.manifest.Units {
		id := j.manifest.Units[u].ID
		known[id] = true
		want, given := j.opts.ExpectedCounts[id]
		all, auditors := j.roll.count(u), j.audit.count(u)
		switch {
		case !j.plan.leaf[u]:
			if given {
				j.fail(v04, fmt.Errorf("expected counts: unit %q has parts, and its voters are counted there", id))
			}
		case !given:
			j.fail(v04, fmt.Errorf("expected counts: unit %q is on the roll with %d voters and not among them", id, j.roll.count(u)))
		case auditors > all || all-auditors < want || final && all-auditors != want:
			beside := ""
			if auditors > 0 {
				beside = fmt.Sprintf(" with %d audit credentials", auditors)
			}
			j.fail(v04, fmt.Errorf("unit %q has %d voters on the roll%s, expected are %d", id, all, beside, want))
		}
	}
	for id := range j.opts.ExpectedCounts {
		if !known[id] {
			j.fail(v04, fmt.Errorf("expected counts: the manifest has no unit %q", id))
		}
	}
	j.note(v04, "counts compared with those expected")
}

// ballotNumber returns the ballot number of a ballot key without its check
// digits, SPEC.md, section 9.
func ballotNumber(electionHash [sha512.Size]byte, ballotKey []byte) uint64 {
	sum := transcript.New("rollcall/v1/ballot-number").Bytes(electionHash[:]).Bytes(ballotKey).Sum()
	return binary.BigEndian.Uint64(sum[:8]) % 1e10
}

func formatBallotNumber(n uint64) string {
	return withCheckDigits(fmt.Sprintf("%010d", n))
}

// withCheckDigits appends the two digits of ISO 7064 MOD 97-10.
func withCheckDigits(digits string) string {
	s, err := checkdigit.Append97(digits)
	if err != nil {
		panic("verifier: " + err.Error()) // only digits are given
	}
	return s
}
