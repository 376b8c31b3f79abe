package record_test

import (
	"crypto/ed25519"
	"errors"
	"strings"
	"testing"

	"rollcall/bulletin/entry"
	"rollcall/bulletin/tlog"
	"rollcall/crypto/group"
	"rollcall/crypto/schnorr"
	"rollcall/tally/booth"
	"rollcall/tally/record"
)

// Units and contests of the test board. Contests 0 and 1 are alike and asked
// everywhere; contest 2 is up to 2 of 3 and asked in the north.
const (
	north = 1
	south = 2

	decisionSeconds = 60
	firstTick       = 1000 // within the first window
)

type voter struct {
	ballot, cast *schnorr.SecretKey
	unit         uint64
}

// board drives a record.State as a door does, in memory and without proofs of
// the key ceremony: the joint key is simply secret*G.
type board struct {
	t     testing.TB
	s     *record.State
	tree  *tlog.RangeBuilder
	raws  [][]byte
	m     *entry.Manifest
	hash  [entry.HashSize]byte
	joint *group.Point
	now   uint64

	authority, registrar, own *schnorr.SecretKey
	booths                    []*schnorr.SecretKey
	trustees                  []*schnorr.SecretKey
	voters                    []voter // two in the north, two in the south
}

// newBoard returns a board that has its manifest.
func newBoard(t testing.TB) *board { return newBoardOf(t, nil) }

// newBoardOf returns one whose manifest is changed first.
func newBoardOf(t testing.TB, change func(*board)) *board {
	t.Helper()
	key := schnorr.GenerateKey
	b := &board{t: t, s: record.New(), tree: tlog.NewRangeBuilder(), now: firstTick,
		authority: key(), registrar: key(), own: key(),
		booths: []*schnorr.SecretKey{key(), key()}, trustees: []*schnorr.SecretKey{key(), key()},
		voters: []voter{{key(), key(), north}, {key(), key(), north}, {key(), key(), south}, {key(), key(), south}},
	}
	text := entry.Text{"en": "text"}
	options := []entry.Option{{ID: "a", Name: text}, {ID: "b", Name: text}, {ID: "c", Name: text}}
	logKey, _, err := ed25519.GenerateKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	b.m = &entry.Manifest{Version: 1, Title: text, Languages: []string{"en"}, Minimum: 2, HelpLine: "1", Phone: "2",
		Units: []entry.Unit{{ID: "all", Name: text}, {ID: "north", Name: text}, {ID: "south", Name: text}},
		Contests: []entry.Contest{
			{ID: "mayor", Title: text, Limit: 1, Options: options, Units: []uint64{north, south}},
			{ID: "judge", Title: text, Limit: 1, Options: options, Units: []uint64{north, south}},
			{ID: "board", Title: text, Limit: 2, Options: options, Units: []uint64{north}}},
		Windows:         []entry.Window{{From: 1000, To: 2000}, {From: 3000, To: 4000}},
		DecisionSeconds: decisionSeconds, CeremonySeconds: 1,
		Log:       entry.Log{Origin: "rollcall/test", Key: logKey},
		Authority: b.authority.Public().Bytes(), Registrar: b.registrar.Public().Bytes(), Board: b.own.Public().Bytes(),
		Booths:   [][]byte{b.booths[0].Public().Bytes(), b.booths[1].Public().Bytes()},
		OPRFKeys: [][]byte{key().Public().Bytes()}, Threshold: 1}
	for _, k := range b.trustees {
		b.m.Trustees = append(b.m.Trustees, entry.Trustee{Name: "trustee", Signing: k.Public().Bytes(), Ceremony: key().Public().Bytes()})
	}
	if change != nil {
		change(b)
	}
	e, err := entry.Sign(b.m, nil, b.authority)
	if err != nil {
		t.Fatal(err)
	}
	b.hash = e.Hash()
	b.take(e)
	return b
}

// sign signs a body for the board's election.
func (b *board) sign(body entry.Body, keys ...*schnorr.SecretKey) *entry.Entry {
	b.t.Helper()
	e, err := entry.Sign(body, b.hash[:], keys...)
	if err != nil {
		b.t.Fatal(err)
	}
	return e
}

// offer verifies and judges an entry, and applies it if it is taken.
func (b *board) offer(e *entry.Entry) error {
	b.t.Helper()
	if err := b.s.Verify(e); err != nil {
		return err
	}
	if _, err := b.s.Judge(e); err != nil {
		return err
	}
	if err := b.s.Apply(e); err != nil {
		b.t.Fatalf("%s: judged and not applied: %v", e.Kind(), err)
	}
	b.tree.Append(e.Bytes())
	b.raws = append(b.raws, e.Bytes())
	return nil
}

// take offers an entry that must be taken and returns its index.
func (b *board) take(e *entry.Entry) uint64 {
	b.t.Helper()
	if err := b.offer(e); err != nil {
		b.t.Fatal(err)
	}
	return b.s.Size() - 1
}

func (b *board) post(body entry.Body, keys ...*schnorr.SecretKey) uint64 {
	b.t.Helper()
	return b.take(b.sign(body, keys...))
}

// refused offers an entry that must be refused for a reason, in words that
// contain detail, and must change nothing.
func (b *board) refused(name string, e *entry.Entry, reason error, detail string) {
	b.t.Helper()
	size, phase, sum := b.s.Size(), b.s.Phase(), b.s.Summary()
	err := b.offer(e)
	var refusal *record.Refusal
	switch {
	case err == nil:
		b.t.Fatalf("%s: taken", name)
	case !errors.As(err, &refusal) || !errors.Is(err, reason) || refusal.Kind != e.Kind():
		b.t.Errorf("%s: refused with %q, want reason %q", name, err, reason)
	case !strings.Contains(refusal.Detail, detail):
		b.t.Errorf("%s: refused with %q, want %q", name, err, detail)
	}
	if b.s.Size() != size || b.s.Phase() != phase || b.s.Summary() != sum {
		b.t.Errorf("%s: a refused entry has changed the state", name)
	}
}

// ceremony posts what the two trustees post in one attempt.
func (b *board) ceremony(attempt uint64) {
	b.t.Helper()
	b.post(&entry.Ceremony{Attempt: attempt, Time: 1}, b.authority)
	for _, make := range []func(i uint64) entry.Body{
		func(i uint64) entry.Body { return &entry.Commitment{Attempt: attempt, Trustee: i, Hash: fill(64)} },
		func(i uint64) entry.Body { return &entry.Round1{Attempt: attempt, Trustee: i, Message: fill(9)} },
		func(i uint64) entry.Body { return &entry.Confirm{Attempt: attempt, Trustee: i, Signature: fill(64)} },
	} {
		for i, k := range b.trustees {
			b.post(make(uint64(i+1)), k)
		}
	}
}

func fill(n int) []byte { return make([]byte, n) }

func line(v voter) entry.Voter {
	return entry.Voter{BallotKey: [32]byte(v.ballot.Public().Bytes()), CastKey: [32]byte(v.cast.Public().Bytes()), Unit: v.unit}
}

// chunk is a roll chunk of some voters.
func chunk(number uint64, voters ...voter) *entry.Roll {
	r := &entry.Roll{Chunk: number}
	for _, v := range voters {
		r.Voters = entry.AppendVoter(r.Voters, line(v))
	}
	return r
}

// roll posts the roll in two chunks.
func (b *board) roll() {
	b.t.Helper()
	b.post(chunk(0, b.voters[:3]...), b.registrar)
	b.post(chunk(1, b.voters[3:]...), b.registrar)
	b.post(b.rollEnd(), b.registrar)
}

// rollEnd closes a roll whose chunks are the last entries.
func (b *board) rollEnd() *entry.RollEnd {
	var hashes []byte
	for _, raw := range b.raws[len(b.raws)-2:] {
		leaf := entry.LeafHash(raw)
		hashes = append(hashes, leaf[:]...)
	}
	return &entry.RollEnd{Chunks: hashes, Counts: []uint64{0, 2, 2}}
}

func (b *board) openBody() *entry.Open {
	if b.joint == nil {
		b.joint = group.MulBase(group.RandomScalar()).Encoded()
	}
	root := b.tree.Root()
	return &entry.Open{JointKey: b.joint.Bytes(), Attempt: 1, Voters: []uint64{0, 2, 2}, Size: b.s.Size(), Root: root[:]}
}

// closeBody is a close for an index after all entries so far.
func (b *board) closeBody(index uint64) *entry.Close {
	root := b.tree.Root()
	return &entry.Close{Index: index, Root: root[:]}
}

// openBoard returns a board that is open and has one tick.
func openBoard(t testing.TB) *board {
	t.Helper()
	b := newBoard(t)
	b.open()
	b.tick(firstTick)
	return b
}

func (b *board) open() {
	b.t.Helper()
	b.ceremony(1)
	b.roll()
	b.post(b.openBody(), b.authority)
}

// tickBody is a valid tick of the whole log.
func (b *board) tickBody(time uint64) *entry.Tick {
	root := b.tree.Root()
	return &entry.Tick{Time: time, Size: b.s.Size(), Root: root[:], Random: fill(32)}
}

func (b *board) tick(time uint64) uint64 {
	b.t.Helper()
	b.now = time
	return b.post(b.tickBody(time), b.own)
}

// booth returns booth i.
func (b *board) booth(i int) *booth.Booth {
	b.t.Helper()
	bo, err := booth.New(b.m, b.hash, b.joint, b.booths[i], nil)
	if err != nil {
		b.t.Fatal(err)
	}
	return bo
}

// choices are a ballot's choices for a unit: the first option, none, and two.
func choices(unit uint64) [][]int {
	if unit == north {
		return [][]int{{0}, {}, {0, 2}}
	}
	return [][]int{{0}, {}}
}

// make makes an honest ballot of a voter by the first booth.
func (b *board) make(v voter) (*entry.Entry, *booth.Sealed) {
	b.t.Helper()
	e, s, err := b.booth(0).Make(v.ballot, v.unit, choices(v.unit))
	if err != nil {
		b.t.Fatal(err)
	}
	return e, s
}

// seal posts an honest ballot and ticks.
func (b *board) seal(v voter) *booth.Sealed {
	b.t.Helper()
	e, s := b.make(v)
	s.Index = b.take(e)
	b.tick(b.now + 1)
	return s
}

// castOf and testOf sign honest decisions of a sealed ballot.
func (b *board) castOf(s *booth.Sealed, v voter) *entry.Entry {
	b.t.Helper()
	e, err := b.booth(0).MakeCast(s, v.cast)
	if err != nil {
		b.t.Fatal(err)
	}
	return e
}

func (b *board) testOf(s *booth.Sealed, v voter) *entry.Entry {
	b.t.Helper()
	e, err := b.booth(0).MakeTest(s, v.ballot)
	if err != nil {
		b.t.Fatal(err)
	}
	return e
}
