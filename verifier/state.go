package verifier

import (
	"bytes"
	"errors"
	"fmt"
	"io"

	"rollcall/bulletin/checkpoint"
	"rollcall/bulletin/entry"
	"rollcall/bulletin/tlog"
)

// stateMagic is the first line of a saved state. The number goes up whenever
// what follows, or what a judge makes of a record, changes.
const stateMagic = "rollcall-verify state, version 2\n"

// ErrState is wrapped by the errors of ReadState that are about what is read,
// as against reading it.
var ErrState = errors.New("not a state to go on from")

// Snapshot is what a verification that did not fail has made of a record, for
// a later one to go on from. It says nothing that the record does not say; but
// whoever goes on from a state trusts it as they trust the program, so it
// should come from nobody else. It holds the key of the fingerprints and should
// be kept from others.
//
// Before the election opens and after it ends there are few entries: they are
// judged again each time, and what is saved is their signed checkpoint and, from
// the end on, what was known at the end.
type Snapshot struct{ j *judge }

// State is a snapshot as read.
type State struct {
	j          *judge // nil if there is nothing to go on from but history
	signed     []byte // its last checkpoint
	checkpoint checkpoint.Checkpoint
	first      *prepared // the manifest
	id         entry.ElectionID
}

// treeState is the tree at some size.
type treeState struct {
	entries tlog.RangeState
	edge    tlog.Edge
}

// snapshot returns what can be saved, nil if anything failed or was not read.
func (j *judge) snapshot() *Snapshot {
	size := j.log.builder.Size()
	if size == 0 || size != j.log.claimed.Size || j.halted != "" || j.log.tileErr != nil {
		return nil
	}
	for _, n := range all {
		if j.failed(n) {
			return nil
		}
	}
	j.addUp()
	if j.phase < phaseEnded {
		j.log.kept = treeState{j.log.builder.State(), j.log.tiles.Edge()}
	}
	return &Snapshot{j}
}

// stateHead leads a saved state.
type stateHead struct {
	Checkpoint []byte `cbor:"checkpoint"` // signed
	Manifest   []byte `cbor:"manifest"`   // entry 0
	// Phase is the number of the phase that the rest is about, at most that of
	// phaseEnded. There is no rest in phaseSetup.
	Phase uint64 `cbor:"phase"`
}

// Save writes the snapshot: a line of text, items of CBOR, and the SHA-256 of
// all that.
func (s *Snapshot) Save(w io.Writer) error {
	c := newEncoder(w)
	c.write([]byte(stateMagic))
	head := stateHead{s.j.log.signed, s.j.first, uint64(min(s.j.phase, phaseEnded))}
	c.item("head", &head)
	if head.Phase > uint64(phaseSetup) {
		s.j.codeState(c)
	}
	c.finish()
	if c.err != nil {
		return fmt.Errorf("saving the state: %w", c.err)
	}
	return nil
}

// ReadState reads what Snapshot.Save wrote. Whatever it takes is whole and
// agrees with itself; that it agrees with a record is for Verify to say.
func ReadState(r io.Reader) (*State, error) {
	c := newDecoder(r)
	magic := c.read(len(stateMagic))
	name, _, _ := bytes.Cut([]byte(stateMagic), []byte(","))
	switch {
	case magic != nil && string(magic) == stateMagic:
	case bytes.HasPrefix(magic, name):
		return nil, fmt.Errorf("%w: it is of another version of this program", ErrState)
	default:
		return nil, fmt.Errorf("%w: it does not begin as one", ErrState)
	}
	s, err := readState(c)
	if err != nil {
		return nil, fmt.Errorf("%w: it is damaged: %w", ErrState, err)
	}
	return s, nil
}

func readState(c *coder) (*State, error) {
	var head stateHead
	c.item("head", &head)
	if c.err != nil {
		return nil, c.err
	}
	s := &State{signed: head.Checkpoint}
	var err error
	if s.checkpoint, err = checkpoint.Peek(head.Checkpoint); err != nil {
		return nil, err
	}
	if head.Phase > uint64(phaseEnded) || s.checkpoint.Size > maxSize {
		return nil, errors.New("head: no such phase or size")
	}
	j := newJudge(nil, Options{})
	s.first = &prepared{raw: head.Manifest}
	s.first.decodeManifest()
	j.checkV01(s.first)
	if j.failed(v01) {
		return nil, j.checks[v01].err
	}
	s.id = entry.NewElectionID(j.hash)
	j.checks, j.log.signed = checks{}, head.Checkpoint
	if j.phase = phase(head.Phase); j.phase > phaseSetup {
		j.codeState(c)
		s.j = j
	}
	if c.finish(); c.err != nil {
		return nil, c.err
	}
	if s.j != nil {
		return s, s.check()
	}
	return s, nil
}

// ElectionID returns the id of the election that the state is of.
func (s *State) ElectionID() entry.ElectionID { return s.id }

// Checkpoint returns the signed checkpoint of the record that the state is of.
func (s *State) Checkpoint() []byte { return bytes.Clone(s.signed) }

// begin returns a judge that goes on from the state, or one that begins anew
// and holds the record against the state's checkpoint. A state serves once;
// after that, and for a query, which asks about ballots that no state holds, it
// begins anew. s may be nil.
func (s *State) begin(source tlog.Reader, opts Options) *judge {
	if s == nil {
		return newJudge(source, opts)
	}
	j := s.j
	if j == nil || opts.Query != nil {
		j = newJudge(source, opts)
		j.log.saved = &s.checkpoint
		return j
	}
	s.j = nil
	j.source, j.opts, j.log.opts = source, opts, opts
	j.log.saved = &s.checkpoint
	j.checkV01(s.first)
	return j
}
