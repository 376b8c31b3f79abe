package verifier

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"sort"

	"rollcall/bulletin/entry"
	"rollcall/crypto/elgamal"
	"rollcall/crypto/group"
)

// manyBallots is how many valid ballots of one voter are worth a note.
const manyBallots = 10

// cellKey names one contest in one leaf unit.
type cellKey struct{ contest, unit uint64 }

func (k cellKey) compare(l cellKey) int {
	return cmp.Or(cmp.Compare(k.contest, l.contest), cmp.Compare(k.unit, l.unit))
}

// cell is the sum of the cast ballots of one contest in one leaf unit.
type cell struct {
	ballots uint64
	sums    []elgamal.Ciphertext
}

// checkV12Sealing returns why a ballot of voter v was not sealed in time: it
// must be inside a window by the last valid tick, and wait until the one before
// it has a code, or a booth could prepare two for one code.
func (j *judge) checkV12Sealing(v *voter) error {
	if j.clock.ticks == 0 {
		return errors.New("there is no valid tick before it")
	}
	t := j.clock.time
	if !slices.ContainsFunc(j.manifest.Windows, func(w entry.Window) bool { return w.From <= t && t < w.To }) {
		return fmt.Errorf("sealed outside all calling windows, after time %d", t)
	}
	if v.last >= j.clock.coded {
		return fmt.Errorf("ballot %d of the same voter had no receipt code yet", j.ballots.at(v.last).index)
	}
	return nil
}

// takeCast judges a cast and counts its ballot if it is valid.
func (j *judge) takeCast(p *prepared, c *entry.Cast) {
	at, err := j.checkV12Decision(p, c.Ballot, c.Leaf)
	if err != nil {
		j.void(p, v12, "%w", err)
		return
	}
	b := j.ballots.at(at)
	b.state = stateCast
	j.roll.list[b.voter].cast = true
	j.fresh = append(j.fresh, j.pending[at])
	delete(j.pending, at)
}

// takeTest judges a test. A valid one opens its ballot, which never counts.
func (j *judge) takeTest(p *prepared, t *entry.Test) {
	at, err := j.checkV12Decision(p, t.Ballot, t.Leaf)
	if err != nil {
		j.void(p, v12, "%w", err)
		return
	}
	if err := j.checkV13(p, at, t); err != nil {
		j.void(p, v13, "%w", err)
		return
	}
	j.ballots.at(at).state = stateTested
	delete(j.pending, at)
}

// checkV12Decision returns the ballot that a cast or test decides, or why it
// does not: SPEC.md, section 11, rules 2 to 6.
func (j *judge) checkV12Decision(p *prepared, index uint64, leaf []byte) (int32, error) {
	at, ok := j.ballotAt(index)
	if !ok || j.ballots.at(at).state == stateVoid {
		return 0, fmt.Errorf("entry %d is no valid ballot", index)
	}
	b := j.ballots.at(at)
	if j.prints.of(leaf) != b.leaf.value() {
		return 0, fmt.Errorf("ballot %d has another leaf hash", index)
	}
	v := &j.roll.list[b.voter]
	key, name := v.castKey, "cast"
	if p.entry.Kind() == entry.KindTest {
		key, name = v.ballotKey, "ballot"
	}
	booth, known := j.plan.booths[string(p.entry.Signatures[1].Signer)]
	switch {
	case j.prints.of(p.entry.Signatures[0].Signer) != key.value():
		return 0, fmt.Errorf("signature 0: is not by the %s key of ballot %d", name, index)
	case !known || booth != b.booth:
		return 0, fmt.Errorf("signature 1: is not by the booth of ballot %d", index)
	case p.signed != nil:
		return 0, p.signed
	case at >= j.clock.coded:
		return 0, fmt.Errorf("ballot %d has no receipt code yet", index)
	case b.state != stateUndecided:
		return 0, fmt.Errorf("ballot %d was decided before", index)
	case v.cast:
		return 0, fmt.Errorf("the voter of ballot %d has cast another", index)
	case j.expired(b):
		return 0, fmt.Errorf("ballot %d could be decided for %d seconds, it is %d seconds now",
			index, j.manifest.DecisionSeconds, j.clock.time-b.codeTime.value())
	}
	return at, nil
}

// ballotAt returns the position of the ballot with an index, if it was valid when
// it was posted.
func (j *judge) ballotAt(index uint64) (int32, bool) {
	n := j.ballots.len()
	i := sort.Search(n, func(i int) bool { return uint64(j.ballots.at(int32(i)).index) >= index })
	return int32(i), i < n && uint64(j.ballots.at(int32(i)).index) == index
}

// expired reports whether the time to decide a ballot is over. Times of valid
// ticks ascend, so the difference is never negative.
func (j *judge) expired(b *ballot) bool {
	return j.clock.time-b.codeTime.value() > j.manifest.DecisionSeconds
}

// addUp adds the ballots that were cast lately to the sums of their units, every
// sum on a core of its own. It must be called before sums are read.
func (j *judge) addUp() {
	type column struct {
		sum     **group.Point
		addends []*group.Affine
	}
	columns := map[cellKey][]column{}
	for _, s := range j.fresh {
		for i := range s.contests {
			c := &s.contests[i]
			key := cellKey{c.contest, uint64(j.roll.list[s.voter].unit)}
			cell := j.cell(key, len(c.alphas))
			cell.ballots++
			if columns[key] == nil {
				for k := range cell.sums {
					columns[key] = append(columns[key], column{sum: &cell.sums[k].Alpha}, column{sum: &cell.sums[k].Beta})
				}
			}
			for k := range c.alphas {
				alpha, beta := &columns[key][2*k], &columns[key][2*k+1]
				alpha.addends, beta.addends = append(alpha.addends, &c.alphas[k]), append(beta.addends, &c.betas[k])
			}
		}
	}
	var work []column
	for _, of := range columns {
		work = append(work, of...)
	}
	parallel(len(work), func(i int) { *work[i].sum = group.AddAll(*work[i].sum, work[i].addends) })
	clear(j.fresh)
	j.fresh = j.fresh[:0]
}

// cell returns the sums of a contest of n ciphertexts in a unit.
func (j *judge) cell(key cellKey, n int) *cell {
	c := j.cells[key]
	if c == nil {
		c = &cell{sums: make([]elgamal.Ciphertext, n)}
		for k := range c.sums {
			c.sums[k] = elgamal.Zero()
		}
		j.cells[key] = c
	}
	return c
}

// finishV12 notes voters with uncommonly many ballots.
func (j *judge) finishV12() {
	many := 0
	for i := range j.roll.list {
		n := 0
		for b := j.roll.list[i].last; b >= 0; b = j.ballots.at(b).previous {
			n++
		}
		if n > manyBallots {
			many++
		}
	}
	if many > 0 {
		j.note(v12, "%d voters have more than %d valid ballots", many, manyBallots)
	}
}
