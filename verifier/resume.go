package verifier

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"rollcall/bulletin/tlog"
)

// resume makes the log ready to go on from a saved state, or to begin: size is
// that of the board now. An older checkpoint whose hash tiles could not be fetched
// keeps nothing else from judgement; the error says that one is wrong.
func (j *judge) resume(ctx context.Context, size uint64) error {
	l := j.log
	from := l.builder.Size()
	l.before = from
	l.tiles = tlog.ResumeTileChecker(ctx, j.source, size, from, l.kept.edge)
	// Older checkpoints may be older than the state, which has only one root.
	hashes := tlog.NewHashReader(j.source, size)
	for _, old := range slices.Sorted(maps.Keys(l.roots)) {
		if old == 0 || old >= from || l.roots[old] != (tlog.Hash{}) {
			continue
		}
		root, err := rootBefore(ctx, hashes, old, from, l.builder.Root())
		if notRead(err) {
			if l.oldErr == nil {
				l.oldErr = fmt.Errorf("older checkpoint of size %d: %w", old, err)
			}
			delete(l.roots, old)
			continue
		}
		if err != nil {
			// What the tiles lack now only follows from that.
			_ = l.tiles.Finish()
			return fmt.Errorf("older checkpoint of size %d: %w", old, err)
		}
		l.roots[old] = root
	}
	return nil
}

// rootBefore returns the root of the first old entries, proved to be a prefix of
// the first size entries with a root that was verified.
func rootBefore(ctx context.Context, hashes tlog.HashReader, old, size uint64, root tlog.Hash) (tlog.Hash, error) {
	before, err := tlog.Root(ctx, hashes, old)
	if err != nil {
		return tlog.Hash{}, err
	}
	path, err := tlog.ConsistencyProof(ctx, hashes, old, size)
	if err != nil {
		return tlog.Hash{}, err
	}
	return before, tlog.VerifyConsistency(old, size, path, before, root)
}

// again takes an entry that was verified before: it completes the bundle that
// goes on with new ones.
func (l *logState) again(index uint64, raw []byte) error {
	leaf := tlog.LeafHash(raw)
	if leaf != l.kept.edge[0][index%tlog.TileWidth] {
		return fmt.Errorf("entry %d is not the one that was verified before: the board has changed history: %w", index, tlog.ErrWrong)
	}
	if l.tileErr == nil {
		l.tileErr = l.tiles.Append(raw, leaf)
	}
	return nil
}
