package load

import (
	"bytes"
	"context"
	"fmt"

	"rollcall/bulletin/checkpoint"
	"rollcall/bulletin/tlog"
)

// verify reads the public files alone: the checkpoint is the signer's, its root
// is that of the entries, every tile is theirs, and every entry that was
// acknowledged stands at its index.
func verify(ctx context.Context, dir string, signer *checkpoint.Signer, acks []acked, size int) error {
	r, err := tlog.OpenDir(dir)
	if err != nil {
		return err
	}
	signed, err := r.Checkpoint(ctx)
	if err != nil {
		return err
	}
	c, err := checkpoint.Open(signed, signer.Origin(), signer.Verifier())
	if err != nil {
		return err
	}
	at := make(map[uint64]acked, len(acks))
	for _, a := range acks {
		if before, ok := at[a.index]; ok {
			return fmt.Errorf("index %d was acknowledged twice: caller %d, entry %d and caller %d, entry %d",
				a.index, before.caller, before.seq, a.caller, a.seq)
		}
		at[a.index] = a
	}
	tree, tiles := tlog.NewRangeBuilder(), tlog.NewTileChecker(ctx, r, c.Size)
	err = tlog.Entries(ctx, r, 0, c.Size, func(index uint64, entry []byte) error {
		if a, ok := at[index]; ok {
			if !bytes.Equal(entry, makeEntry(a.caller, a.seq, size)) {
				return fmt.Errorf("entry %d is not what caller %d was told, entry %d", index, a.caller, a.seq)
			}
			delete(at, index)
		}
		leaf := tree.Append(entry)
		tree.Forget(index + 1)
		return tiles.Append(entry, leaf)
	})
	if ferr := tiles.Finish(); err == nil {
		err = ferr
	}
	if err != nil {
		return err
	}
	for index, a := range at {
		return fmt.Errorf("%d acknowledged entries are not published, such as %d, of caller %d", len(at), index, a.caller)
	}
	if tree.Root() != c.Root {
		return fmt.Errorf("the root of %d entries is not the checkpoint's", c.Size)
	}
	return nil
}
