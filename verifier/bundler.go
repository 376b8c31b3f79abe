package verifier

import (
	"context"
	"runtime"

	"rollcall/bulletin/tlog"
)

// How many entries one core works on at a time, and from how many bytes on they
// are enough: some hundreds of ballots, whose equations are checked as one. A
// ballot takes up to 30 KB while its equations are worked out, so this, times the
// shares, is most of the memory of a small verification. A bundle of nothing but
// roll has 16 MB, four times as much with its hints and decoded: then few bundles
// are judged at a time, one on up to four cores.
const (
	chunkEntries = 4 * tlog.TileWidth
	chunkBytes   = 4 << 20
)

// shares is how many of these are worked on at a time: one by each core, but more
// than two cores divide two, since memory must not grow with cores. Eight pay for it
// with a quarter more processor time a ballot: their sums are shorter.
func shares() int { return min(2, runtime.GOMAXPROCS(0)) }

// bundler gathers the stream of entries, and hands the judge enough for all cores at
// a time.
type bundler struct {
	judge  *judge
	size   uint64
	reader *hintReader

	entries []*prepared
	bytes   int
	hints   map[uint64][]byte // by bundle of the log
}

func newBundler(ctx context.Context, j *judge, size uint64) *bundler {
	b := &bundler{judge: j, size: size, hints: map[uint64][]byte{}}
	if !j.opts.NoHints {
		b.reader = newHintReader(ctx, j.source, size)
	}
	return b
}

// add takes the next entry, and has those before it judged if they are enough.
func (b *bundler) add(index uint64, raw []byte) error {
	if index%tlog.TileWidth == 0 {
		if len(b.entries) >= shares()*chunkEntries || b.bytes >= shares()*chunkBytes {
			b.flush(index)
		}
		if number := index / tlog.TileWidth; b.reader != nil {
			b.hints[number] = b.reader.bundle(number)
		}
	}
	b.entries = append(b.entries, &prepared{index: index, raw: raw})
	b.bytes += len(raw)
	if index+1 == b.size {
		b.flush(b.size)
	}
	return nil
}

// flush has all that has gathered judged: everything before the entry at done.
func (b *bundler) flush(done uint64) {
	if len(b.entries) == 0 {
		return
	}
	b.judge.bundle(b.entries, b.hints)
	b.entries, b.bytes = nil, 0
	clear(b.hints)
	if b.judge.opts.Progress != nil {
		b.judge.opts.Progress(done, b.size)
	}
}

// rest returns what is left of chunks from entry k of chunk i on. No chunk is cut
// anew: the decoders of one allocate together, and belong on one core.
func rest(chunks [][]*prepared, i, k int) [][]*prepared {
	return append([][]*prepared{chunks[i][k:]}, chunks[i+1:]...)
}

// share cuts entries into a chunk for each core, of much the same bytes: what an
// entry costs is in its points and scalars, and a ballot costs nine casts. Ballots
// come in waves, so chunks of the same number of entries would keep one core
// waiting for another.
func share(entries []*prepared, cores int) (chunks [][]*prepared) {
	left := 0
	for _, p := range entries {
		left += len(p.raw)
	}
	for ; len(entries) > 0; cores-- {
		n, bytes := 0, 0
		for n < len(entries) && (n == 0 || bytes*cores < left) {
			bytes += len(entries[n].raw)
			n++
		}
		chunks, entries, left = append(chunks, entries[:n]), entries[n:], left-bytes
	}
	return chunks
}
