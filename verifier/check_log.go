package verifier

import (
	"bytes"
	"fmt"

	"rollcall/bulletin/checkpoint"
	"rollcall/bulletin/tlog"
)

// logState is what V05 needs: the tree as recomputed, the files as published,
// and the roots of the sizes that somebody asks about.
type logState struct {
	opts    Options
	signed  []byte // the checkpoint as read
	claimed checkpoint.Checkpoint
	builder *tlog.RangeBuilder
	tiles   *tlog.TileChecker
	tileErr error // the first that tiles found while entries streamed by
	// roots of the sizes that older checkpoints and share entries name; wanted
	// ones are zero until they are reached.
	roots map[uint64]tlog.Hash
	// oldErr is why the root of an older checkpoint, which is then not in roots,
	// could not be read.
	oldErr error

	saved  *checkpoint.Checkpoint // of the state from which this goes on
	before uint64                 // entries that are not judged again
	// kept is the tree as a state has it: of the one from which this goes on,
	// of the end of the election once that is there, or of all entries when the
	// next one is saved.
	kept treeState
}

func newLogState(opts Options) *logState {
	return &logState{opts: opts, builder: tlog.NewRangeBuilder(), roots: map[uint64]tlog.Hash{}}
}

// begin reads the size from the checkpoint, which must be well formed, whoever
// signed it: without a policy and a manifest nothing else looks at its signature
// lines. That it is signed by the key that
// the manifest names can be checked only once that has been read, see checkV05.
func (l *logState) begin(signed []byte) (uint64, error) {
	c, err := checkpoint.Parse(signed)
	if err != nil {
		return 0, err
	}
	l.signed, l.claimed = signed, c
	for _, old := range l.opts.OldCheckpoints {
		if c, err := checkpoint.Peek(old); err == nil {
			l.want(c.Size)
		}
	}
	return c.Size, nil
}

// want asks for the root of the first size entries.
func (l *logState) want(size uint64) {
	if _, ok := l.roots[size]; !ok {
		l.roots[size] = tlog.Hash{}
	}
}

// append adds an entry to the tree once it has been judged.
func (j *judge) append(p *prepared) {
	l := j.log
	l.builder.AppendLeaf(p.leaf)
	size := l.builder.Size()
	if _, ok := l.roots[size]; ok {
		l.roots[size] = l.builder.Root()
	}
	if s := l.saved; s != nil && s.Size == size && s.Root != l.builder.Root() {
		j.fail(v05, fmt.Errorf("the first %d entries are not those that were verified before: the board has changed history", size))
	}
	if l.tileErr == nil {
		l.tileErr = l.tiles.Append(p.raw, p.leaf)
	}
	if j.phase == phaseEnded && p.index == j.endIndex {
		l.kept = treeState{l.builder.State(), l.tiles.Edge()}
	}
}

// finishTiles waits for the last hash tiles to be compared. A wrong one fails
// V05 and keeps nobody from judging the entries; it comes before one that could not
// be fetched.
func (j *judge) finishTiles() error {
	err := j.log.tiles.Finish()
	if first := j.log.tileErr; first != nil && (err == nil || notRead(err) || !notRead(first)) {
		err = first
	}
	if notRead(err) {
		return err
	}
	if err != nil {
		j.fail(v05, j.log.suspect(err))
	}
	return nil
}

// suspect says of a tree that does not fit what follows if a part of it was
// verified before and is not read again.
func (l *logState) suspect(err error) error {
	if l.saved == nil {
		return err
	}
	return fmt.Errorf("%w: the board has changed history since %d entries were verified, or shows what its log did not sign", err, l.saved.Size)
}

// checkV05 holds that the entries read are those that the log signed, that its
// key is the one that the manifest and the policy name, and that older
// checkpoints are prefixes. (Every hash tile has been compared when it is
// called for a record that was read to its end, and the checkpoint held against the
// policy.) whole says that it was: else the root is not known.
func (j *judge) checkV05(whole bool) {
	l := j.log
	if root := l.builder.Root(); whole && root != l.claimed.Root {
		j.fail(v05, l.suspect(fmt.Errorf("checkpoint: root of size %d is not that of the entries", l.claimed.Size)))
	}
	if j.manifest == nil {
		if j.opts.Policy != nil {
			j.checkOlder(j.opts.Policy.Log)
		}
		j.skip("not judged, since there is no manifest to name the log's key", v05)
		return
	}
	m := j.manifest
	key, err := checkpoint.NewLogVerifier(m.Log.Origin, m.Log.Key)
	if err != nil {
		j.fail(v05, fmt.Errorf("manifest.log: %w", err))
		return
	}
	switch p := j.opts.Policy; {
	case p != nil && p.Log.String() == key.String():
		if len(p.Witnesses) == 0 {
			j.note(v05, "the policy names no witnesses: nobody but the log vouches that all see this board")
		}
	case p != nil:
		j.fail(v05, fmt.Errorf("policy: names the log %s, the manifest %s", p.Log, key))
	default:
		if _, err := checkpoint.Open(l.signed, m.Log.Origin, key); err != nil {
			j.fail(v05, err)
		}
		j.skip("no policy was given: give --policy, the file that names the log's key and its witnesses", v05)
	}
	j.checkOlder(key)
	if whole {
		j.pass(v05)
	}
}

// checkOlder holds older checkpoints against the record as far as it was read. The
// log's key is the manifest's, or the policy's of a record of which no manifest
// could be read.
func (j *judge) checkOlder(key *checkpoint.Verifier) {
	for i, old := range j.opts.OldCheckpoints {
		if err := j.checkOld(old, key); err != nil {
			j.fail(v05, fmt.Errorf("older checkpoint %d: %w", i+1, err))
		}
	}
}

// checkPolicy holds the checkpoint against the policy. It comes before anything
// is read, so that a checkpoint that nobody signed is the first thing wrong,
// and not what it leads to.
func (j *judge) checkPolicy() {
	p := j.opts.Policy
	if p == nil {
		return
	}
	_, cosigs, err := p.OpenCosigned(j.log.signed)
	if err != nil {
		j.fail(v05, err)
		return
	}
	second := 0
	for _, cs := range cosigs {
		if cs.Witness.MLDSA() {
			second++
		}
	}
	if len(p.MLDSA) > 0 {
		j.note(v05, "cosigned also with ML-DSA-44 by %d of %d", second, len(p.MLDSA))
	}
}

// checkOld holds that a checkpoint that somebody kept is a prefix.
func (j *judge) checkOld(old []byte, key *checkpoint.Verifier) error {
	c, err := checkpoint.Open(old, key.Name(), key)
	if err != nil {
		return err
	}
	root, known := j.log.roots[c.Size]
	switch {
	case c.Size > j.log.claimed.Size:
		return fmt.Errorf("has %d entries and the board shows only %d: it was cut", c.Size, j.log.claimed.Size)
	case c.Size == 0 && c.Root == tlog.EmptyRoot(), c.Size > j.log.builder.Size(), !known:
		return nil
	case c.Size == 0 || root != c.Root:
		return fmt.Errorf("the first %d entries are not those it was signed for: history was changed", c.Size)
	}
	return nil
}

// checkHistory is V05's part of open and close: the authority signed them for
// this place after these entries and no others.
func (j *judge) checkHistory(p *prepared, size uint64, root []byte) {
	kind := p.entry.Kind()
	if size != p.index {
		j.fail(v05, fmt.Errorf("%s (entry %d): signed for index %d", kind, p.index, size))
		return
	}
	want, err := j.log.builder.RootAt(size)
	if err != nil {
		j.fail(v05, fmt.Errorf("%s (entry %d): %w", kind, p.index, err))
		return
	}
	if !bytes.Equal(want[:], root) {
		j.fail(v05, fmt.Errorf("%s (entry %d): root is not that of the first %d entries", kind, p.index, size))
	}
}
