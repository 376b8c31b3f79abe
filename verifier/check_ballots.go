package verifier

import (
	"errors"
	"fmt"

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
	err    error // what V08 or V09 found
	by     number
	prints []uint64 // fingerprints of all alphas
	proofs error    // what V10 found
}

// workOutBallot judges what a ballot's bytes alone decide: V08, V09 but for
// copies of other ballots, V10.
func (j *judge) workOutBallot(p *prepared) *ballotFacts {
	f := &ballotFacts{voter: j.findVoter(p)}
	if f.err = j.checkV08(p, f); f.err != nil {
		f.by = v08
		return f
	}
	b := p.entry.Body.(*entry.Ballot)
	unit := uint64(j.roll.list[f.voter].unit)
	contests, err := j.checkV09(b, unit, f)
	if err != nil {
		f.err, f.by = err, v09
		return f
	}
	f.proofs = j.checkV10(p, b, unit, contests)
	return f
}

// findVoter returns the voter whose ballot key signer 0 of an entry names, -1 if
// there is none.
func (j *judge) findVoter(p *prepared) int32 {
	return j.roll.find(j.prints.of(p.entry.Signatures[0].Signer))
}

// checkV08 returns why a ballot is not a known voter's through a known booth.
func (j *judge) checkV08(p *prepared, f *ballotFacts) error {
	booth, ok := j.plan.booths[string(p.entry.Signatures[1].Signer)]
	switch {
	case f.voter < 0:
		return errors.New("signature 0: the key is not on the roll")
	case !ok:
		return errors.New("signature 1: the key is not a booth's")
	}
	f.booth = booth
	return p.signed
}

// checkV09 returns the ciphertexts of a ballot by contest, or why they are not
// those that a voter of unit is asked for, or repeat within the ballot.
func (j *judge) checkV09(b *entry.Ballot, unit uint64, f *ballotFacts) ([][]elgamal.Ciphertext, error) {
	asked := j.plan.contestsOf[unit]
	if len(b.Contests) != len(asked) {
		return nil, fmt.Errorf("has %d contests, a voter of unit %q is asked %d", len(b.Contests), j.manifest.Units[unit].ID, len(asked))
	}
	var contests [][]elgamal.Ciphertext
	seen := map[string]bool{}
	for i, sealed := range b.Contests {
		if sealed.Contest != asked[i] {
			return nil, fmt.Errorf("contest %d stands where a voter of unit %q is asked contest %d", sealed.Contest, j.manifest.Units[unit].ID, asked[i])
		}
		n := j.manifest.Contests[sealed.Contest].Ciphertexts()
		cs, err := elgamal.ParseCiphertexts(sealed.Ciphertexts, n)
		if err != nil {
			return nil, fmt.Errorf("contest %d: %w", sealed.Contest, err)
		}
		for k, c := range cs {
			alpha := c.Alpha.Bytes()
			if seen[string(alpha)] {
				return nil, fmt.Errorf("contest %d: ciphertext %d: alpha stands twice in this ballot", sealed.Contest, k)
			}
			seen[string(alpha)] = true
			f.prints = append(f.prints, j.prints.of(alpha))
		}
		contests = append(contests, cs)
	}
	return contests, nil
}

// checkV10 returns which proof of a ballot does not hold.
func (j *judge) checkV10(p *prepared, b *entry.Ballot, unit uint64, contests [][]elgamal.Ciphertext) error {
	var equations []group.Equation
	for i, sealed := range b.Contests {
		c := &j.manifest.Contests[sealed.Contest]
		st := &sigma.Statement{
			ElectionHash: j.hash,
			Key:          j.joint,
			Credential:   [32]byte(p.entry.Signatures[0].Signer),
			Contest:      sealed.Contest,
			Unit:         unit,
			Limit:        int(c.Limit),
			Ciphertexts:  contests[i],
		}
		open := sigma.RangeEquations
		if c.Limit == 1 {
			open = sigma.UnitVectorEquations
		}
		es, err := open(st, sealed.Proof)
		if err != nil {
			return fmt.Errorf("contest %d: %w", sealed.Contest, err)
		}
		for k := range es {
			es[k].Label = fmt.Sprintf("contest %d, %s", sealed.Contest, es[k].Label)
		}
		equations = append(equations, es...)
	}
	return group.VarTimeCheckTogether(equations, j.joint)
}

// takeBallot judges a ballot by the rules of SPEC.md, section 10, in their
// order, and takes a valid one.
func (j *judge) takeBallot(p *prepared, b *entry.Ballot) {
	f := p.ballot
	switch {
	case f.err != nil:
		j.refuseBallot(p, f.by, f.err)
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
	for _, print := range f.prints {
		j.alphas.add(print)
	}
	for i := range b.Contests {
		b.Contests[i].Proof = nil // only the ciphertexts are needed from here on
	}
	j.pending[at] = b
	j.clock.waiting = append(j.clock.waiting, waiting{index: p.index, leaf: p.leaf, ballot: at, ghost: -1})
}

// copies reports whether an alpha of the ballot stands in an earlier valid one.
func (j *judge) copies(f *ballotFacts) bool {
	for _, print := range f.prints {
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
	for _, c := range j.pending[at].Contests {
		for k := 0; k < len(c.Ciphertexts); k += elgamal.CiphertextSize {
			j.alphas.remove(j.prints.of(c.Ciphertexts[k : k+group.PointSize]))
		}
	}
	delete(j.pending, at)
}
