package record

import "rollcall/bulletin/entry"

// SkipSigned is Skip for an entry that Verify has passed and Judge has refused.
// It is as void as any, but for what SPEC.md, section 14, makes of a share and a
// share-end that no honest door takes: chunks count in whatever order they were
// posted, and the first share-end whose chunks are all there closes the share,
// for another end too. What the trustee posts later is void, so a follower that
// did not look would believe a share that no verifier does.
func (s *State) SkipSigned(e *entry.Entry) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.count.totalsEnded {
		switch b := e.Body.(type) {
		case *entry.Share:
			s.count.keep(e, b)
		case *entry.ShareEnd:
			s.closeShare(b)
		}
	}
	s.pass(e.LeafHash())
}

// keep remembers a share chunk by its leaf hash until the share is complete.
func (c *count) keep(e *entry.Entry, b *entry.Share) {
	if share := c.shares[b.Trustee]; share != nil && share.End != nil {
		return
	}
	if c.posted[b.Trustee] == nil {
		c.posted[b.Trustee] = map[[32]byte]*entry.Share{}
	}
	c.posted[b.Trustee][e.LeafHash()] = b
}

// closeShare closes the share of a trustee with the chunks that a share-end
// names, if they are all there.
func (s *State) closeShare(b *entry.ShareEnd) {
	if s.share(b.Trustee).End != nil || len(b.Chunks)%32 != 0 {
		return
	}
	closed := &Share{End: b}
	for at := 0; at < len(b.Chunks); at += 32 {
		leaf := [32]byte(b.Chunks[at : at+32])
		chunk := s.count.posted[b.Trustee][leaf]
		if chunk == nil || chunk.Chunk != uint64(at/32) {
			return
		}
		closed.Points, closed.chunks = append(closed.Points, chunk.Points...), append(closed.chunks, leaf)
	}
	s.count.shares[b.Trustee] = closed
	delete(s.count.posted, b.Trustee)
}
