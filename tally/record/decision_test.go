package record_test

import (
	"bytes"
	"slices"
	"strings"
	"testing"

	"rollcall/bulletin/entry"
	"rollcall/crypto/group"
	"rollcall/crypto/schnorr"
	"rollcall/tally/record"
)

// TestDecisionRules holds the rules of SPEC.md, section 11, in their order.
func TestDecisionRules(t *testing.T) {
	b := openBoard(t)
	v, w := b.voters[2], b.voters[0]
	e, s := b.make(v)
	s.Index = b.take(e)
	b.refused("cast before the code tick", b.castOf(s, v), record.ErrPhase, "ballot 13 has no receipt code yet")
	b.refused("test before the code tick", b.testOf(s, v), record.ErrPhase, "ballot 13 has no receipt code yet")
	b.tick(1001)
	other := b.seal(w)

	wrong := *s
	wrong.Leaf[0] ^= 1
	b.refused("wrong leaf hash", b.castOf(&wrong, v), record.ErrContent, "entry 13 is no ballot with that leaf hash")
	b.refused("wrong leaf hash of a test", b.testOf(&wrong, v), record.ErrContent, "entry 13 is no ballot with that leaf hash")
	wrong = *s
	for index, name := range map[uint64]string{14: "a tick", 0: "the manifest", 99: "nothing yet"} {
		wrong.Index = index
		b.refused("cast of "+name, b.castOf(&wrong, v), record.ErrContent, "is no ballot")
	}
	wrong.Index = other.Index
	b.refused("own leaf at another's index", b.castOf(&wrong, w), record.ErrContent, "is no ballot with that leaf hash")
	b.refused("other's ballot, own key", b.castOf(other, v), record.ErrSignature, "signature 0")
	b.refused("own ballot, other's key", b.castOf(s, w), record.ErrSignature, "signature 0")
	cast := &entry.Cast{Ballot: s.Index, Leaf: s.Leaf[:]}
	b.refused("cast with the ballot key", b.sign(cast, v.ballot, b.booths[0]), record.ErrSignature, "signature 0")
	b.refused("cast by another booth", b.sign(cast, v.cast, b.booths[1]), record.ErrSignature, "signature 1")
	b.refused("cast by no booth", b.sign(cast, v.cast, schnorr.GenerateKey()), record.ErrSignature, "signature 1")
	b.refused("test with the cast key", b.testOf(s, voter{v.cast, v.ballot, south}), record.ErrSignature, "signature 0")
	foreign, err := entry.Sign(cast, fill(64), v.cast, b.booths[0])
	if err != nil {
		t.Fatal(err)
	}
	b.refused("cast of another election", foreign, record.ErrSignature, "signature 0")

	b.take(b.castOf(s, v))
	b.refused("second cast", b.castOf(s, v), record.ErrDuplicate, "ballot 13 is cast already")
	b.refused("test after cast", b.testOf(s, v), record.ErrDuplicate, "ballot 13 is cast already")
	b.tick(1010)

	again := b.seal(v) // sealing once more is harmless, casting is refused
	b.refused("cast of another ballot", b.castOf(again, v), record.ErrDuplicate, "the credential has cast a ballot")
	b.refused("test of another ballot", b.testOf(again, v), record.ErrDuplicate, "the credential has cast a ballot")

	b.take(b.testOf(other, w))
	b.refused("cast after test", b.castOf(other, w), record.ErrDuplicate, "is tested already")
	b.refused("second test", b.testOf(other, w), record.ErrDuplicate, "is tested already")
	next := b.seal(w)
	b.take(b.castOf(next, w))

	if sum := b.s.Summary(); sum.Cast != 2 || sum.Tested != 1 || sum.Undecided != 1 {
		t.Errorf("summary %+v", sum)
	}
	want := make([]uint64, len(b.s.Manifest().Units))
	for _, c := range castBallots(b.s) {
		want[c.Voter.Unit]++
	}
	if got := b.s.CastCounts(b.s.Size()); !slices.Equal(got, want) {
		t.Errorf("cast by unit %v, want %v", got, want)
	}
	if list := castBallots(b.s); len(list) != 2 || list[0].Index != s.Index || list[1].Index != next.Index {
		t.Errorf("cast ballots %+v", list)
	}
	if _, has, _ := b.s.VoterByKey(line(v).BallotKey); !has {
		t.Error("the voter has not cast")
	}
	if x, _ := b.s.Ballot(other.Index); x.Decision != record.Tested || x.Opened == nil || x.DecidedAt == 0 {
		t.Errorf("tested ballot %+v", x)
	}
}

// TestDecisionTime takes decisions up to the deadline, by the clock of ticks,
// and across the close.
func TestDecisionTime(t *testing.T) {
	b := openBoard(t)
	v, w, x := b.voters[2], b.voters[3], b.voters[0]
	first, second := b.seal(v), b.seal(w) // code ticks at 1001 and 1002
	b.tick(1061)
	b.take(b.castOf(first, v))
	third := b.seal(x) // 1062: still time for the second
	b.take(b.testOf(second, w))
	fourth := b.seal(w) // 1063
	b.post(b.closeBody(b.s.Size()), b.authority)
	b.tick(1122)
	b.take(b.castOf(third, x))
	b.tick(1123)
	b.tick(1124)
	b.refused("a second late", b.castOf(fourth, w), record.ErrLate, "could be decided for 60 seconds after 1063")
	b.refused("late test", b.testOf(fourth, w), record.ErrLate, "could be decided for 60 seconds after 1063")
}

// TestOpenings changes the opening of an honest test. Only the right one is
// taken.
func TestOpenings(t *testing.T) {
	b := openBoard(t)
	v := b.voters[0] // votes option 0, none, options 0 and 2
	s := b.seal(v)
	honest := b.testOf(s, v).Body.(*entry.Test)
	if got := honest.Openings; len(got) != 3 || !slices.Equal(got[1].Selected, []uint64{3}) || !slices.Equal(got[2].Selected, []uint64{0, 2}) {
		t.Fatalf("the honest test opens to %v", got)
	}
	for _, c := range []struct {
		name, detail string
		change       func(o []entry.Opening) []entry.Opening
	}{
		{"contest left out", "2 openings, want 3", func(o []entry.Opening) []entry.Opening { return o[:2] }},
		{"contest twice", "4 openings, want 3", func(o []entry.Opening) []entry.Opening { return append(o, o[2]) }},
		{"contests swapped", "contest 0: opening is of contest 1", func(o []entry.Opening) []entry.Opening { o[0], o[1] = o[1], o[0]; return o }},
		{"another choice", "contest 0: option 0", func(o []entry.Opening) []entry.Opening { o[0].Selected = []uint64{1}; return o }},
		{"no choice", "contest 0: 0 selected", func(o []entry.Opening) []entry.Opening { o[0].Selected = nil; return o }},
		{"two choices of one", "contest 0: 2 selected, at most 1", func(o []entry.Opening) []entry.Opening { o[0].Selected = []uint64{0, 1}; return o }},
		{"three choices of two", "contest 2: 3 selected, at most 2", func(o []entry.Opening) []entry.Opening { o[2].Selected = []uint64{0, 1, 2}; return o }},
		{"one choice of two kept back", "contest 2: option 2", func(o []entry.Opening) []entry.Opening { o[2].Selected = []uint64{0}; return o }},
		{"choices descending", "contest 2: selected[1]: 0 is out of range or not ascending", func(o []entry.Opening) []entry.Opening { o[2].Selected = []uint64{2, 0}; return o }},
		{"one choice twice", "contest 2: selected[1]: 2 is out of range or not ascending", func(o []entry.Opening) []entry.Opening { o[2].Selected = []uint64{2, 2}; return o }},
		{"choice that does not exist", "contest 0: selected[0]: 4 is out of range", func(o []entry.Opening) []entry.Opening { o[0].Selected = []uint64{4}; return o }},
		{"huge choice", "contest 1: selected[0]: 18446744073709551615 is out of range", func(o []entry.Opening) []entry.Opening { o[1].Selected = []uint64{1<<64 - 1}; return o }},
		{"no randomness", "contest 0: nonces have 0 bytes, want 128", func(o []entry.Opening) []entry.Opening { o[0].Nonces = nil; return o }},
		{"randomness short", "contest 0: nonces have 96 bytes, want 128", func(o []entry.Opening) []entry.Opening { o[0].Nonces = o[0].Nonces[32:]; return o }},
		{"other randomness", "contest 1: option 3", func(o []entry.Opening) []entry.Opening {
			copy(o[1].Nonces[96:], group.RandomScalar().Bytes())
			return o
		}},
		{"randomness swapped", "contest 1: option 0", func(o []entry.Opening) []entry.Opening {
			n := o[1].Nonces
			o[1].Nonces = slices.Concat(n[32:64], n[:32], n[64:])
			return o
		}},
		{"randomness not canonical", "contest 0: option 1: nonce: ", func(o []entry.Opening) []entry.Opening {
			copy(o[0].Nonces[32:64], bytes.Repeat([]byte{0xff}, 32))
			return o
		}},
	} {
		changed := &entry.Test{Ballot: honest.Ballot, Leaf: honest.Leaf}
		for _, o := range honest.Openings {
			changed.Openings = append(changed.Openings, entry.Opening{Contest: o.Contest, Selected: slices.Clone(o.Selected), Nonces: bytes.Clone(o.Nonces)})
		}
		changed.Openings = c.change(changed.Openings)
		reason := record.ErrProof
		if strings.HasSuffix(c.detail, "openings, want 3") {
			reason = record.ErrContent
		}
		b.refused(c.name, b.sign(changed, v.ballot, b.booths[0]), reason, c.detail)
	}
	b.take(b.sign(honest, v.ballot, b.booths[0]))
}
