package verifier

import (
	"context"
	"encoding/json"
	"fmt"
	"io/fs"
	"slices"
	"testing"

	"rollcall/bulletin/checkpoint"
	"rollcall/bulletin/entry"
	"rollcall/bulletin/tlog"
)

// board is the published files of a record.
type board map[string][]byte

func (r *record) publish() board { return r.publishAt(r.size()) }

// publishAt returns the files that there were after the first size entries.
func (r *record) publishAt(size uint64) board {
	r.t.Helper()
	files := board{}
	r.must(tlog.TreeTiles(size, func(t tlog.Tile) error {
		var b []byte
		for i := range uint64(t.Width) {
			at := t.Index*tlog.TileWidth + i
			if t.Level == tlog.EntriesLevel {
				var err error
				b, err = tlog.AppendBundleEntry(b, r.raws[at])
				r.must(err)
				continue
			}
			width := uint64(1) << (8 * t.Level)
			below := tlog.NewRangeBuilder()
			for _, raw := range r.raws[at*width:][:width] {
				below.Append(raw)
			}
			root := below.Root()
			b = append(b, root[:]...)
		}
		files[t.Path()] = b
		return nil
	}))
	files[tlog.CheckpointPath] = r.checkpoint(size, 0, 1)
	return files
}

// checkpoint signs the first size entries.
func (r *record) checkpoint(size uint64, witnesses ...int) []byte {
	root, err := r.tree.RootAt(size)
	r.must(err)
	return r.checkpointOf(size, root, witnesses...)
}

// checkpointOf signs any root.
func (r *record) checkpointOf(size uint64, root [32]byte, witnesses ...int) []byte {
	signed, err := r.log.Sign(size, root)
	r.must(err)
	for _, w := range witnesses {
		key, err := checkpoint.NewWitnessVerifier(r.manifest.Witnesses[w].Name, r.manifest.Witnesses[w].Key)
		r.must(err)
		sig, err := checkpoint.SignCosignature(r.witnesses[w], r.log.Origin(), size, root, r.now)
		r.must(err)
		signed, err = checkpoint.AddCosignatures(signed, checkpoint.Cosignature{Witness: key, Time: r.now, Sig: sig})
		r.must(err)
	}
	return signed
}

// policy is two of the three witnesses.
func (r *record) policy() *checkpoint.Policy {
	p := &checkpoint.Policy{Log: r.log.Verifier(), Quorum: 2}
	for _, w := range r.manifest.Witnesses {
		key, err := checkpoint.NewWitnessVerifier(w.Name, w.Key)
		r.must(err)
		p.Witnesses = append(p.Witnesses, checkpoint.Witness{Name: w.Name, Key: key})
	}
	return p
}

func (r *record) options() Options {
	return Options{ElectionID: entry.NewElectionID(r.hash), Policy: r.policy()}
}

// Checkpoint implements tlog.Reader.
func (b board) Checkpoint(context.Context) ([]byte, error) { return b.file(tlog.CheckpointPath) }

// Tile implements tlog.Reader.
func (b board) Tile(_ context.Context, t tlog.Tile) ([]byte, error) { return b.file(t.Path()) }

func (b board) file(path string) ([]byte, error) {
	data, ok := b[path]
	if !ok {
		return nil, fmt.Errorf("%w %s: %w", tlog.ErrFetch, path, fs.ErrNotExist)
	}
	return slices.Clone(data), nil
}

// verify has everybody judge the record as published.
func (r *record) verify() *Report {
	r.t.Helper()
	report, err := judgeEverywhere(r.t, r.publish(), r.options())
	r.must(err)
	return report
}

// comparable is all that a report says but how long it took.
func comparable(t testing.TB, r *Report) string {
	t.Helper()
	c := *r
	c.Elapsed = 0
	b, err := json.MarshalIndent(&c, "", " ")
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}
