package verifier

import (
	"context"
	"runtime"

	"rollcall/bulletin/tlog"
)

// How many entries one core works on at a time, and from how many bytes on they
// are enough: some hundreds of ballots, whose equations are checked as one. A
// chunk ends where a bundle of the log does, since hints come by the bundle. An
// entry takes up to 40 KB while its equations are worked out, so this, times the
// number of cores, is most of the memory of a small verification. A bundle of
// nothing but roll has 16 MB, four times as much with its hints and decoded: so
// many bytes are judged before there is a chunk for every core.
const (
	chunkEntries = 4 * tlog.TileWidth
	chunkBytes   = 4 << 20
)

// bundler cuts the stream of entries into chunks, and hands the judge as many at
// a time as there are cores.
type bundler struct {
	judge  *judge
	size   uint64
	reader *hintReader

	chunks [][]*prepared
	bytes  int               // of the last chunk
	all    int               // bytes of all chunks
	hints  map[uint64][]byte // by bundle of the log
}

func newBundler(ctx context.Context, j *judge, size uint64) *bundler {
	b := &bundler{judge: j, size: size, hints: map[uint64][]byte{}}
	if !j.opts.NoHints {
		b.reader = newHintReader(ctx, j.source, size)
	}
	return b
}

// add takes the next entry, and judges what has gathered if that is enough.
func (b *bundler) add(index uint64, raw []byte) error {
	if len(b.chunks) == 0 || b.full(index) {
		if cores := runtime.GOMAXPROCS(0); len(b.chunks) == cores || b.all >= cores*chunkBytes {
			b.flush(index)
		}
		b.chunks, b.bytes = append(b.chunks, nil), 0
	}
	if number := index / tlog.TileWidth; b.reader != nil && index%tlog.TileWidth == 0 {
		b.hints[number] = b.reader.bundle(number)
	}
	last := &b.chunks[len(b.chunks)-1]
	*last = append(*last, &prepared{index: index, raw: raw})
	b.bytes += len(raw)
	b.all += len(raw)
	if index+1 == b.size {
		b.flush(b.size)
	}
	return nil
}

// full reports whether the last chunk is complete before the entry at index.
func (b *bundler) full(index uint64) bool {
	last := b.chunks[len(b.chunks)-1]
	return index%tlog.TileWidth == 0 && (len(last) >= chunkEntries || b.bytes >= chunkBytes)
}

// flush has all that has gathered judged: everything before the entry at done.
func (b *bundler) flush(done uint64) {
	b.judge.bundle(b.chunks, b.hints)
	b.chunks, b.all = nil, 0
	clear(b.hints)
	if b.judge.opts.Progress != nil {
		b.judge.opts.Progress(done, b.size)
	}
}
