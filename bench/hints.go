package main

import (
	"bytes"
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"rollcall/bulletin/checkpoint"
	"rollcall/bulletin/hint"
	"rollcall/bulletin/tlog"
)

// writeHints writes the hints of all full bundles that have none yet, as anyone
// can from the public files.
func (b *board) writeHints(ctx context.Context) error {
	var bundle [][]byte
	return b.entries(ctx, func(index uint64, raw []byte) error {
		bundle = append(bundle, slices.Clone(raw))
		if len(bundle) < tlog.TileWidth {
			return nil
		}
		path := filepath.Join(b.public(), filepath.FromSlash(tlog.HintPath(index/tlog.TileWidth)))
		hints := bundle
		bundle = nil
		if _, err := os.Stat(path); !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			return err
		}
		return os.WriteFile(path, hint.Make(hints), 0o644)
	})
}

// entries calls fn for every entry of the board in order.
func (b *board) entries(ctx context.Context, fn func(index uint64, raw []byte) error) error {
	source, err := tlog.OpenDir(b.public())
	if err != nil {
		return err
	}
	signed, err := source.Checkpoint(ctx)
	if err != nil {
		return err
	}
	text, _, _ := bytes.Cut(signed, []byte("\n\n"))
	head, err := checkpoint.ParseText(append(text, '\n'))
	if err != nil {
		return err
	}
	return tlog.Entries(ctx, source, 0, head.Size, fn)
}
