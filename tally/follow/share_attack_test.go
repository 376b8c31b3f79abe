package follow_test

import (
	"errors"
	"math/rand/v2"
	"slices"
	"testing"

	"rollcall/bulletin/entry"
	"rollcall/crypto/threshold"
	"rollcall/internal/election"
	"rollcall/tally/count"
)

// TestShareClosed is a trustee and a board that work together: the board takes
// a share-end of the trustee for another end, which closes the share as an
// invalid one (SPEC.md, section 14), and then a right one, which is void. An
// authority that believed the second would name the trustee in its result, and
// the election would fail by V16 for ever, by the authority's own signature,
// though enough others have decrypted.
func TestShareClosed(t *testing.T) {
	ctx := t.Context()
	e, err := election.New(ctx, election.Small(t.TempDir()))
	must(t, err)
	t.Cleanup(func() { must(t, e.Close()) })
	must(t, e.Ceremony(ctx))
	must(t, e.Open(ctx))
	must(t, e.Run(ctx, election.RandomVotes(e.Manifest, e.Voters, rand.New(rand.NewPCG(1, 2)))))
	must(t, e.End(ctx))

	l := newLax(t, e, e.Board.Log().Size())
	parts, _ := e.Door.State().Totals()
	sums, _, err := count.Sums(e.Manifest, parts)
	must(t, err)
	end, _ := e.Door.State().End()
	root, err := e.Board.Log().RootAt(ctx, end+1)
	must(t, err)
	// share posts a trustee's chunk and returns its right share-end.
	share := func(trustee int) *entry.ShareEnd {
		s := e.Shares[trustee-1]
		points, proof, err := threshold.Prove(count.ShareStatement(e.Hash, s.Public, sums, end, root, uint64(trustee)), s.Secret)
		must(t, err)
		chunks := count.ShareChunks(points)
		if len(chunks) != 1 {
			t.Fatal("more than one chunk")
		}
		made, err := entry.Sign(&entry.Share{Trustee: uint64(trustee), Points: chunks[0]}, e.Hash[:], e.Signing[trustee-1])
		l.append(made, err)
		leaf := made.LeafHash()
		return &entry.ShareEnd{Trustee: uint64(trustee), End: end, Root: root[:], Chunks: leaf[:], Proof: proof}
	}
	for trustee := 1; trustee <= 3; trustee++ {
		right, key := share(trustee), e.Signing[trustee-1]
		if trustee == 1 {
			wrong := *right
			wrong.End--
			unsigned := wrong
			l.append(entry.Sign(&unsigned, e.Hash[:], e.Signing[1])) // by another trustee: closes nothing
			incomplete := wrong
			incomplete.Chunks = slices.Concat(wrong.Chunks, make([]byte, 32))
			l.append(entry.Sign(&incomplete, e.Hash[:], key)) // names a chunk that is not there: closes nothing
			_, err = l.follow.Update(ctx)
			must(t, err)
			if n := len(l.follow.State().Shares()); n != 0 {
				t.Fatalf("%d shares are closed", n)
			}
			l.append(entry.Sign(&wrong, e.Hash[:], key))
		}
		l.append(entry.Sign(right, e.Hash[:], key))
	}
	_, err = l.follow.Update(ctx)
	must(t, err)
	counted, err := count.Result(l.follow.State(), root)
	must(t, err)
	if !slices.Equal(counted.Trustees, []uint64{2, 3}) {
		t.Errorf("the result is combined from trustees %d, the share of 1 is void", counted.Trustees)
	}
	if len(counted.Bad) != 1 || counted.Bad[0].Trustee != 1 || errors.Is(counted.Bad[0].Err, count.ErrShares) {
		t.Errorf("bad shares %v, want that of trustee 1", counted.Bad)
	}
}

// TestShareOfOtherChunks has two variants of one chunk and a share-end that
// names the second, which no honest door takes: it counts as the verifier says.
func TestShareOfOtherChunks(t *testing.T) {
	ctx := t.Context()
	e, err := election.New(ctx, election.Small(t.TempDir()))
	must(t, err)
	t.Cleanup(func() { must(t, e.Close()) })
	must(t, e.Ceremony(ctx))
	must(t, e.Open(ctx))
	must(t, e.Run(ctx, election.RandomVotes(e.Manifest, e.Voters, rand.New(rand.NewPCG(1, 2)))))
	must(t, e.End(ctx))
	l := newLax(t, e, e.Board.Log().Size())
	end, _ := e.Door.State().End()
	chunk := func(b byte) [32]byte {
		points := make([]byte, 32)
		points[31] = b
		made, err := entry.Sign(&entry.Share{Trustee: 1, Points: points}, e.Hash[:], e.Signing[0])
		l.append(made, err)
		return made.LeafHash()
	}
	chunk(1)
	second := chunk(2)
	l.append(entry.Sign(&entry.ShareEnd{Trustee: 1, End: end, Root: make([]byte, 32), Chunks: second[:], Proof: make([]byte, 128)}, e.Hash[:], e.Signing[0]))
	_, err = l.follow.Update(ctx)
	must(t, err)
	if s, ok := l.follow.State().Shares()[1]; !ok || len(s.Points) != 32 || s.Points[31] != 2 {
		t.Errorf("share %+v, want the second chunk's", s)
	}
}
