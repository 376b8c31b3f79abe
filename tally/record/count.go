package record

import (
	"fmt"
	"slices"

	"rollcall/bulletin/entry"
	"rollcall/crypto/elgamal"
	"rollcall/crypto/group"
)

// count is what follows the end. Guarded by State.mu.
type count struct {
	end uint64 // index of the valid end

	totals      []entry.Part
	totalChunks [][32]byte
	totalsEnded bool

	shares map[uint64]*Share
	posted map[uint64]map[[32]byte]*entry.Share // chunks of shares that are not complete, by leaf hash

	result       []entry.ResultPart
	resultChunks [][32]byte
	resultEnd    *entry.ResultEnd
	resultIndex  uint64 // of resultEnd
}

// Share is what one trustee has posted of its partial decryptions.
type Share struct {
	Points []byte
	End    *entry.ShareEnd // nil until it is complete
	chunks [][32]byte
}

func (s *State) judgeCount(e *entry.Entry) ([]string, error) {
	k := e.Kind()
	c := &s.count
	if b, ok := e.Body.(*entry.AuditList); ok { // totals or not
		return s.judgeAuditList(b)
	}
	if (k == entry.KindTotals || k == entry.KindTotalsEnd) == c.totalsEnded {
		return nil, refuse(k, ErrPhase, "totals are complete: %v", c.totalsEnded)
	}
	if (k == entry.KindResult || k == entry.KindResultEnd) && s.phase == PhaseCounted {
		return nil, refuse(k, ErrDuplicate, "the result is complete")
	}
	switch b := e.Body.(type) {
	case *entry.Totals:
		for i := range b.Parts {
			if err := s.checkPart(&b.Parts[i]); err != nil {
				return nil, refuse(k, ErrContent, "parts[%d].%v", i, err)
			}
		}
		return nextChunk(k, b.Chunk, c.totalChunks, "totals")
	case *entry.TotalsEnd:
		return lastChunk(k, b.End, c.end, b.Chunks, c.totalChunks, "totals")
	case *entry.Share:
		share := s.share(b.Trustee)
		if share.End != nil {
			return nil, refuse(k, ErrDuplicate, "trustee %d's share is complete", b.Trustee)
		}
		if have := len(share.Points) + len(b.Points); have > c.shareSize() {
			return nil, refuse(k, ErrContent, "points: %d bytes with the chunks before it, the share has %d", have, c.shareSize())
		}
		return nextChunk(k, b.Chunk, share.chunks, fmt.Sprintf("share/%d", b.Trustee))
	case *entry.ShareEnd:
		share := s.share(b.Trustee)
		if share.End != nil {
			return nil, refuse(k, ErrDuplicate, "trustee %d's share is complete", b.Trustee)
		}
		return lastChunk(k, b.End, c.end, b.Chunks, share.chunks, fmt.Sprintf("share/%d", b.Trustee))
	case *entry.Result:
		return nextChunk(k, b.Chunk, c.resultChunks, "result")
	case *entry.ResultEnd:
		return lastChunk(k, b.End, c.end, b.Chunks, c.resultChunks, "result")
	}
	return nil, refuse(k, ErrPhase, "the election is %v", s.phase)
}

// checkPart holds that a part of the totals speaks of what the manifest has, so
// that it can be counted and labelled. Whether it is right, nobody takes on
// trust: the verifier adds up anew.
func (s *State) checkPart(p *entry.Part) error {
	if p.Contest >= uint64(len(s.manifest.Contests)) {
		return fmt.Errorf("contest: there is no contest %d", p.Contest)
	}
	for _, u := range p.Units {
		if u >= uint64(len(s.manifest.Units)) {
			return fmt.Errorf("units: there is no unit %d", u)
		}
	}
	if want := elgamal.CiphertextSize * s.manifest.Contests[p.Contest].Ciphertexts(); len(p.Sums) != 0 && len(p.Sums) != want {
		return fmt.Errorf("sums: %d bytes, want %d or none", len(p.Sums), want)
	}
	return nil
}

// shareSize is how many bytes of points one trustee's share has.
func (c *count) shareSize() int {
	n := 0
	for i := range c.totals {
		n += len(c.totals[i].Sums) / elgamal.CiphertextSize
	}
	return n * group.PointSize
}

func (s *State) share(trustee uint64) *Share {
	if share := s.count.shares[trustee]; share != nil {
		return share
	}
	return &Share{}
}

func nextChunk(k entry.Kind, chunk uint64, have [][32]byte, claim string) ([]string, error) {
	if chunk != uint64(len(have)) {
		return nil, refuse(k, ErrContent, "chunk %d, the next is %d", chunk, len(have))
	}
	return []string{fmt.Sprintf("%s/%d", claim, chunk)}, nil
}

func lastChunk(k entry.Kind, end, want uint64, hashes []byte, have [][32]byte, claim string) ([]string, error) {
	if end != want {
		return nil, refuse(k, ErrContent, "end: %d, the valid end is %d", end, want)
	}
	if !slices.Equal(hashes, joinHashes(have)) {
		return nil, refuse(k, ErrContent, "chunks: not the leaf hashes of the %d chunks", len(have))
	}
	return []string{claim + "/end"}, nil
}

func (s *State) applyCount(e *entry.Entry) {
	c := &s.count
	switch b := e.Body.(type) {
	case *entry.Totals:
		c.totals, c.totalChunks = append(c.totals, b.Parts...), append(c.totalChunks, e.LeafHash())
	case *entry.TotalsEnd:
		c.totalsEnded = true
	case *entry.Share:
		share := s.share(b.Trustee)
		share.Points, share.chunks = append(share.Points, b.Points...), append(share.chunks, e.LeafHash())
		c.keep(e, b)
		c.shares[b.Trustee] = share
	case *entry.ShareEnd:
		share := s.share(b.Trustee)
		share.End = b
		c.shares[b.Trustee] = share
		delete(c.posted, b.Trustee)
	case *entry.Result:
		c.result, c.resultChunks = append(c.result, b.Parts...), append(c.resultChunks, e.LeafHash())
	case *entry.ResultEnd:
		c.resultEnd, c.resultIndex, s.phase = b, s.next, PhaseCounted
	case *entry.AuditList:
		s.audit.opened = s.next
	}
}

// End returns the index of the valid end entry; ok is false before there is
// one.
func (s *State) End() (index uint64, ok bool) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.count.end, s.phase >= PhaseEnded
}

// Totals returns the parts of the totals; ok is false before they are
// complete.
func (s *State) Totals() (parts []entry.Part, ok bool) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.count.totals, s.count.totalsEnded
}

// PostedTotals returns the leaf hashes of the totals chunks that are there.
func (s *State) PostedTotals() []byte {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return joinHashes(s.count.totalChunks)
}

// PostedResult returns the leaf hashes of the result chunks that are there.
func (s *State) PostedResult() []byte {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return joinHashes(s.count.resultChunks)
}

// PostedShare returns the leaf hashes of a trustee's share chunks that are
// there, and whether its share is complete.
func (s *State) PostedShare(trustee uint64) (hashes []byte, complete bool) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	share := s.share(trustee)
	return joinHashes(share.chunks), share.End != nil
}

// Shares returns the complete shares, by trustee.
func (s *State) Shares() map[uint64]Share {
	s.mu.RLock()
	defer s.mu.RUnlock()
	list := map[uint64]Share{}
	for i, share := range s.count.shares {
		if share.End != nil {
			list[i] = *share
		}
	}
	return list
}

// Result returns the parts of the result, its last entry and that entry's
// index; ok is false before it is complete.
func (s *State) Result() (parts []entry.ResultPart, end *entry.ResultEnd, index uint64, ok bool) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.count.result, s.count.resultEnd, s.count.resultIndex, s.phase == PhaseCounted
}
