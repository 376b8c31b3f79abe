package verifier

import (
	"bytes"
	"errors"
	"fmt"
	"slices"

	"rollcall/bulletin/entry"
	"rollcall/crypto/elgamal"
	"rollcall/crypto/group"
	"rollcall/crypto/sigma"
)

// ballotState is what became of a ballot.
type ballotState uint8

const (
	stateUndecided ballotState = iota
	stateCast
	stateTested
	stateVoid // only at its code tick; one void from the start is no ballot
)

// ballot is a ballot that was valid when it was posted.
// It is packed to 36 bytes: with its alphas and its voter it is what memory
// goes into. Codes are given in order, so that whether it has one is told by
// its position, see clock.coded.
type ballot struct {
	leaf     wide   // fingerprint of the leaf hash
	codeTime wide   // time of the code tick
	index    uint32 // maxSize sees to it that it fits
	codeLow  uint32 // receipt code without check digits, 47 bits
	voter    int32
	previous int32 // the voter's valid ballot before this one, -1 for none
	codeHigh uint16
	booth    uint8
	state    ballotState
}

func (b *ballot) code() uint64 { return uint64(b.codeLow) | uint64(b.codeHigh)<<32 }

func (b *ballot) setCode(code uint64) { b.codeLow, b.codeHigh = uint32(code), uint16(code>>32) }

// ballotFacts is what can be found out about a ballot alone, once the roll and
// the joint key are fixed.
type ballotFacts struct {
	voter  int32 // -1 if not on the roll
	booth  uint8
	who    error // what V08 found, but for signatures
	err    error // what V09 found
	sealed *sealed
	proofs error // what V10 found
}

// sealed is what is kept of a ballot until it is decided: its ciphertexts, ready
// to be added up or opened.
type sealed struct {
	voter    int32
	contests []sealedContest
	prints   []uint64 // fingerprints of all alphas
}

// sealedContest is one contest of a ballot, by option.
type sealedContest struct {
	contest       uint64
	alphas, betas []group.Affine
}

// gatherBallot judges what a ballot's bytes alone decide: V08, V09 but for copies
// of other ballots, V10.
func (j *judge) gatherBallot(batch *batch, p *prepared, b *entry.Ballot) {
	f := &ballotFacts{voter: j.findVoter(p)}
	p.ballot = f
	if f.who = j.checkV08(p, f); f.who != nil {
		return
	}
	unit := uint64(j.roll.list[f.voter].unit)
	contests, err := j.checkV09(p, b, unit, f)
	if err != nil {
		f.err = err
		return
	}
	j.checkV10(batch, f, contests)
}

// findVoter returns the voter whose ballot key signer 0 of an entry names, -1 if
// there is none.
func (j *judge) findVoter(p *prepared) int32 {
	return j.roll.find(j.prints.of(p.entry.Signatures[0].Signer))
}

// checkV08 returns why a ballot does not name a known voter and a known booth.
// Whether they signed it is in p.signed.
func (j *judge) checkV08(p *prepared, f *ballotFacts) error {
	booth, ok := j.plan.booths[string(p.entry.Signatures[1].Signer)]
	switch {
	case f.voter < 0:
		return errors.New("signature 0: the key is not on the roll")
	case !ok:
		return errors.New("signature 1: the key is not a booth's")
	}
	f.booth = booth
	return nil
}

// opened is the proof of one contest, decoded.
type opened struct {
	contest   uint64
	equations []group.Equation
	err       error // it does not decode
}

// checkV09 decodes the contests of a ballot, proofs included, or returns why its
// ciphertexts are not those that a voter of unit is asked for, or repeat within
// the ballot.
func (j *judge) checkV09(p *prepared, b *entry.Ballot, unit uint64, f *ballotFacts) ([]opened, error) {
	asked := j.plan.contestsOf[unit]
	if len(b.Contests) != len(asked) {
		return nil, fmt.Errorf("has %d contests, a voter of unit %q is asked %d", len(b.Contests), j.manifest.Units[unit].ID, len(asked))
	}
	s := &sealed{voter: f.voter}
	var contests []opened
	for i := range b.Contests {
		c := &b.Contests[i]
		if c.Contest != asked[i] {
			return nil, fmt.Errorf("contest %d stands where a voter of unit %q is asked contest %d", c.Contest, j.manifest.Units[unit].ID, asked[i])
		}
		n := j.manifest.Contests[c.Contest].Ciphertexts()
		cs, err := elgamal.DecodeCiphertexts(p.points, c.Ciphertexts, n)
		if err != nil {
			return nil, fmt.Errorf("contest %d: %w", c.Contest, err)
		}
		if err := j.keep(s, b, i, cs); err != nil {
			return nil, fmt.Errorf("contest %d: %w", c.Contest, err)
		}
		// The hints of its proof come before those of the next contest.
		contests = append(contests, j.openProof(p, c, unit, cs))
	}
	f.sealed = s
	return contests, nil
}

// keep adds the ciphertexts of the ballot's contest number i to what is kept of
// it, unless one of its alphas is there already.
func (j *judge) keep(s *sealed, b *entry.Ballot, i int, ciphertexts []elgamal.Ciphertext) error {
	n := len(ciphertexts)
	kept := sealedContest{b.Contests[i].Contest, make([]group.Affine, n), make([]group.Affine, n)}
	for k, ct := range ciphertexts {
		alpha := alphaOf(&b.Contests[i], k)
		print := j.prints.of(alpha)
		if slices.Contains(s.prints, print) && standsBefore(b, i, k, alpha) {
			return fmt.Errorf("ciphertext %d: alpha stands twice in this ballot", k)
		}
		s.prints = append(s.prints, print)
		kept.alphas[k], kept.betas[k] = ct.Alpha.Affine(), ct.Beta.Affine()
	}
	s.contests = append(s.contests, kept)
	return nil
}

// alphaOf returns the encoded alpha of ciphertext k.
func alphaOf(c *entry.SealedContest, k int) []byte {
	return c.Ciphertexts[k*elgamal.CiphertextSize:][:group.PointSize]
}

// standsBefore reports whether an alpha stands in a ballot before ciphertext k of
// its contest number i.
func standsBefore(b *entry.Ballot, i, k int, alpha []byte) bool {
	for at := range b.Contests[:i+1] {
		c := &b.Contests[at]
		n := len(c.Ciphertexts) / elgamal.CiphertextSize
		if at == i {
			n = k
		}
		for other := range n {
			if bytes.Equal(alphaOf(c, other), alpha) {
				return true
			}
		}
	}
	return false
}

// openProof decodes the proof of a contest and says what must hold.
func (j *judge) openProof(p *prepared, c *entry.SealedContest, unit uint64, ciphertexts []elgamal.Ciphertext) opened {
	limit := int(j.manifest.Contests[c.Contest].Limit)
	st := &sigma.Statement{
		ElectionHash: j.hash,
		Key:          j.joint,
		Credential:   [32]byte(p.entry.Signatures[0].Signer),
		Contest:      c.Contest,
		Unit:         unit,
		Limit:        limit,
		Ciphertexts:  ciphertexts,
	}
	open := sigma.RangeEquations
	if limit == 1 {
		open = sigma.UnitVectorEquations
	}
	equations, err := open(p.points, st, c.Proof)
	return opened{c.Contest, equations, err}
}

// checkV10 adds the proofs of a ballot to a batch, which says which of them does
// not hold.
func (j *judge) checkV10(batch *batch, f *ballotFacts, contests []opened) {
	for _, c := range contests {
		tell := func(err error) {
			if err != nil && f.proofs == nil {
				f.proofs = fmt.Errorf("contest %d, %w", c.contest, err)
			}
		}
		if c.err != nil {
			f.proofs = fmt.Errorf("contest %d: %w", c.contest, c.err)
			return
		}
		batch.add(c.equations, tell)
	}
}

// takeBallot judges a ballot by the rules of SPEC.md, section 10, in their
// order, and takes a valid one.
func (j *judge) takeBallot(p *prepared) {
	f := p.ballot
	switch {
	case f.who != nil:
		j.refuseBallot(p, v08, f.who)
		return
	case p.signed != nil:
		j.refuseBallot(p, v08, p.signed)
		return
	case f.err != nil:
		j.refuseBallot(p, v09, f.err)
		return
	case j.copies(f):
		j.refuseBallot(p, v09, errors.New("an alpha stands in an earlier valid ballot"))
		return
	case f.proofs != nil:
		j.refuseBallot(p, v10, f.proofs)
		return
	}
	v := &j.roll.list[f.voter]
	if err := j.checkV12Sealing(v); err != nil {
		j.refuseBallot(p, v12, err)
		return
	}
	at := int32(j.ballots.len())
	j.ballots.push(ballot{
		index:    uint32(p.index),
		leaf:     toWide(j.prints.of(p.leaf[:])),
		voter:    f.voter,
		previous: v.last,
		booth:    f.booth,
	})
	v.last = at
	for _, print := range f.sealed.prints {
		j.alphas.add(print)
	}
	j.pending[at] = f.sealed
	j.clock.waiting = append(j.clock.waiting, waiting{index: p.index, leaf: p.leaf, ballot: at, ghost: -1})
}

// copies reports whether an alpha of the ballot stands in an earlier valid one.
func (j *judge) copies(f *ballotFacts) bool {
	for _, print := range f.sealed.prints {
		if j.alphas.has(print) {
			j.hits[print] = true
			return true
		}
	}
	return false
}

// refuseBallot lists a ballot that is void from the start. Its code is kept
// only if somebody asks for it.
func (j *judge) refuseBallot(p *prepared, n number, err error) {
	j.void(p, n, "%w", err)
	if j.opts.Query == nil {
		return
	}
	j.ghosts = append(j.ghosts, ghost{index: p.index, key: j.prints.of(p.entry.Signatures[0].Signer), reason: err.Error()})
	j.clock.waiting = append(j.clock.waiting, waiting{index: p.index, leaf: p.leaf, ballot: -1, ghost: int32(len(j.ghosts)) - 1})
}

// voidBallot turns a ballot void at its code tick. Nothing rests on it: it has
// no decision yet, and no later ballot of its voter.
func (j *judge) voidBallot(at int32, reason string) {
	b := j.ballots.at(at)
	b.state = stateVoid
	j.listVoid(uint64(b.index), entry.KindBallot, v11, reason)
	for _, print := range j.pending[at].prints {
		j.alphas.remove(print)
	}
	delete(j.pending, at)
}
