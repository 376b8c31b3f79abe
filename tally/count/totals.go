// Package count adds up what was cast and turns decryption shares into a
// result: encrypted totals of merged units, the combination of shares, counts
// with labels.
//
// It reads a record.State and makes bodies of entries. It holds no key and
// appends nothing. SPEC.md, sections 12 and 14.
package count

import (
	"fmt"

	"rollcall/bulletin/entry"
	"rollcall/crypto/elgamal"
	"rollcall/tally/merge"
	"rollcall/tally/record"
)

// Totals adds up the cast ballots of an ended record, per contest and part.
func Totals(s *record.State) ([]entry.Part, error) {
	m := s.Manifest()
	ballots := s.CastBallots()
	cast := make([]uint64, len(m.Units))
	for i := range ballots {
		cast[ballots[i].Voter.Unit]++
	}
	var parts []entry.Part
	for c := range m.Contests {
		contest := &m.Contests[c]
		for _, p := range merge.Partition(m, contest, cast) {
			part := entry.Part{Contest: uint64(c), Units: p.Units, Ballots: p.Ballots}
			if p.Ballots >= m.Minimum {
				sums, err := sum(ballots, uint64(c), contest.Ciphertexts(), p.Units)
				if err != nil {
					return nil, err
				}
				part.Sums = elgamal.Encode(sums)
			}
			parts = append(parts, part)
		}
	}
	return parts, nil
}

// sum adds the ciphertexts of one contest over the ballots of some units.
func sum(ballots []record.Ballot, contest uint64, n int, units []uint64) ([]elgamal.Ciphertext, error) {
	in := map[uint64]bool{}
	for _, u := range units {
		in[u] = true
	}
	sums := make([]elgamal.Ciphertext, n)
	for i := range sums {
		sums[i] = elgamal.Zero()
	}
	for i := range ballots {
		if !in[ballots[i].Voter.Unit] {
			continue
		}
		for _, c := range ballots[i].Contests {
			if c.Contest != contest {
				continue
			}
			ciphertexts, err := elgamal.ParseCiphertexts(c.Ciphertexts, n)
			if err != nil {
				return nil, fmt.Errorf("ballot %d, contest %d: %w", ballots[i].Index, contest, err)
			}
			for j := range sums {
				sums[j] = sums[j].Add(ciphertexts[j])
			}
		}
	}
	return sums, nil
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
