package record

import (
	"bytes"
	"testing"

	"rollcall/bulletin/entry"
)

// TestAlphasThatShareAHash has alphas whose hashes are all one, which no test
// can wait for: each is found in its ballot, and gone when its ballot is.
func TestAlphasThatShareAHash(t *testing.T) {
	ballots := map[uint64]*Ballot{}
	alpha := func(i uint64) [32]byte { return [32]byte(bytes.Repeat([]byte{byte(i)}, 32)) }
	x := newAlphaIndex()
	for i := range uint64(5) {
		a := alpha(i)
		c := entry.SealedContest{Ciphertexts: append(a[:], make([]byte, 32)...)}
		ballots[i] = &Ballot{Index: i, Contests: []entry.SealedContest{c}}
		if at, ok := x.find(a, ballots); ok {
			t.Errorf("alpha %d is found in ballot %d before it is there", i, at)
		}
		x.at[x.hash(a)] = 0 // taken by the first
		x.add(a, i)
	}
	x.at[x.hash(alpha(0))] = 0
	delete(x.more, alpha(0))
	for i := range uint64(5) {
		if at, ok := x.find(alpha(i), ballots); !ok || at != i {
			t.Errorf("alpha %d is found in ballot %d, %v", i, at, ok)
		}
	}
	for _, gone := range []uint64{3, 0} {
		delete(ballots, gone)
		x.remove(alpha(gone), gone)
		for i := range uint64(5) {
			_, ok := x.find(alpha(i), ballots)
			if want := ballots[i] != nil; ok != want {
				t.Errorf("without ballot %d: alpha %d is found: %v", gone, i, ok)
			}
		}
	}
}

func TestAlphas(t *testing.T) {
	x, ballots := newAlphaIndex(), map[uint64]*Ballot{}
	a, b := [32]byte{1}, [32]byte{2}
	c := entry.SealedContest{Ciphertexts: append(a[:], make([]byte, 32)...)}
	ballots[7] = &Ballot{Index: 7, Contests: []entry.SealedContest{c}}
	x.add(a, 7)
	if at, ok := x.find(a, ballots); !ok || at != 7 {
		t.Errorf("found in %d, %v", at, ok)
	}
	if _, ok := x.find(b, ballots); ok {
		t.Error("an alpha that nobody has is found")
	}
	if len(x.more) != 0 {
		t.Error("a lone alpha takes the room of one whose hash is taken")
	}
	x.remove(b, 7)
	if _, ok := x.find(a, ballots); !ok {
		t.Error("removing another alpha has removed it")
	}
	x.remove(a, 7)
	if _, ok := x.find(a, ballots); ok || len(x.at) != 0 {
		t.Error("a removed alpha is there")
	}
}
