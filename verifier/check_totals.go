package verifier

import (
	"bytes"
	"fmt"
	"slices"

	"rollcall/bulletin/entry"
	"rollcall/crypto/elgamal"
)

// totalsState is the encrypted totals as the record has them.
type totalsState struct {
	parts  []totalsPart
	chunks []byte // leaf hashes
	// broken says that some sums could not be read, so that nothing that was
	// made from them can be judged.
	broken bool
}

// totalsPart is one part as posted. Its sums are nil if it has none.
type totalsPart struct {
	contest uint64
	units   []uint64
	ballots uint64
	sums    []elgamal.Ciphertext
}

// recount makes the partition of every contest and its sums from the cast
// ballots alone, once the election has ended.
func (j *judge) recount() {
	j.tally = &Tally{ElectionHash: j.hash, End: j.endIndex, JointKey: j.joint, VerificationShares: j.shares}
	for c := range j.manifest.Contests {
		contest := uint64(c)
		cast := map[uint64]uint64{}
		for _, u := range j.manifest.Contests[c].Units {
			cast[u] = j.cast(contest, []uint64{u})
		}
		for _, set := range partition(j.plan.parents, cast, j.manifest.Minimum) {
			part := Part{Contest: contest, Units: set.units, Ballots: set.ballots}
			if set.ballots >= j.manifest.Minimum {
				part.Sums = j.sum(contest, set.units)
			}
			j.tally.Parts = append(j.tally.Parts, part)
		}
	}
}

// cast returns how many ballots with a contest were cast in some units.
func (j *judge) cast(contest uint64, units []uint64) uint64 {
	j.addUp()
	n := uint64(0)
	for _, u := range units {
		if s := j.cells[cellKey{contest, u}]; s != nil {
			n += s.ballots
		}
	}
	return n
}

// sum adds up a contest's cast ballots in some units.
func (j *judge) sum(contest uint64, units []uint64) []elgamal.Ciphertext {
	total := make([]elgamal.Ciphertext, j.manifest.Contests[contest].Ciphertexts())
	for k := range total {
		total[k] = elgamal.Zero()
	}
	for _, u := range units {
		s := j.cells[cellKey{contest, u}]
		if s == nil {
			continue
		}
		for k := range total {
			total[k] = total[k].Add(s.sums[k])
		}
	}
	return total
}

// takeTotals judges one chunk of the totals.
func (j *judge) takeTotals(p *prepared, t *entry.Totals) {
	if n := uint64(len(j.totals.chunks) / 32); t.Chunk != n {
		j.fail(v14, fmt.Errorf("entry %d: totals chunk %d, want %d", p.index, t.Chunk, n))
	}
	j.totals.chunks = append(j.totals.chunks, p.leaf[:]...)
	for i := range t.Parts {
		part := &t.Parts[i]
		path := fmt.Sprintf("entry %d: totals chunk %d, part %d", p.index, t.Chunk, i)
		j.checkV19Part(path, part)
		sums, err := j.checkV14(part)
		if err != nil {
			j.fail(v14, fmt.Errorf("%s: %w", path, err))
		}
		j.totals.parts = append(j.totals.parts, totalsPart{part.Contest, part.Units, part.Ballots, sums})
	}
	j.checkV19Small(p, t)
}

// checkV14 recomputes one part over the units it names, whether or not they
// belong together, and returns its sums as posted.
func (j *judge) checkV14(part *entry.Part) ([]elgamal.Ciphertext, error) {
	if part.Contest >= uint64(len(j.manifest.Contests)) {
		j.totals.broken = true
		return nil, fmt.Errorf("contest %d is not one of the %d", part.Contest, len(j.manifest.Contests))
	}
	ballots := j.cast(part.Contest, part.Units)
	if part.Ballots != ballots {
		return j.postedSums(part), fmt.Errorf("contest %d: counts %d ballots, %d were cast", part.Contest, part.Ballots, ballots)
	}
	posted := j.postedSums(part)
	if ballots < j.manifest.Minimum {
		return posted, nil // has no sums, or V19 fails
	}
	if posted == nil {
		j.totals.broken = true
		return nil, fmt.Errorf("contest %d: no readable sums of %d ballots", part.Contest, ballots)
	}
	for k, want := range j.sum(part.Contest, part.Units) {
		if !posted[k].Equal(want) {
			return posted, fmt.Errorf("contest %d, option %d: not the sum of the cast ballots", part.Contest, k)
		}
	}
	return posted, nil
}

// postedSums decodes the sums of a part, and returns nil if there are none or
// they are none.
func (j *judge) postedSums(part *entry.Part) []elgamal.Ciphertext {
	if len(part.Sums) == 0 {
		return nil
	}
	sums, err := elgamal.ParseSums(part.Sums, j.manifest.Contests[part.Contest].Ciphertexts())
	if err != nil {
		j.totals.broken = true
		return nil
	}
	return sums
}

// checkV19Part holds that the next part is the next of the partition.
func (j *judge) checkV19Part(path string, part *entry.Part) {
	at := len(j.totals.parts)
	if at >= len(j.tally.Parts) {
		j.fail(v19, fmt.Errorf("%s: there are only %d parts", path, len(j.tally.Parts)))
		return
	}
	if want := &j.tally.Parts[at]; part.Contest != want.Contest || !slices.Equal(part.Units, want.Units) {
		j.fail(v19, fmt.Errorf("%s: is contest %d, units %d; by the rule of merging it is contest %d, units %d",
			path, part.Contest, part.Units, want.Contest, want.Units))
	}
}

// checkV19Small holds that no sum is over fewer ballots than the minimum. It
// is asked about every totals entry, even one that has no place where it is:
// whoever can decrypt could have decrypted it.
func (j *judge) checkV19Small(p *prepared, t *entry.Totals) {
	for i, part := range t.Parts {
		if len(part.Sums) == 0 {
			continue
		}
		if n := j.cast(part.Contest, part.Units); n < j.manifest.Minimum {
			j.fail(v19, fmt.Errorf("entry %d: totals chunk %d, part %d: a sum of %d ballots, the minimum is %d",
				p.index, t.Chunk, i, n, j.manifest.Minimum))
		}
	}
}

// takeTotalsEnd closes the totals.
func (j *judge) takeTotalsEnd(p *prepared, end *entry.TotalsEnd) {
	path := fmt.Sprintf("entry %d: totals-end", p.index)
	if end.End != j.endIndex {
		j.fail(v14, fmt.Errorf("%s: names an end at index %d, which is at %d", path, end.End, j.endIndex))
	}
	if !bytes.Equal(end.Chunks, j.totals.chunks) {
		j.fail(v14, fmt.Errorf("%s: its chunks are not those that were posted", path))
	}
	if got, want := len(j.totals.parts), len(j.tally.Parts); got < want {
		j.fail(v19, fmt.Errorf("%s: %d parts, by the rule of merging there are %d", path, got, want))
	}
	j.phase = phaseCounted
}

// finishTotals sums up V14 and the part of V19 that is about totals.
func (j *judge) finishTotals() {
	if j.tally != nil {
		j.tally.Root = j.log.roots[j.endIndex+1]
	}
	switch {
	case j.phase < phaseEnded:
		j.skip("there are no totals before the election has ended", v14, v15, v16, v17, v18, v19)
	case j.phase == phaseEnded:
		j.skip("there are no complete totals yet", v14, v15, v16, v17, v18, v19)
	default:
		j.pass(v14, v19)
		j.noteParts()
	}
}

// noteParts says what the merging did.
func (j *judge) noteParts() {
	merged, withheld := 0, 0
	for i := range j.tally.Parts {
		p := &j.tally.Parts[i]
		if len(p.Units) > 1 {
			merged++
		}
		if p.Ballots > 0 && p.Ballots < j.manifest.Minimum {
			withheld++
		}
	}
	j.note(v19, "%d parts, %d of them merged from several units, %d withheld as too small", len(j.tally.Parts), merged, withheld)
}
