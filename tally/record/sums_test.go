package record_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"rollcall/bulletin/entry"
	"rollcall/crypto/elgamal"
	"rollcall/crypto/group"
	"rollcall/tally/record"
	"rollcall/tally/sums"
)

// castBallots returns the ballots that count, in order.
func castBallots(s *record.State) []record.Ballot {
	var list []record.Ballot
	for i := range s.Size() {
		if b, ok := s.Ballot(i); ok && b.Decision == record.Cast {
			list = append(list, b)
		}
	}
	return list
}

// anew adds up the ballots that count, as the close does.
func anew(t testing.TB, s *record.State) sums.Table {
	t.Helper()
	table, err := sums.Of(2, s.CastBallots(), nil)
	if err != nil {
		t.Fatal(err)
	}
	return table
}

func runningSums(t testing.TB, s *record.State) sums.Table {
	t.Helper()
	table, err := s.Sums()
	if err != nil {
		t.Fatal(err)
	}
	return table
}

// byHand adds up ballots of one contest and unit, one point after the other.
func byHand(t *testing.T, ballots []record.Ballot, contest, unit uint64, n int) (count uint64, all []elgamal.Ciphertext) {
	t.Helper()
	for range n {
		all = append(all, elgamal.Zero())
	}
	for _, b := range ballots {
		for _, c := range b.Contests {
			if b.Voter.Unit != unit || c.Contest != contest {
				continue
			}
			list, err := elgamal.ParseCiphertexts(c.Ciphertexts, n)
			if err != nil {
				t.Fatal(err)
			}
			for i := range all {
				all[i] = all[i].Add(list[i])
			}
			count++
		}
	}
	return count, all
}

// TestSums casts, tests and abandons ballots of two units and three contests.
// The running sums hold what is cast, each in its place, and nothing else,
// whenever one looks.
func TestSums(t *testing.T) {
	b := openBoard(t)
	check := func(when string, cast int) {
		t.Helper()
		ballots := castBallots(b.s)
		if len(ballots) != cast {
			t.Fatalf("%s: %d ballots are cast, want %d", when, len(ballots), cast)
		}
		running := runningSums(t, b.s)
		if err := anew(t, b.s).VerifyEqual(running); err != nil {
			t.Errorf("%s: %v", when, err)
		}
		for contest := range uint64(3) {
			n := b.m.Contests[contest].Ciphertexts()
			for _, unit := range []uint64{0, north, south} {
				count, want := byHand(t, ballots, contest, unit, n)
				if got := running.Ballots(sums.Part{Contest: contest, Unit: unit}); got != count {
					t.Errorf("%s, contest %d, unit %d: %d ballots, want %d", when, contest, unit, got, count)
				}
				if !slices.EqualFunc(running.Over(contest, n, []uint64{unit}), want, elgamal.Ciphertext.Equal) {
					t.Errorf("%s, contest %d, unit %d: another sum", when, contest, unit)
				}
			}
		}
	}
	check("nothing sealed", 0)
	first, second, third, fourth := b.voters[0], b.voters[1], b.voters[2], b.voters[3]
	s := b.seal(first)
	check("sealed", 0)
	b.take(b.castOf(s, first))
	check("one cast in the north", 1)
	tested := b.seal(second)
	b.take(b.testOf(tested, second))
	check("one tested", 1)
	b.take(b.castOf(b.seal(third), third))
	check("one cast in the south", 2)
	b.take(b.castOf(b.seal(second), second))
	check("cast after a test", 3)
	left := b.seal(fourth)
	b.tick(b.now + decisionSeconds + 1)
	b.refused("cast too late", b.castOf(left, fourth), record.ErrLate, "could be decided")
	check("one abandoned", 3)
	b.refused("cast twice", b.castOf(s, first), record.ErrDuplicate, "cast already")
	check("cast twice", 3)
}

// TestVoidCast skips casts, as a follower does with void ones: those that Verify
// refuses and those that only Judge does. They are in no sum.
func TestVoidCast(t *testing.T) {
	b := openBoard(t)
	first, second := b.voters[0], b.voters[1]
	s, other := b.seal(first), b.seal(first)
	b.take(b.castOf(s, first))
	late := b.seal(second)
	b.tick(b.now + decisionSeconds + 1)
	for _, c := range []struct {
		name     string
		cast     *entry.Entry
		verified bool
	}{
		{"by another voter", b.castOf(late, first), false},
		{"of no ballot", b.sign(&entry.Cast{Ballot: s.Index + 1, Leaf: s.Leaf[:]}, first.cast, b.booths[0]), false},
		{"another leaf", b.sign(&entry.Cast{Ballot: late.Index, Leaf: s.Leaf[:]}, second.cast, b.booths[0]), true},
		{"a second ballot of one voter", b.castOf(other, first), true},
		{"a ballot that is cast", b.sign(&entry.Cast{Ballot: s.Index, Leaf: s.Leaf[:]}, first.cast, b.booths[0]), true},
		{"too late", b.castOf(late, second), true},
	} {
		switch err := b.s.Verify(c.cast); {
		case (err == nil) != c.verified:
			t.Errorf("%s: %v", c.name, err)
		case err != nil:
			b.s.Skip(c.cast.LeafHash())
		default:
			if _, err := b.s.Judge(c.cast); err == nil {
				t.Errorf("%s: taken", c.name)
			}
			b.s.SkipSigned(c.cast)
		}
	}
	for what, table := range map[string]sums.Table{"running": runningSums(t, b.s), "anew": anew(t, b.s)} {
		if n := table.Ballots(sums.Part{Contest: 0, Unit: north}); n != 1 || len(table) != 3 {
			t.Errorf("%s: %d ballots in the north, %d parts", what, n, len(table))
		}
	}
}

// TestSumsAfterReplay builds the state anew from its bytes, as a restarted board
// does: the sums are the same, although nothing was verified.
func TestSumsAfterReplay(t *testing.T) {
	b, _ := counted(t)
	before := runningSums(t, b.s)
	again := record.New()
	for _, raw := range b.raws {
		e, err := entry.Decode(raw)
		if err == nil {
			_, err = again.Judge(e)
		}
		if err == nil {
			err = again.Apply(e)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := runningSums(t, again).VerifyEqual(before); err != nil {
		t.Error(err)
	}
	if len(before) == 0 {
		t.Error("nothing was cast")
	}
}

// TestHandedHints has Verify hand over hints, before somebody adds up and after.
// The sums are the same, with wrong ones too, and what nobody takes is bounded.
func TestHandedHints(t *testing.T) {
	b := openBoard(t)
	first, second := b.voters[0], b.voters[1]
	s := b.seal(first)
	if b.s.Hints(s.Index) != nil || b.s.Handed() != 0 {
		t.Error("hints are kept although nobody adds up")
	}
	b.take(b.castOf(s, first))
	runningSums(t, b.s)
	if n := len(b.s.Hints(s.Index)); n != (4+4+3)*2*group.HintSize {
		t.Errorf("%d bytes of hints after adding up", n)
	}
	tested := b.seal(second)
	if len(b.s.Hints(tested.Index)) == 0 || b.s.Handed() != 0 {
		t.Error("Verify has not handed over its hints")
	}
	b.take(b.testOf(tested, second))
	if b.s.Hints(tested.Index) != nil {
		t.Error("hints of a tested ballot are kept")
	}
	waits := b.seal(second)
	for i := range record.MaxHanded + 10 { // verified, and never applied
		b.s.Hand([32]byte{byte(i), byte(i >> 8)})
		if n := b.s.Handed(); n > record.MaxHanded {
			t.Fatalf("%d hints wait", n)
		}
	}
	clear(b.s.Hints(waits.Index)[:5*group.HintSize]) // a wrong hint is found out
	b.take(b.castOf(waits, second))
	running := runningSums(t, b.s)
	if err := anew(t, b.s).VerifyEqual(running); err != nil {
		t.Error(err)
	}
	count, want := byHand(t, castBallots(b.s), 0, north, 4)
	if count != 2 || !slices.EqualFunc(running.Over(0, 4, []uint64{north}), want, elgamal.Ciphertext.Equal) {
		t.Errorf("%d ballots, or another sum", count)
	}
}

// TestDisturbedSums disturbs the running sums, and then ballots that are in them.
// Whoever adds up anew gets something else, and hears where.
func TestDisturbedSums(t *testing.T) {
	for _, c := range []struct {
		name, want string
		disturb    func(b *board, ballot record.Ballot)
	}{
		{"a ballot added twice", "contest 0, unit 1: 1 and 2 ballots", func(b *board, ballot record.Ballot) { b.s.AddAgain(ballot.Index) }},
		{"two options exchanged", "contest 0, unit 1, option 0", func(_ *board, ballot record.Ballot) { exchange(ballot.Contests[0].Ciphertexts) }},
		{"one option doubled", "contest 1, unit 1, option 2", func(_ *board, ballot record.Ballot) {
			c := ballot.Contests[1].Ciphertexts
			copy(c[2*64:3*64], c[:64])
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := openBoard(t)
			v := b.voters[0]
			s := b.seal(v)
			b.take(b.castOf(s, v))
			if err := b.s.AddUp(); err != nil {
				t.Fatal(err)
			}
			ballot, _ := b.s.Ballot(s.Index)
			c.disturb(b, ballot)
			err := anew(t, b.s).VerifyEqual(runningSums(t, b.s))
			if !errors.Is(err, sums.ErrDiffer) || !strings.Contains(err.Error(), c.want) {
				t.Errorf("%v, want %q", err, c.want)
			}
		})
	}
}

// exchange swaps the first two ciphertexts.
func exchange(b []byte) {
	first := slices.Clone(b[:64])
	copy(b, b[64:128])
	copy(b[64:], first)
}

// TestSpoiltBallot makes a ballot undecodable before it is added. It stays due,
// and every attempt says which one it is.
func TestSpoiltBallot(t *testing.T) {
	b := openBoard(t)
	v := b.voters[0]
	s := b.seal(v)
	b.take(b.castOf(s, v))
	ballot, _ := b.s.Ballot(s.Index)
	ballot.Contests[0].Ciphertexts[64] ^= 1
	for range 2 {
		_, err := b.s.Sums()
		if want := fmt.Sprintf("ballot %d, contest 0, option 1: alpha", s.Index); !errors.Is(err, group.ErrPoint) || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
	}
	ballot.Contests[0].Ciphertexts[64] ^= 1
	if n := runningSums(t, b.s).Ballots(sums.Part{Contest: 0, Unit: north}); n != 1 {
		t.Errorf("%d ballots once it is whole again", n)
	}
}

// TestAddUpWhileCasting adds up, reads and casts at the same time.
func TestAddUpWhileCasting(t *testing.T) {
	b := openBoard(t)
	done := make(chan struct{})
	var wg sync.WaitGroup
	for range 3 {
		wg.Go(func() {
			for {
				select {
				case <-done:
					return
				default:
				}
				if _, err := b.s.Sums(); err != nil {
					t.Error(err)
					return
				}
				for range b.s.CastBallots() {
				}
			}
		})
	}
	for _, v := range b.voters {
		b.take(b.castOf(b.seal(v), v))
	}
	close(done)
	wg.Wait()
	if err := anew(t, b.s).VerifyEqual(runningSums(t, b.s)); err != nil {
		t.Error(err)
	}
	if n := runningSums(t, b.s).Ballots(sums.Part{Contest: 0, Unit: south}); n != 2 {
		t.Errorf("%d ballots of the south, want 2", n)
	}
}
