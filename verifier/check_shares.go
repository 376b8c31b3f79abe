package verifier

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"rollcall/bulletin/entry"
	"rollcall/bulletin/tlog"
	"rollcall/crypto/group"
	"rollcall/crypto/threshold"
)

// shareState is the partial decryptions, by trustee from 1.
type shareState struct {
	trustees map[uint64]*trusteeShare
	alphas   []*group.Point // of all sums, in the order of the totals
	fresh    batch          // proofs that are not checked yet
}

// trusteeShare is what one trustee posted: chunks by leaf hash, and the share
// once it is closed.
type trusteeShare struct {
	chunks map[tlog.Hash]*entry.Share
	closed bool
	err    error          // why the share is not valid
	points []*group.Point // of a valid share
}

func (j *judge) trustee(i uint64) *trusteeShare {
	t := j.share.trustees[i]
	if t == nil {
		t = &trusteeShare{chunks: map[tlog.Hash]*entry.Share{}}
		j.share.trustees[i] = t
	}
	return t
}

// takeShare keeps a chunk until the trustee closes its share.
func (j *judge) takeShare(p *prepared, s *entry.Share) {
	if err := j.signedBy(p); err != nil {
		j.void(p, v15, "%w", err)
		return
	}
	t := j.trustee(s.Trustee)
	if t.closed {
		j.void(p, v15, "trustee %d has closed its share before", s.Trustee)
		return
	}
	t.chunks[p.leaf] = s
}

// takeShareEnd closes and judges a trustee's share.
func (j *judge) takeShareEnd(p *prepared, end *entry.ShareEnd) {
	if err := j.signedBy(p); err != nil {
		j.void(p, v15, "%w", err)
		return
	}
	t := j.trustee(end.Trustee)
	if t.closed {
		j.void(p, v15, "trustee %d has closed its share before", end.Trustee)
		return
	}
	points, err := t.gather(end.Chunks)
	if err != nil {
		j.void(p, v15, "%w", err)
		return
	}
	t.closed, t.chunks = true, nil
	if j.totals.broken || j.shares == nil {
		t.err = errors.New("can not be judged")
		return
	}
	path := fmt.Sprintf("share of trustee %d (entry %d)", end.Trustee, p.index)
	shares, equations, err := j.openShare(end, points)
	if err != nil {
		t.err = fmt.Errorf("%s: %w", path, err)
		return
	}
	t.points = shares
	j.share.fresh.add(equations, func(err error) {
		if err != nil {
			t.points, t.err = nil, fmt.Errorf("%s: %w", path, err)
		}
	})
}

// checkV15 checks the proofs of the shares that were closed lately, together. It
// must be called before anything rests on a share.
func (j *judge) checkV15() {
	j.share.fresh.check(j.joint, j.opts.OneByOne)
	j.share.fresh = batch{}
}

// gather puts the chunks that a share-end names together. Chunks that were
// posted twice are told apart by their hashes.
func (t *trusteeShare) gather(hashes []byte) ([]byte, error) {
	if len(hashes)%32 != 0 {
		return nil, fmt.Errorf("chunks: %d bytes are no multiple of 32", len(hashes))
	}
	var points []byte
	for i := uint64(0); len(hashes) > 0; i++ {
		c, ok := t.chunks[tlog.Hash(hashes[:32])]
		if !ok || c.Chunk != i {
			return nil, fmt.Errorf("chunk %d was not posted", i)
		}
		points = append(points, c.Points...)
		hashes = hashes[32:]
	}
	return points, nil
}

// openShare returns the points of a share and what must hold for them to be
// right, or why they can not be.
func (j *judge) openShare(end *entry.ShareEnd, points []byte) ([]*group.Point, []group.Equation, error) {
	root := j.log.roots[j.endIndex+1]
	if end.End != j.endIndex || tlog.Hash(end.Root) != root {
		return nil, nil, errors.New("was made for another record: end or root differ")
	}
	if j.share.alphas == nil {
		for _, part := range j.totals.parts {
			for _, c := range part.sums {
				j.share.alphas = append(j.share.alphas, c.Alpha)
			}
		}
	}
	shares, err := threshold.ParseShares(points, len(j.share.alphas))
	if err != nil {
		return nil, nil, err
	}
	st := &threshold.Statement{
		ElectionHash:      j.hash,
		Key:               j.joint,
		End:               end.End,
		Root:              root,
		Trustee:           end.Trustee,
		VerificationShare: j.shares[end.Trustee-1],
		Alphas:            j.share.alphas,
	}
	equations, err := threshold.Equations(st, shares, end.Proof)
	return shares, equations, err
}

// sums returns how many ciphertexts of the totals are to be decrypted.
func (s *totalsState) sums() int {
	n := 0
	for _, p := range s.parts {
		n += len(p.sums)
	}
	return n
}

// finishShares sums up V15: enough shares are valid. Others are named. If the
// record was not read as a whole, there may be more of them.
func (j *judge) finishShares(whole bool) {
	if j.phase < phaseCounted {
		return
	}
	switch {
	case j.totals.broken:
		j.skip("not judged, since the totals can not be read (V14)", v15, v16)
		return
	case j.shares == nil:
		j.skip("not judged, since the trustees' keys are not known (V02, V03)", v15, v16)
		return
	}
	j.pass(v15)
	var valid, open, bad []string
	for i := range j.manifest.Trustees {
		name := fmt.Sprint(i + 1)
		switch t := j.share.trustees[uint64(i)+1]; {
		case t == nil || !t.closed:
			open = append(open, name)
		case t.err == nil:
			valid = append(valid, name)
		default:
			bad = append(bad, t.err.Error())
		}
	}
	k := int(j.manifest.Threshold)
	switch {
	case j.totals.sums() == 0:
		j.note(v15, "there is nothing to decrypt")
	case len(valid) >= k:
		j.note(v15, "valid shares: %d, by trustees %s; needed: %d", len(valid), strings.Join(valid, ", "), k)
	case whole && j.phase == phaseDone || len(valid)+len(open) < k:
		err := fmt.Errorf("%d valid shares, %d are needed", len(valid), k)
		if len(bad) > 0 {
			err = fmt.Errorf("%w: %s", err, strings.Join(bad, ", "))
		}
		j.fail(v15, err)
		return
	default:
		j.skip(fmt.Sprintf("%d valid shares so far, %d are needed", len(valid), k), v15)
	}
	if len(bad) > 0 {
		j.note(v15, "ignored: %s", strings.Join(bad, ", "))
	}
}

// validShare returns the points of a trustee's valid share, or nil.
func (j *judge) validShare(trustee uint64) []*group.Point {
	if t := j.share.trustees[trustee]; t != nil && t.closed && t.err == nil {
		return t.points
	}
	return nil
}

// combiners returns the shares of the trustees that a result names: at least
// k, ascending, all valid. If a named one may have closed its share where the record
// could not be read, it returns the shares of others, since those of any k decrypt
// to the same, and nil if there are not so many.
func (j *judge) combiners(trustees []uint64, whole bool) ([]uint64, [][]*group.Point, error) {
	if j.totals.sums() == 0 {
		if len(trustees) > 0 {
			return nil, nil, errors.New("names trustees where nothing was decrypted")
		}
		return nil, nil, nil
	}
	if !slices.IsSorted(trustees) || len(slices.Compact(slices.Clone(trustees))) != len(trustees) {
		return nil, nil, errors.New("trustees are not ascending")
	}
	if k := j.manifest.Threshold; uint64(len(trustees)) < k {
		return nil, nil, fmt.Errorf("names %d trustees, %d are needed", len(trustees), k)
	}
	var shares [][]*group.Point
	for _, i := range trustees {
		points := j.validShare(i)
		if points == nil && (whole || !j.mayFollow(i)) {
			return nil, nil, fmt.Errorf("trustee %d has no valid share", i)
		}
		shares = append(shares, points)
	}
	if slices.ContainsFunc(shares, func(points []*group.Point) bool { return points == nil }) {
		trustees, shares = j.anyCombiners()
	}
	return trustees, shares, nil
}

// mayFollow reports whether a trustee has not closed a share.
func (j *judge) mayFollow(trustee uint64) bool {
	t := j.share.trustees[trustee]
	return trustee >= 1 && trustee <= uint64(len(j.manifest.Trustees)) && (t == nil || !t.closed)
}

// anyCombiners returns the first k valid shares, if there are k.
func (j *judge) anyCombiners() (trustees []uint64, shares [][]*group.Point) {
	for i := uint64(1); i <= uint64(len(j.manifest.Trustees)); i++ {
		if points := j.validShare(i); points != nil {
			trustees, shares = append(trustees, i), append(shares, points)
		}
		if uint64(len(shares)) == j.manifest.Threshold {
			return trustees, shares
		}
	}
	return nil, nil
}
