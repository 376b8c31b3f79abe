package verifier

import (
	"context"

	"rollcall/bulletin/entry"
	"rollcall/bulletin/hint"
	"rollcall/bulletin/tlog"
	"rollcall/crypto/group"
)

const (
	// hintsAhead is how many hint files are fetched at the same time, if they
	// have no more than hintBytes together.
	hintsAhead = 4
	hintBytes  = 4 << 20
	// maxMissed is how many files in a row may be missing before no more are
	// asked for: most boards have either nearly all or none.
	maxMissed = 3
)

// hintReader fetches the hints of bundles before they are needed. Nothing rests
// on them: an error is as good as an empty file.
type hintReader struct {
	ctx    context.Context
	source tlog.HintReader // nil where there are none
	full   uint64          // full bundles of the tree
	ahead  map[uint64]chan hintFile
	size   int // of the last file; at first it may be of roll
	missed int
}

// hintFile is what came of asking for a file. An empty one is no miss: a bundle of
// nothing but ticks has no points.
type hintFile struct {
	hints  []byte
	missed bool
}

// newHintReader returns a reader of the hints of the first size entries.
func newHintReader(ctx context.Context, source tlog.Reader, size uint64) *hintReader {
	r := &hintReader{ctx: ctx, full: size / tlog.TileWidth, ahead: map[uint64]chan hintFile{}, size: hintBytes}
	r.source, _ = source.(tlog.HintReader)
	return r
}

// bundle returns the hints of a bundle, nil if there are none. Bundles are asked
// for in ascending order.
func (r *hintReader) bundle(index uint64) []byte {
	if r.source == nil || r.missed >= maxMissed || index >= r.full {
		return nil
	}
	ahead := uint64(hintsAhead)
	if r.size > hintBytes/hintsAhead { // the next is likely to be as large
		ahead = 1
	}
	for i := index; i < min(index+ahead, r.full); i++ {
		if r.ahead[i] != nil {
			continue
		}
		c := make(chan hintFile, 1)
		r.ahead[i] = c
		go func() {
			hints, err := r.source.Hints(r.ctx, i)
			c <- hintFile{hints, err != nil}
		}()
	}
	file := <-r.ahead[index]
	delete(r.ahead, index)
	if !file.missed {
		r.missed, r.size = 0, len(file.hints)
		return file.hints
	}
	r.missed++
	return nil
}

// giveHints hands the hints of bundles out to their entries. A bundle of which
// the reader was not given every entry goes without.
func giveHints(entries []*prepared, bundles map[uint64][]byte) {
	for len(entries) > 0 {
		number := entries[0].index / tlog.TileWidth
		n := 1
		for n < len(entries) && entries[n].index/tlog.TileWidth == number {
			n++
		}
		if hints := bundles[number]; hints != nil && n == tlog.TileWidth {
			decoded := make([]*entry.Entry, n)
			for i, p := range entries[:n] {
				decoded[i] = p.entry
			}
			for i, of := range hint.Split(hints, decoded) {
				entries[i].hints = of
			}
		}
		entries = entries[n:]
	}
}

// decodeAhead decodes the points of entries that were given no hints, all
// together, since that costs less. They stay in memory as long as any of them
// does: a chunk of the roll, which has thousands and keeps one, is left out.
func decodeAhead(entries []*prepared) {
	var without []*prepared
	var decoded []*entry.Entry
	for _, p := range entries {
		if p.entry != nil && p.hints == nil && p.entry.Kind() != entry.KindRoll {
			without, decoded = append(without, p), append(decoded, p.entry)
		}
	}
	ahead := group.DecodeAhead(hint.Count(decoded...), hint.Points(decoded...))
	for _, p := range without {
		n := hint.Count(p.entry)
		p.ahead, ahead = ahead[:n], ahead[n:]
	}
}
