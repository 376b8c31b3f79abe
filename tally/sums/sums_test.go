package sums

import (
	"bytes"
	"errors"
	"fmt"
	"iter"
	"runtime"
	"slices"
	"strings"
	"testing"

	"rollcall/bulletin/entry"
	"rollcall/crypto/elgamal"
	"rollcall/crypto/group"
)

// ballots makes n ballots of contests with 3 and 2 ciphertexts, in units 1 to 4;
// those of unit 4 have the first contest only.
func ballots(n int) []Ballot {
	ciphertexts := func(n int) []byte {
		var b []byte
		for range 2 * n {
			b = append(b, group.MulBase(group.RandomScalar()).Bytes()...)
		}
		return b
	}
	list := make([]Ballot, n)
	for i := range list {
		unit := uint64(i%4) + 1
		list[i] = Ballot{Index: uint64(i), Unit: unit, Contests: []entry.SealedContest{{Contest: 0, Ciphertexts: ciphertexts(3)}}}
		if unit < 4 {
			list[i].Contests = append(list[i].Contests, entry.SealedContest{Contest: 1, Ciphertexts: ciphertexts(2)})
		}
		list[i].Hints = MakeHints(list[i].Contests)
	}
	return list
}

// options is how many ciphertexts the contests of ballots have.
var options = []int{3, 2}

// byHand adds up with Ciphertext.Add.
func byHand(t *testing.T, list []Ballot, contest uint64, units ...uint64) (count uint64, sum []elgamal.Ciphertext) {
	t.Helper()
	sum = slices.Repeat([]elgamal.Ciphertext{elgamal.Zero()}, options[contest])
	for _, b := range list {
		for _, c := range b.Contests {
			if c.Contest != contest || !slices.Contains(units, b.Unit) {
				continue
			}
			cs, err := elgamal.ParseCiphertexts(c.Ciphertexts, options[contest])
			if err != nil {
				t.Fatal(err)
			}
			for i := range sum {
				sum[i] = sum[i].Add(cs[i])
			}
			count++
		}
	}
	return count, sum
}

func of(t testing.TB, goroutines, chunk int, list []Ballot) Table {
	t.Helper()
	table, err := Of(goroutines, slices.Chunk(list, chunk), nil)
	if err != nil {
		t.Fatal(err)
	}
	return table
}

func TestOf(t *testing.T) {
	list := ballots(41)
	for _, c := range []struct{ goroutines, chunk int }{{1, 1}, {1, 100}, {2, 5}, {7, 3}, {16, 41}} {
		table := of(t, c.goroutines, c.chunk, list)
		for contest := range uint64(2) {
			for _, units := range [][]uint64{{1}, {2}, {3}, {4}, {1, 3}, {1, 2, 3, 4}, {0}, {}} {
				want, sum := byHand(t, list, contest, units...)
				var count uint64
				for _, u := range units {
					count += table.Ballots(Part{contest, u})
				}
				if count != want {
					t.Errorf("%+v, contest %d, units %v: %d ballots, want %d", c, contest, units, count, want)
				}
				if !slices.EqualFunc(table.Over(contest, options[contest], units), sum, elgamal.Ciphertext.Equal) {
					t.Errorf("%+v, contest %d, units %v: another sum", c, contest, units)
				}
			}
		}
		if len(table) != 7 {
			t.Errorf("%d parts, want 7", len(table))
		}
	}
}

// TestHints has hints that are wrong in every way: they change nothing.
func TestHints(t *testing.T) {
	list := ballots(12)
	want := of(t, 1, 100, list)
	for name, change := range map[string]func(h []byte) []byte{
		"none":     func([]byte) []byte { return nil },
		"garbage":  func(h []byte) []byte { return bytes.Repeat([]byte{0xff}, len(h)) },
		"swapped":  func(h []byte) []byte { return slices.Concat(h[32:64], h[:32], h[64:]) },
		"cut":      func(h []byte) []byte { return h[:70] },
		"too many": func(h []byte) []byte { return slices.Concat(h, h) },
	} {
		other := slices.Clone(list)
		for i := range other {
			other[i].Hints = change(other[i].Hints)
		}
		if err := of(t, 2, 5, other).VerifyEqual(want); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	made := ballots(1)[0]
	if len(made.Hints) != 10*32 || cap(made.Hints) != len(made.Hints) {
		t.Errorf("hints of 10 points take %d of %d bytes", len(made.Hints), cap(made.Hints))
	}
}

func TestUndecodable(t *testing.T) {
	for _, c := range []struct {
		name, want string
		change     func(b *Ballot)
	}{
		{"no point", "ballot 9, contest 1, option 1: beta: not a canonical", func(b *Ballot) { b.Contests[1].Ciphertexts[3*32] |= 1 }},
		{"identity", "ballot 9, contest 0, option 0: alpha: point is the identity", func(b *Ballot) { clear(b.Contests[0].Ciphertexts[:32]) }},
		{"a ciphertext less", "ballot 9, contest 0: 128 bytes, other ballots have 3 ciphertexts", func(b *Ballot) { b.Contests[0].Ciphertexts = b.Contests[0].Ciphertexts[:128] }},
		{"a byte more", "ballot 9, contest 1: 129 bytes, other", func(b *Ballot) { b.Contests[1].Ciphertexts = append(b.Contests[1].Ciphertexts, 0) }},
	} {
		list := ballots(20)
		c.change(&list[9])
		_, err := Of(1, slices.Chunk(list, 3), nil)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", c.name, err, c.want)
		}
		if _, err := Of(3, slices.Chunk(list, 3), nil); err == nil {
			t.Errorf("%s, by three: no error", c.name)
		}
	}
}

func TestPrepare(t *testing.T) {
	list := ballots(9)
	for i := range list {
		list[i].Hints = nil
	}
	if _, err := Of(2, slices.Chunk(list, 2), func(b *Ballot) { b.Hints = MakeHints(b.Contests) }); err != nil {
		t.Fatal(err)
	}
	for i := range list {
		if len(list[i].Hints) == 0 {
			t.Errorf("ballot %d was not prepared in place", i)
		}
	}
}

// TestVerifyEqual names what differs, whichever table has more.
func TestVerifyEqual(t *testing.T) {
	list := ballots(16)
	table := of(t, 2, 3, list)
	if err := table.VerifyEqual(of(t, 1, 16, slices.Concat(list[8:], list[:8]))); err != nil {
		t.Errorf("in another order: %v", err)
	}
	if err := (Table{}).VerifyEqual(Table{}); err != nil {
		t.Error(err)
	}
	other := slices.Clone(list)
	other[6].Contests = slices.Clone(other[6].Contests)
	other[6].Contests[1].Ciphertexts = slices.Concat(other[6].Contests[1].Ciphertexts[:64], list[5].Contests[1].Ciphertexts[64:])
	moved := slices.Clone(list)
	moved[6].Unit = 1
	var without4 []Ballot
	for _, b := range list {
		if b.Unit != 4 {
			without4 = append(without4, b)
		}
	}
	for _, c := range []struct {
		name, want string
		list       []Ballot
	}{
		{"one ballot less", "contest 0, unit 4: ", list[:15]},
		{"one ballot twice", "contest 0, unit 1: ", append(slices.Clone(list), list[0])},
		{"one ballot for another", "contest 0, unit 1, option 0", append(slices.Clone(list[1:]), list[4])},
		{"one option of another", "contest 1, unit 3, option 1", other},
		{"another unit", "contest 0, unit 1: ", moved},
		{"a unit less", "contest 0, unit 4: ", without4},
		{"nothing", "contest 0, unit 1: ", nil},
	} {
		o := of(t, 2, 4, c.list)
		for i, err := range []error{table.VerifyEqual(o), o.VerifyEqual(table)} {
			if !errors.Is(err, ErrDiffer) || !strings.Contains(err.Error(), c.want) {
				t.Errorf("%s, %d: %v, want %q", c.name, i, err, c.want)
			}
		}
	}
}

// many repeats some ballots of ten options and "none", each with its own bytes.
func many(n int, hints bool) iter.Seq[[]Ballot] {
	var some []Ballot
	for range 64 {
		b := Ballot{Unit: uint64(len(some)%50) + 1}
		var c []byte
		for range 22 {
			c = append(c, group.MulBase(group.RandomScalar()).Bytes()...)
		}
		b.Contests = []entry.SealedContest{{Ciphertexts: c}}
		if hints {
			b.Hints = MakeHints(b.Contests)
		}
		some = append(some, b)
	}
	list := make([]Ballot, n)
	for i := range list {
		list[i] = some[i%len(some)]
		list[i].Contests = []entry.SealedContest{{Ciphertexts: bytes.Clone(list[i].Contests[0].Ciphertexts)}}
		list[i].Hints = bytes.Clone(list[i].Hints)
	}
	return slices.Chunk(list, 256)
}

// BenchmarkOf adds up ballots of ten options and "none", on one processor and
// on all.
func BenchmarkOf(b *testing.B) {
	for _, n := range []int{10_000, 100_000} {
		for _, hints := range []bool{true, false} {
			if n > 10_000 && !hints {
				continue
			}
			chunks := many(n, hints)
			for _, goroutines := range slices.Compact([]int{1, runtime.GOMAXPROCS(0)}) {
				b.Run(fmt.Sprintf("ballots=%d/hints=%v/goroutines=%d", n, hints, goroutines), func(b *testing.B) {
					for b.Loop() {
						if _, err := Of(goroutines, chunks, nil); err != nil {
							b.Fatal(err)
						}
					}
					b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*n), "ns/ballot")
				})
			}
		}
	}
}
