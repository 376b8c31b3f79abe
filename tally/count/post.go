package count

import (
	"context"
	"fmt"
	"slices"

	"rollcall/bulletin/entry"
	"rollcall/crypto/group"
	"rollcall/crypto/schnorr"
	"rollcall/tally/record"
)

// sharePoints is how many partial decryptions one share entry holds.
const sharePoints = 1900

// ShareChunks encodes partial decryptions, 32 bytes each, in pieces that fit
// into one entry.
func ShareChunks(points []*group.Point) [][]byte {
	var chunks [][]byte
	for piece := range slices.Chunk(points, sharePoints) {
		var b []byte
		for _, p := range piece {
			b = append(b, p.Bytes()...)
		}
		chunks = append(chunks, b)
	}
	return chunks
}

// PostResult signs and posts a result with the authority's key. Chunks that are
// there from an earlier try are not posted again.
func PostResult(ctx context.Context, s *record.State, c *Counted, authority *schnorr.SecretKey, post func(context.Context, []byte) (uint64, error)) error {
	hash := s.Hash()
	hashes := s.PostedResult()
	for i, chunk := range ResultChunks(c.Parts) {
		if i < len(hashes)/32 {
			continue
		}
		e, err := entry.Sign(&entry.Result{Chunk: uint64(i), Parts: chunk}, hash[:], authority)
		if err != nil {
			return fmt.Errorf("result, chunk %d: %w", i, err)
		}
		if _, err := post(ctx, e.Bytes()); err != nil {
			return fmt.Errorf("result, chunk %d: %w", i, err)
		}
		leaf := e.LeafHash()
		hashes = append(hashes, leaf[:]...)
	}
	end, _ := s.End()
	e, err := entry.Sign(&entry.ResultEnd{End: end, Trustees: c.Trustees, Chunks: hashes}, hash[:], authority)
	if err != nil {
		return err
	}
	_, err = post(ctx, e.Bytes())
	return err
}
