package trustee

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"rollcall/bulletin/checkpoint"
	"rollcall/bulletin/entry"
	"rollcall/bulletin/tlog"
	"rollcall/crypto/group"
	"rollcall/crypto/schnorr"
	"rollcall/tally/count"
	"rollcall/tally/record"
)

const (
	testStart    = 1_000_000 // Unix seconds
	testCeremony = 60        // seconds for a round of the ceremony
	testDecision = 30        // seconds to decide
	testPass     = "correct horse battery staple"
	testWork     = 1
)

// board is a board in memory with all keys but the trustees' ceremony keys,
// which are in their key files. Post judges as a door does; add takes anything,
// as a board that cheats does. It is its own tlog.Reader.
type board struct {
	t                                        *testing.T
	log                                      *checkpoint.Signer
	witness                                  ed25519.PrivateKey
	authority, registrar, boardKey, boothKey *schnorr.SecretKey
	dirs                                     []string // of the trustees
	manifest                                 *entry.Manifest
	hash                                     [entry.HashSize]byte
	now                                      uint64
	raws                                     [][]byte
	tree                                     *tlog.RangeBuilder
	state                                    *record.State
	shown                                    int // entries that the checkpoint covers; 0 for all
	refuse                                   func(e *entry.Entry) error
}

func text(s string) entry.Text { return entry.Text{"en": s} }

// newBoard makes trustees' key files and a board whose only entry is the
// manifest: units north, south and isle below one root, a minimum of 2, one
// contest, one witness whom every tick needs.
func newBoard(t *testing.T, trustees, threshold int) *board {
	t.Helper()
	b := &board{t: t, now: testStart, tree: tlog.NewRangeBuilder(), state: record.New(),
		authority: schnorr.GenerateKey(), registrar: schnorr.GenerateKey(), boardKey: schnorr.GenerateKey(), boothKey: schnorr.GenerateKey()}
	var err error
	b.log, err = checkpoint.GenerateSigner("rollcall.test/log", rand.Reader)
	b.must(err)
	witness, private, err := ed25519.GenerateKey(rand.Reader)
	b.must(err)
	b.witness = private
	m := &entry.Manifest{
		Version: 1, Title: text("test"), Languages: []string{"en"},
		Contests: []entry.Contest{{ID: "mayor", Title: text("mayor"), Limit: 1, Units: []uint64{1, 2, 3},
			Options: []entry.Option{{ID: "ada", Name: text("Ada")}, {ID: "ben", Name: text("Ben")}}}},
		Units: []entry.Unit{{ID: "all", Name: text("all")}, {ID: "north", Name: text("north")},
			{ID: "south", Name: text("south")}, {ID: "isle", Name: text("isle")}},
		Minimum: 2, Windows: []entry.Window{{From: testStart, To: testStart + 3600}},
		DecisionSeconds: testDecision, CeremonySeconds: testCeremony, HelpLine: "1", Phone: "2",
		Log:       entry.Log{Origin: b.log.Origin(), Key: b.log.Verifier().PublicKey()},
		Authority: b.authority.Public().Bytes(), Registrar: b.registrar.Public().Bytes(), Board: b.boardKey.Public().Bytes(),
		Booths: [][]byte{b.boothKey.Public().Bytes()}, OPRFKeys: [][]byte{schnorr.GenerateKey().Public().Bytes()},
		Threshold: uint64(threshold), Witnesses: []entry.Witness{{Name: "w", Key: witness}}, Quorum: 1,
	}
	for i := range trustees {
		dir := filepath.Join(t.TempDir(), "trustee")
		_, err := Create(dir, fmt.Sprintf("T%d", i+1), testPass, testWork)
		b.must(err)
		public, err := ReadPublic(filepath.Join(dir, publicFile))
		b.must(err)
		b.dirs, m.Trustees = append(b.dirs, dir), append(m.Trustees, public)
	}
	b.manifest = m
	e, err := entry.Sign(m, nil, b.authority)
	b.must(err)
	b.hash = e.Hash()
	_, err = b.Post(t.Context(), e.Bytes())
	b.must(err)
	return b
}

// Post implements Poster.
func (b *board) Post(_ context.Context, raw []byte) (uint64, error) {
	e, err := entry.Decode(raw)
	if err != nil {
		return 0, err
	}
	if b.refuse != nil {
		if err := b.refuse(e); err != nil {
			return 0, err
		}
	}
	if err := b.state.Verify(e); err != nil {
		return 0, err
	}
	if _, err := b.state.Judge(e); err != nil {
		return 0, err
	}
	b.must(b.state.Apply(e))
	return b.append(raw), nil
}

// add puts an entry on the board that its state passes over.
func (b *board) add(body entry.Body, keys ...*schnorr.SecretKey) {
	e := b.sign(body, keys...)
	b.state.Skip(e.LeafHash())
	b.append(e.Bytes())
}

func (b *board) append(raw []byte) uint64 {
	b.raws = append(b.raws, raw)
	b.tree.Append(raw)
	return uint64(len(b.raws)) - 1
}

func (b *board) sign(body entry.Body, keys ...*schnorr.SecretKey) *entry.Entry {
	b.t.Helper()
	e, err := entry.Sign(body, b.hash[:], keys...)
	b.must(err)
	return e
}

// post signs an entry and posts it as an honest board would take it.
func (b *board) post(body entry.Body, keys ...*schnorr.SecretKey) *entry.Entry {
	b.t.Helper()
	e := b.sign(body, keys...)
	_, err := b.Post(b.t.Context(), e.Bytes())
	b.must(err)
	return e
}

func (b *board) must(err error) {
	b.t.Helper()
	if err != nil {
		b.t.Fatal(err)
	}
}

func (b *board) size() uint64 { return uint64(len(b.raws)) }

// fork returns a board with the same entries so far, which goes on alone.
func (b *board) fork() *board {
	b.t.Helper()
	f := *b
	f.raws, f.tree, f.state = nil, tlog.NewRangeBuilder(), record.New()
	for _, raw := range b.raws {
		_, err := f.Post(b.t.Context(), raw)
		b.must(err)
	}
	return &f
}

// Checkpoint implements tlog.Reader.
func (b *board) Checkpoint(context.Context) ([]byte, error) {
	size := b.size()
	if b.shown > 0 {
		size = uint64(b.shown)
	}
	root, err := b.tree.RootAt(size)
	if err != nil {
		return nil, err
	}
	signed, err := b.log.Sign(size, root)
	if err != nil {
		return nil, err
	}
	key, err := checkpoint.NewWitnessVerifier(b.manifest.Witnesses[0].Name, b.manifest.Witnesses[0].Key)
	if err != nil {
		return nil, err
	}
	sig, err := checkpoint.SignCosignature(b.witness, b.log.Origin(), size, root, b.now)
	if err != nil {
		return nil, err
	}
	return checkpoint.AddCosignatures(signed, checkpoint.Cosignature{Witness: key, Time: b.now, Sig: sig})
}

// Tile implements tlog.Reader for trees of one tile.
func (b *board) Tile(_ context.Context, t tlog.Tile) (out []byte, err error) {
	if t.Level > 0 || t.Index > 0 || t.Width > len(b.raws) {
		return nil, fmt.Errorf("%w %s: %w", tlog.ErrFetch, t.Path(), fs.ErrNotExist)
	}
	for _, raw := range b.raws[:t.Width] {
		if t.Level == tlog.EntriesLevel {
			if out, err = tlog.AppendBundleEntry(out, raw); err != nil {
				return nil, err
			}
			continue
		}
		leaf := tlog.LeafHash(raw)
		out = append(out, leaf[:]...)
	}
	return out, nil
}

// source is what an honest trustee holds the board against.
func (b *board) source() Source {
	b.t.Helper()
	key, err := checkpoint.NewWitnessVerifier(b.manifest.Witnesses[0].Name, b.manifest.Witnesses[0].Key)
	b.must(err)
	return Source{Reader: b, ID: entry.NewElectionID(b.hash), Policy: &checkpoint.Policy{
		Log: b.log.Verifier(), Witnesses: []checkpoint.Witness{{Name: b.manifest.Witnesses[0].Name, Key: key}}, Quorum: 1}}
}

// open opens the key file of a trustee, from 1.
func (b *board) open(trustee int) *Trustee {
	b.t.Helper()
	t, err := Open(b.dirs[trustee-1], testPass)
	b.must(err)
	return t
}

// step has a trustee take one step of the ceremony from its key file alone, as
// after a restart.
func (b *board) step(trustee int) (Progress, error) {
	b.t.Helper()
	t := b.open(trustee)
	defer t.Close()
	return t.Ceremony(b.t.Context(), b.state, b, time.Unix(int64(b.now), 0))
}

// attempt starts an attempt at the ceremony.
func (b *board) attempt(n uint64) {
	b.t.Helper()
	b.post(&entry.Ceremony{Attempt: n, Time: b.now}, b.authority)
}

// ceremony runs the ceremony of all trustees to its end.
func (b *board) ceremony() {
	b.t.Helper()
	for range 10 {
		done := 0
		for i := range b.dirs {
			p, err := b.step(i + 1)
			b.must(err)
			if p.Done {
				done++
			}
		}
		if done == len(b.dirs) {
			return
		}
	}
	b.t.Fatal("the ceremony does not end")
}

// tickBody makes a tick over all entries, cosigned.
func (b *board) tickBody() *entry.Tick {
	b.t.Helper()
	root := b.tree.Root()
	t := &entry.Tick{Time: b.now, Size: b.size(), Root: root[:], Random: slices.Repeat([]byte{7}, 32)}
	sig, err := checkpoint.SignCosignature(b.witness, b.log.Origin(), t.Size, root, t.Time)
	b.must(err)
	t.Cosignatures = []entry.Cosignature{{Witness: 0, Time: t.Time, Value: sig}}
	return t
}

func (b *board) tick() {
	b.t.Helper()
	b.now++
	b.post(b.tickBody(), b.boardKey)
}

// secretsOf reads the scalars of a trustee's key file, for what a thief of it
// could do.
func (b *board) secretsOf(trustee int) (signing *schnorr.SecretKey, ceremony *group.Scalar) {
	b.t.Helper()
	t := b.open(trustee)
	defer t.Close()
	signing, err := schnorr.ParseSecretKey(slices.Clone(t.s.Signing))
	b.must(err)
	ceremony, err = group.ParseScalar(slices.Clone(t.s.Ceremony))
	b.must(err)
	return signing, ceremony
}

// result combines the shares that are on the board.
func (b *board) result() (*count.Counted, error) {
	b.t.Helper()
	end, ok := b.state.End()
	if !ok {
		return nil, errors.New("not ended")
	}
	root, err := b.tree.RootAt(end + 1)
	b.must(err)
	return count.Result(b.state, root)
}
