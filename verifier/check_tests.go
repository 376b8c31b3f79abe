package verifier

import (
	"fmt"

	"rollcall/bulletin/entry"
	"rollcall/crypto/group"
)

// testFacts is what can be found out about a test before it is judged, if the
// ballot that it opens is known by then.
type testFacts struct {
	of  *sealed
	err error // what V13 found
}

// prepareTests checks the openings of all tests in some chunks together. The
// ballots they open stand in the same chunks or are pending.
func (j *judge) prepareTests(chunks [][]*prepared) {
	var first uint64
	var entries []*prepared
	for _, c := range chunks {
		entries = append(entries, c...)
	}
	if len(entries) > 0 {
		first = entries[0].index
	}
	find := func(index uint64) *sealed {
		if index < first {
			if at, ok := j.ballotAt(index); ok {
				return j.pending[at]
			}
			return nil
		}
		if at := index - first; at < uint64(len(entries)) && entries[at].ballot != nil {
			return entries[at].ballot.sealed
		}
		return nil
	}
	batches := j.batchesFor(chunks)
	parallel(len(chunks), func(i int) {
		b := &batches[i]
		for _, p := range chunks[i] {
			if p.entry == nil || p.test != nil {
				continue
			}
			t, ok := p.entry.Body.(*entry.Test)
			if !ok {
				continue
			}
			if s := find(t.Ballot); s != nil {
				f := &testFacts{of: s}
				p.test = f
				j.gatherOpenings(b, s, t, func(err error) { f.err = err })
			}
		}
		b.check(j.joint, j.opts.OneByOne)
	})
}

// checkV13 returns why the opening of a test is not that of the ballot at.
func (j *judge) checkV13(p *prepared, at int32, t *entry.Test) error {
	s := j.pending[at]
	if p.test != nil && p.test.of == s {
		return p.test.err
	}
	var b batch
	var result error
	j.gatherOpenings(&b, s, t, func(err error) { result = err })
	b.check(j.joint, j.opts.OneByOne)
	return result
}

// gatherOpenings adds what must hold for a test to open a ballot, and tells at
// once of a test that can not.
func (j *judge) gatherOpenings(b *batch, s *sealed, t *entry.Test, tell func(error)) {
	if len(t.Openings) != len(s.contests) {
		tell(fmt.Errorf("opens %d contests, the ballot has %d", len(t.Openings), len(s.contests)))
		return
	}
	var equations []group.Equation
	for i := range t.Openings {
		es, err := j.openingEquations(&s.contests[i], &t.Openings[i])
		if err != nil {
			tell(fmt.Errorf("contest %d, %w", s.contests[i].contest, err))
			return
		}
		equations = append(equations, es...)
	}
	b.add(equations, tell)
}

// openingEquations returns what must hold for an opening to be that of a contest:
// with the randomness r and the vote m of an option, alpha = r*G and
// beta = (r+m)*K.
func (j *judge) openingEquations(c *sealedContest, o *entry.Opening) ([]group.Equation, error) {
	if o.Contest != c.contest {
		return nil, fmt.Errorf("opening: is of contest %d", o.Contest)
	}
	n, limit := len(c.alphas), j.manifest.Contests[c.contest].Limit
	votes := make([]uint64, n)
	for i, s := range o.Selected {
		if s >= uint64(n) || i > 0 && o.Selected[i-1] >= s {
			return nil, fmt.Errorf("opening: selected options are not ascending and below %d", n)
		}
		votes[s] = 1
	}
	if k := uint64(len(o.Selected)); k > limit || limit == 1 && k != 1 {
		return nil, fmt.Errorf("opening: selects %d, the limit is %d", k, limit)
	}
	if len(o.Nonces) != n*group.ScalarSize {
		return nil, fmt.Errorf("opening: %d bytes of randomness, want %d", len(o.Nonces), n*group.ScalarSize)
	}
	equations := make([]group.Equation, 0, 2*n)
	for k := range votes {
		r, err := group.ParseScalar(o.Nonces[k*group.ScalarSize : (k+1)*group.ScalarSize])
		if err != nil {
			return nil, fmt.Errorf("option %d: randomness: %w", k, err)
		}
		path := fmt.Sprintf("contest %d, option %d: opening of ", c.contest, k)
		equations = append(equations,
			group.Equation{Label: path + "alpha", BaseCoeff: r, Terms: []group.Term{{Point: c.alphas[k].Point()}}},
			group.Equation{Label: path + "beta", KeyCoeff: r.Add(group.ScalarFromUint64(votes[k])),
				Terms: []group.Term{{Point: c.betas[k].Point()}}})
	}
	return equations, nil
}
