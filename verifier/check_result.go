package verifier

import (
	"bytes"
	"errors"
	"fmt"
	"slices"

	"rollcall/bulletin/entry"
	"rollcall/crypto/group"
	"rollcall/crypto/threshold"
)

// resultState is the result as posted.
type resultState struct {
	parts  []entry.ResultPart
	chunks []byte // leaf hashes
	end    *entry.ResultEnd
	at     uint64 // index of the result-end
	counts []Count
}

// takeResult keeps a chunk of the result.
func (j *judge) takeResult(p *prepared, r *entry.Result) {
	if n := uint64(len(j.result.chunks) / 32); r.Chunk != n {
		j.fail(v16, fmt.Errorf("entry %d: result chunk %d, want %d", p.index, r.Chunk, n))
	}
	j.result.chunks = append(j.result.chunks, p.leaf[:]...)
	j.result.parts = append(j.result.parts, r.Parts...)
}

// takeResultEnd closes the result.
func (j *judge) takeResultEnd(p *prepared, end *entry.ResultEnd) {
	path := fmt.Sprintf("entry %d: result-end", p.index)
	if end.End != j.endIndex {
		j.fail(v16, fmt.Errorf("%s: names an end at index %d, which is at %d", path, end.End, j.endIndex))
	}
	if !bytes.Equal(end.Chunks, j.result.chunks) {
		j.fail(v16, fmt.Errorf("%s: its chunks are not those that were posted", path))
	}
	j.result.end, j.result.at = end, p.index
	j.phase = phaseDone
}

// finishResult judges the result once everything is known, or all of the record
// that could be read.
func (j *judge) finishResult(whole bool) {
	if j.phase < phaseCounted {
		return
	}
	if j.phase < phaseDone {
		j.skip("there is no result yet", v16, v17, v18)
		return
	}
	for i := range j.result.parts {
		p := &j.result.parts[i]
		for _, o := range p.Options {
			j.result.counts = append(j.result.counts, Count{p.Contest, p.Units, o.Option, o.Votes})
		}
	}
	switch {
	case j.failed(v15):
		j.skip("not judged, since V15 failed", v16)
	case j.shares != nil && !j.totals.broken:
		j.pass(v16)
		if err := j.checkV16(whole); err != nil {
			j.fail(v16, err)
		}
	}
	j.pass(v17, v18)
	if err := j.checkV17(); err != nil {
		j.fail(v17, err)
	}
	if err := j.checkV18(); err != nil {
		j.fail(v18, err)
	}
	if err := j.checkV19Result(); err != nil {
		j.fail(v19, err)
	}
}

// checkV16 holds that k valid shares decrypt the totals to exactly the counts
// of the result, part by part in order.
func (j *judge) checkV16(whole bool) error {
	end := j.result.end
	trustees, shares, err := j.combiners(end.Trustees, whole)
	if err != nil {
		return fmt.Errorf("entry %d: result-end: %w", j.result.at, err)
	}
	if got, want := len(j.result.parts), len(j.totals.parts); got != want {
		return fmt.Errorf("result has %d parts, the totals have %d", got, want)
	}
	next := 0 // the sum that the next count decrypts
	for i := range j.result.parts {
		part, total := &j.result.parts[i], &j.totals.parts[i]
		if err := j.checkV16Part(part, total, trustees, shares, next); err != nil {
			return fmt.Errorf("%s: %w", partPath(i, part), err)
		}
		next += len(total.sums)
	}
	return nil
}

func (j *judge) checkV16Part(part *entry.ResultPart, total *totalsPart, trustees []uint64, shares [][]*group.Point, next int) error {
	if part.Ballots != total.ballots {
		return fmt.Errorf("counts %d ballots, the totals %d", part.Ballots, total.ballots)
	}
	n := j.manifest.Contests[total.contest].Ciphertexts()
	if total.ballots > 0 && len(total.sums) == 0 {
		n = 0
	}
	if len(part.Options) != n {
		return fmt.Errorf("has counts of %d options, want %d", len(part.Options), n)
	}
	for k, o := range part.Options {
		if o.Votes > part.Ballots {
			return fmt.Errorf("option %q: %d votes in %d ballots", o.Option, o.Votes, part.Ballots)
		}
		if len(total.sums) == 0 || shares == nil {
			continue // no ballots, so no votes; or not enough of the record was read
		}
		points := make([]*group.Point, len(shares))
		for t := range shares {
			points[t] = shares[t][next+k]
		}
		m, err := threshold.Combine(total.sums[k].Beta, trustees, points)
		if err != nil {
			return fmt.Errorf("option %q: %w", o.Option, err)
		}
		if !m.Equal(j.joint.Mul(group.ScalarFromUint64(o.Votes))) {
			return fmt.Errorf("option %q: the total does not decrypt to %d votes", o.Option, o.Votes)
		}
	}
	return nil
}

func partPath(i int, p *entry.ResultPart) string {
	return fmt.Sprintf("result part %d (contest %q, units %q)", i, p.Contest, p.Units)
}

// checkV17 holds that counts add up: in a vote for one to the ballots, else to
// at most limit times as many, and that undervotes are what is left.
func (j *judge) checkV17() error {
	for i := range j.result.parts {
		p := &j.result.parts[i]
		c := j.contestByID(p.Contest)
		if c < 0 {
			continue // V18 fails by it
		}
		if err := checkSums(p, j.manifest.Contests[c].Limit); err != nil {
			return fmt.Errorf("%s: %w", partPath(i, p), err)
		}
	}
	return nil
}

func checkSums(p *entry.ResultPart, limit uint64) error {
	if len(p.Options) == 0 { // withheld
		if p.Undervotes != 0 {
			return fmt.Errorf("%d undervotes of a part that is withheld", p.Undervotes)
		}
		return nil
	}
	sum := uint64(0)
	for _, o := range p.Options {
		if o.Votes > p.Ballots { // so that the sum can not wrap
			return fmt.Errorf("option %q: %d votes in %d ballots", o.Option, o.Votes, p.Ballots)
		}
		sum += o.Votes
	}
	under := p.Options[len(p.Options)-1].Votes // those for none
	switch {
	case limit == 1 && sum != p.Ballots:
		return fmt.Errorf("%d votes and %d ballots in a vote for one", sum, p.Ballots)
	case limit > 1 && sum > limit*p.Ballots:
		return fmt.Errorf("%d votes in %d ballots of at most %d", sum, p.Ballots, limit)
	case limit > 1:
		under = limit*p.Ballots - sum
	}
	if p.Undervotes != under {
		return fmt.Errorf("%d undervotes, want %d", p.Undervotes, under)
	}
	return nil
}

func (j *judge) contestByID(id string) int {
	return slices.IndexFunc(j.manifest.Contests, func(c entry.Contest) bool { return c.ID == id })
}

// checkV18 holds that the result has exactly the contests, units and options of
// the manifest: nothing that was not asked, and everything that was, in order.
func (j *judge) checkV18() error {
	seen := make([]map[string]bool, len(j.manifest.Contests))
	last := 0
	for i := range j.result.parts {
		p := &j.result.parts[i]
		c := j.contestByID(p.Contest)
		switch {
		case c < 0:
			return fmt.Errorf("%s: the manifest has no such contest", partPath(i, p))
		case c < last:
			return fmt.Errorf("%s: contests are not in the order of the manifest", partPath(i, p))
		}
		last = c
		if seen[c] == nil {
			seen[c] = map[string]bool{}
		}
		if err := j.checkLabels(p, c, seen[c]); err != nil {
			return fmt.Errorf("%s: %w", partPath(i, p), err)
		}
	}
	for c := range j.manifest.Contests {
		for _, u := range j.manifest.Contests[c].Units {
			if id := j.manifest.Units[u].ID; !seen[c][id] {
				return fmt.Errorf("result has no contest %q in unit %q", j.manifest.Contests[c].ID, id)
			}
		}
	}
	return nil
}

func (j *judge) checkLabels(p *entry.ResultPart, contest int, seen map[string]bool) error {
	c := &j.manifest.Contests[contest]
	for _, id := range p.Units {
		asked := slices.ContainsFunc(c.Units, func(u uint64) bool { return j.manifest.Units[u].ID == id })
		if !asked || seen[id] {
			return fmt.Errorf("unit %q is not asked this contest, or stands twice", id)
		}
		seen[id] = true
	}
	if len(p.Options) == 0 {
		return nil // withheld; V16 knows whether it may be
	}
	want := make([]string, 0, c.Ciphertexts())
	for _, o := range c.Options {
		want = append(want, o.ID)
	}
	if c.Limit == 1 {
		want = append(want, entry.NoneID)
	}
	if len(p.Options) != len(want) {
		return fmt.Errorf("has %d options, the manifest %d", len(p.Options), len(want))
	}
	for k, o := range p.Options {
		if o.Option != want[k] {
			return fmt.Errorf("option %d is %q, in the manifest %q", k, o.Option, want[k])
		}
	}
	return nil
}

// checkV19Result holds that the parts of the result are those of the rule of
// merging.
func (j *judge) checkV19Result() error {
	if got, want := len(j.result.parts), len(j.tally.Parts); got != want {
		return fmt.Errorf("result has %d parts, by the rule of merging there are %d", got, want)
	}
	for i := range j.result.parts {
		p, want := &j.result.parts[i], &j.tally.Parts[i]
		ids := make([]string, len(want.Units))
		for k, u := range want.Units {
			ids[k] = j.manifest.Units[u].ID
		}
		if p.Contest != j.manifest.Contests[want.Contest].ID || !slices.Equal(p.Units, ids) {
			return fmt.Errorf("%s: by the rule of merging it is contest %q, units %q",
				partPath(i, p), j.manifest.Contests[want.Contest].ID, ids)
		}
		if small := want.Ballots > 0 && want.Sums == nil; small && len(p.Options) > 0 {
			return errors.New(partPath(i, p) + ": reports a part that is too small")
		}
	}
	return nil
}
