package count

import (
	"errors"
	"fmt"
	"slices"

	"rollcall/bulletin/entry"
	"rollcall/crypto/dkg"
	"rollcall/crypto/elgamal"
	"rollcall/crypto/group"
	"rollcall/crypto/threshold"
	"rollcall/tally/record"
)

// ErrShares says that fewer valid shares are there than are needed.
var ErrShares = errors.New("not enough valid shares")

// BadShare names a trustee whose share is not used, and why.
type BadShare struct {
	Trustee uint64
	Err     error
}

// Counted is a decrypted result.
type Counted struct {
	Parts    []entry.ResultPart
	Trustees []uint64 // whose shares were combined, ascending
	Bad      []BadShare
}

// Sums returns all ciphertexts of the totals that are to be decrypted, in
// order, and the greatest number each can hold.
func Sums(m *entry.Manifest, parts []entry.Part) (sums []elgamal.Ciphertext, most []uint64, err error) {
	for i := range parts {
		if len(parts[i].Sums) == 0 {
			continue
		}
		n := m.Contests[parts[i].Contest].Ciphertexts()
		list, err := elgamal.ParseSums(parts[i].Sums, n)
		if err != nil {
			return nil, nil, fmt.Errorf("totals, part %d: %w", i, err)
		}
		sums = append(sums, list...)
		most = append(most, slices.Repeat([]uint64{parts[i].Ballots}, n)...)
	}
	return sums, most, nil
}

// ShareStatement returns what a trustee's decryption proof speaks of.
func ShareStatement(hash [entry.HashSize]byte, keys *dkg.Result, sums []elgamal.Ciphertext, end uint64, root [32]byte, trustee uint64) *threshold.Statement {
	alphas := make([]*group.Point, len(sums))
	for i := range sums {
		alphas[i] = sums[i].Alpha
	}
	return &threshold.Statement{
		ElectionHash: hash, Key: keys.JointKey, End: end, Root: root, Trustee: trustee,
		VerificationShare: keys.VerificationShares[trustee-1], Alphas: alphas,
	}
}

// Result combines the valid shares of a record and decrypts its totals. root
// is that of the tree that ends with the end entry. An invalid share is
// ignored and named; with too few valid ones the error wraps ErrShares.
func Result(s *record.State, root [32]byte) (*Counted, error) {
	m, hash := s.Manifest(), s.Hash()
	parts, ok := s.Totals()
	if !ok {
		return nil, errors.New("the totals are not posted yet: the board does that once the election has ended")
	}
	sums, most, err := Sums(m, parts)
	if err != nil {
		return nil, err
	}
	counted := &Counted{}
	var votes []uint64
	if len(sums) > 0 {
		keys, err := Ceremony(s, s.OpenAttempt())
		if err != nil {
			return nil, fmt.Errorf("key ceremony: %w", err)
		}
		shares := counted.validShares(s, hash, keys, sums, root)
		if uint64(len(counted.Trustees)) < m.Threshold {
			return counted, fmt.Errorf("%w: %d of %d needed", ErrShares, len(counted.Trustees), m.Threshold)
		}
		counted.Trustees = counted.Trustees[:m.Threshold]
		if votes, err = decrypt(keys.JointKey, sums, most, counted.Trustees, shares); err != nil {
			return nil, err
		}
	}
	counted.Parts = label(m, parts, votes)
	return counted, nil
}

// validShares fills in Trustees and Bad and returns the partial decryptions of
// the valid ones.
func (c *Counted) validShares(s *record.State, hash [entry.HashSize]byte, keys *dkg.Result, sums []elgamal.Ciphertext, root [32]byte) map[uint64][]*group.Point {
	end, _ := s.End()
	shares := map[uint64][]*group.Point{}
	posted := s.Shares()
	for i := uint64(1); i <= uint64(len(keys.VerificationShares)); i++ {
		share, ok := posted[i]
		if !ok {
			continue
		}
		points, err := threshold.ParseShares(share.Points, len(sums))
		if err == nil && (share.End.End != end || [32]byte(share.End.Root) != root) {
			err = errors.New("made for another tree")
		}
		if err == nil {
			err = threshold.Verify(ShareStatement(hash, keys, sums, end, root, i), points, share.End.Proof)
		}
		if err != nil {
			c.Bad = append(c.Bad, BadShare{i, err})
			continue
		}
		shares[i] = points
		c.Trustees = append(c.Trustees, i)
	}
	return shares
}

// decrypt combines shares and takes the discrete logarithms.
func decrypt(key *group.Point, sums []elgamal.Ciphertext, most []uint64, trustees []uint64, shares map[uint64][]*group.Point) ([]uint64, error) {
	table, err := group.NewLogTable(key)
	if err != nil {
		return nil, err
	}
	votes := make([]uint64, len(sums))
	column := make([]*group.Point, len(trustees))
	for i := range sums {
		for j, t := range trustees {
			column[j] = shares[t][i]
		}
		point, err := threshold.Combine(sums[i].Beta, trustees, column)
		if err != nil {
			return nil, fmt.Errorf("sum %d: %w", i, err)
		}
		if votes[i], err = table.VarTimeLog(point, most[i]); err != nil {
			return nil, fmt.Errorf("sum %d: %w", i, err)
		}
	}
	return votes, nil
}

// label gives counts the manifest's names: SPEC.md, section 14.
func label(m *entry.Manifest, parts []entry.Part, votes []uint64) []entry.ResultPart {
	out := make([]entry.ResultPart, len(parts))
	for i := range parts {
		p := &parts[i]
		contest := &m.Contests[p.Contest]
		r := entry.ResultPart{Contest: contest.ID, Ballots: p.Ballots}
		for _, u := range p.Units {
			r.Units = append(r.Units, m.Units[u].ID)
		}
		n := contest.Ciphertexts()
		mine := make([]uint64, n) // zeros for a part without ballots
		if len(p.Sums) > 0 {
			mine, votes = votes[:n], votes[n:]
		}
		if len(p.Sums) > 0 || p.Ballots == 0 {
			var given uint64
			for j := range mine {
				id := entry.NoneID
				if j < len(contest.Options) {
					id = contest.Options[j].ID
				}
				r.Options = append(r.Options, entry.OptionCount{Option: id, Votes: mine[j]})
				given += mine[j]
			}
			r.Undervotes = contest.Limit*p.Ballots - given
			if contest.Limit == 1 {
				r.Undervotes = mine[n-1]
			}
		}
		out[i] = r
	}
	return out
}

// ResultChunks splits a result so that each chunk fits into one entry.
func ResultChunks(parts []entry.ResultPart) [][]entry.ResultPart {
	return split(parts, func(p entry.ResultPart) int { return 112 + 45*len(p.Units) + 52*len(p.Options) })
}
