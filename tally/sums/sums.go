// Package sums adds up sealed ballots on all processors: encrypted sums of each
// contest and leaf unit.
//
// It knows neither which ballots count nor which units are reported together:
// tally/record keeps sums while ballots are cast, tally/count adds up anew at
// the close and merges units. SPEC.md, section 12.
package sums

import (
	"cmp"
	"errors"
	"fmt"
	"iter"
	"maps"
	"slices"
	"sync"

	"golang.org/x/sync/errgroup"

	"rollcall/bulletin/entry"
	"rollcall/crypto/elgamal"
	"rollcall/crypto/group"
)

// ErrDiffer says that two ways of adding up the same ballots gave two results: a
// fault of the memory, the processor or the program. Which of them is right can
// not be known from them.
var ErrDiffer = errors.New("two sums of the same ballots differ")

// Ballot is what is added: one ballot's ciphertexts by contest.
type Ballot struct {
	Index    uint64 // on the board, for errors
	Unit     uint64
	Contests []entry.SealedContest
	// Hints are those of all points in order, 64 bytes a ciphertext, or
	// nothing: a ballot is added ten times faster with them, and no differently.
	Hints []byte
}

// MakeHints returns the hints of all points of some contests, which take longer
// to make than the ciphertexts to add.
func MakeHints(contests []entry.SealedContest) []byte {
	n := 0
	for i := range contests {
		n += len(contests[i].Ciphertexts)
	}
	hints := make([]byte, 0, n/group.PointSize*group.HintSize)
	return group.AppendHints(hints, func(yield func([]byte) bool) {
		for i := range contests {
			for p := range slices.Chunk(contests[i].Ciphertexts, group.PointSize) {
				if !yield(p) {
					return
				}
			}
		}
	})
}

// Part is a contest in one leaf unit.
type Part struct{ Contest, Unit uint64 }

func (p Part) compare(o Part) int {
	return cmp.Or(cmp.Compare(p.Contest, o.Contest), cmp.Compare(p.Unit, o.Unit))
}

// Sum is how many ballots were added, and their encrypted sum.
type Sum struct {
	Ballots uint64
	options []elgamal.Accumulator
}

// Table holds the sums of the parts that have ballots, in some 350 bytes an
// option, however many ballots there are.
type Table map[Part]*Sum

// Of adds up the ballots of chunks in some goroutines, each of which holds one
// chunk and one table at a time. prepare, where set, is called for each ballot
// before it is added, and may give it hints. The error names the ballot and
// contest that can not be decoded.
func Of(goroutines int, chunks iter.Seq[[]Ballot], prepare func(*Ballot)) (Table, error) {
	var g errgroup.Group
	next, stop := iter.Pull(chunks)
	defer stop()
	var mu sync.Mutex // of next
	tables := make([]Table, goroutines)
	for i := range tables {
		tables[i] = Table{}
		g.Go(func() error {
			for {
				mu.Lock()
				chunk, ok := next()
				mu.Unlock()
				if !ok {
					return nil
				}
				for j := range chunk {
					if prepare != nil {
						prepare(&chunk[j])
					}
					if err := tables[i].add(&chunk[j]); err != nil {
						return err
					}
				}
			}
		})
	}
	if err := g.Wait(); err != nil {
		return nil, err
	}
	sum := Table{}
	for _, t := range tables {
		sum.Merge(t)
	}
	return sum, nil
}

// add adds one ballot. After an error the table is of no more use.
func (t Table) add(b *Ballot) error {
	hints := group.NewDecoder(b.Hints)
	for i := range b.Contests {
		c := &b.Contests[i]
		s := t.sum(Part{c.Contest, b.Unit}, len(c.Ciphertexts)/elgamal.CiphertextSize)
		if len(c.Ciphertexts) != len(s.options)*elgamal.CiphertextSize {
			return fmt.Errorf("ballot %d, contest %d: %d bytes, other ballots have %d ciphertexts", b.Index, c.Contest, len(c.Ciphertexts), len(s.options))
		}
		for j := range s.options {
			at := j * elgamal.CiphertextSize
			if err := s.options[j].Add(hints, c.Ciphertexts[at:at+elgamal.CiphertextSize]); err != nil {
				return fmt.Errorf("ballot %d, contest %d, option %d: %w", b.Index, c.Contest, j, err)
			}
		}
		s.Ballots++
	}
	return nil
}

func (t Table) sum(p Part, options int) *Sum {
	s := t[p]
	if s == nil {
		s = &Sum{options: make([]elgamal.Accumulator, options)}
		t[p] = s
	}
	return s
}

// Merge adds the sums of another table, which must be of the same contests.
func (t Table) Merge(o Table) {
	for p, from := range o {
		to := t.sum(p, len(from.options))
		to.Ballots += from.Ballots
		for i := range from.options {
			to.options[i].Merge(&from.options[i])
		}
	}
}

// Ballots returns how many ballots were added to a part.
func (t Table) Ballots(p Part) uint64 {
	if s := t[p]; s != nil {
		return s.Ballots
	}
	return 0
}

// Over returns the encrypted sums of a contest of n options over some units,
// those of none being zero.
func (t Table) Over(contest uint64, n int, units []uint64) []elgamal.Ciphertext {
	all := make([]elgamal.Accumulator, n)
	for _, u := range units {
		if s := t[Part{contest, u}]; s != nil {
			for i := range all {
				all[i].Merge(&s.options[i])
			}
		}
	}
	out := make([]elgamal.Ciphertext, n)
	for i := range all {
		out[i] = all[i].Ciphertext()
	}
	return out
}

// VerifyEqual holds two tables against one another. The error wraps ErrDiffer
// and names the first part that differs.
func (t Table) VerifyEqual(o Table) error {
	parts := slices.AppendSeq(slices.Collect(maps.Keys(t)), maps.Keys(o))
	slices.SortFunc(parts, Part.compare)
	for _, p := range slices.Compact(parts) {
		a, b := t[p], o[p]
		if t.Ballots(p) != o.Ballots(p) {
			return fmt.Errorf("%w: contest %d, unit %d: %d and %d ballots", ErrDiffer, p.Contest, p.Unit, t.Ballots(p), o.Ballots(p))
		}
		// A part in a table has ballots, so both have the part.
		if len(a.options) != len(b.options) {
			return fmt.Errorf("%w: contest %d, unit %d: %d and %d options", ErrDiffer, p.Contest, p.Unit, len(a.options), len(b.options))
		}
		for i := range a.options {
			if !a.options[i].Ciphertext().Equal(b.options[i].Ciphertext()) {
				return fmt.Errorf("%w: contest %d, unit %d, option %d", ErrDiffer, p.Contest, p.Unit, i)
			}
		}
	}
	return nil
}
