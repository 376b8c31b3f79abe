// Package count adds up what was cast and turns decryption shares into a
// result: encrypted totals of merged units, the combination of shares, counts
// with labels.
//
// It reads a record.State and makes bodies of entries. It holds no key and
// appends nothing. SPEC.md, sections 12 and 14.
package count

import (
	"fmt"
	"runtime"

	"rollcall/bulletin/entry"
	"rollcall/crypto/elgamal"
	"rollcall/tally/merge"
	"rollcall/tally/record"
	"rollcall/tally/sums"
)

// Totals adds up the cast ballots of an ended record, per contest and part, on
// all processors. Ballots have been added up once before, when they were cast:
// an error that wraps sums.ErrDiffer says that the two do not agree, and then
// nothing may be posted.
func Totals(s *record.State) ([]entry.Part, error) {
	before, err := s.Sums()
	if err != nil {
		return nil, err
	}
	table, err := sums.Of(runtime.GOMAXPROCS(0), s.CastBallots(), nil)
	if err != nil {
		return nil, fmt.Errorf("adding up cast ballots: %w", err)
	}
	if err := table.VerifyEqual(before); err != nil {
		return nil, fmt.Errorf("added up at the close and when they were cast: %w", err)
	}
	m := s.Manifest()
	var parts []entry.Part
	for c := range m.Contests {
		contest := &m.Contests[c]
		cast := make([]uint64, len(m.Units))
		for _, u := range contest.Units {
			cast[u] = table.Ballots(sums.Part{Contest: uint64(c), Unit: u})
		}
		for _, p := range merge.Partition(m, contest, cast) {
			part := entry.Part{Contest: uint64(c), Units: p.Units, Ballots: p.Ballots}
			if p.Ballots >= m.Minimum {
				part.Sums = elgamal.Encode(table.Over(uint64(c), contest.Ciphertexts(), p.Units))
			}
			parts = append(parts, part)
		}
	}
	return parts, nil
}

// chunkBytes is how many bytes of one chunk are used, with room for the
// envelope.
const chunkBytes = 60000

// Chunks splits parts so that each chunk fits into one entry.
func Chunks(parts []entry.Part) [][]entry.Part {
	return split(parts, func(p entry.Part) int { return len(p.Sums) + 5*len(p.Units) + 64 })
}

// split cuts a list so that the sizes in each piece add up to at most
// chunkBytes.
func split[T any](list []T, size func(T) int) [][]T {
	var chunks [][]T
	used := 0
	for _, item := range list {
		n := size(item)
		if len(chunks) == 0 || used+n > chunkBytes {
			chunks, used = append(chunks, nil), 0
		}
		last := len(chunks) - 1
		chunks[last] = append(chunks[last], item)
		used += n
	}
	return chunks
}
