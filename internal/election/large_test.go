package election

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"

	"rollcall/tally/count"
)

// large runs a large election of some options and units in waves of a size.
func large(t *testing.T, voters, options, units, wave int, seed uint64) (*Election, *count.Counted) {
	t.Helper()
	ctx := t.Context()
	o, err := Large(t.TempDir(), voters, options, units)
	if err != nil {
		t.Fatal(err)
	}
	told := map[string]int{}
	o.Progress = func(what string, done, total int) {
		if done <= told[what] || done > total || total != voters {
			t.Errorf("%s: %d of %d are done, before it %d", what, done, total, told[what])
		}
		told[what] = done
	}
	e, err := New(ctx, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := e.Close(); err != nil {
			t.Error(err)
		}
	})
	e.waveSize = wave
	counted, err := e.simulate(ctx, rand.New(rand.NewPCG(seed, 1)))
	if err != nil {
		t.Fatal(err)
	}
	if told["drawing keys"] != voters || told["voting"] != voters {
		t.Errorf("told of %v, there are %d voters", told, voters)
	}
	return e, counted
}

// TestWaves has voters vote in waves of many sizes. Each one's votes are counted
// once, whatever the wave in which they test, cast or abandon.
func TestWaves(t *testing.T) {
	for _, wave := range []int{1, 7, 40, 4096} {
		t.Run(fmt.Sprint(wave), func(t *testing.T) {
			const voters, seed = 40, 5
			e, counted := large(t, voters, 3, 4, wave, seed)
			votes := RandomVotes(e.Manifest, e.Voters, rand.New(rand.NewPCG(seed, 1)))
			got := map[string]uint64{}
			for _, p := range counted.Parts {
				for _, o := range p.Options {
					got[p.Contest+"/"+o.Option] += o.Votes
				}
			}
			for option, n := range expected(e, votes) {
				if got[option] != n {
					t.Errorf("%s: %d votes, want %d", option, got[option], n)
				}
			}
			var tested, abandoned uint64
			for _, v := range votes {
				tested += uint64(v.Tests)
				if v.Abandon {
					abandoned++
				}
			}
			sum := e.Door.State().Summary()
			if tested == 0 || abandoned == 0 || sum.Tested != tested || sum.Undecided != abandoned || sum.Cast != voters-abandoned {
				t.Errorf("%d cast, %d tested, %d undecided; %d voters tested and %d abandoned", sum.Cast, sum.Tested, sum.Undecided, tested, abandoned)
			}
		})
	}
}

// TestSeed runs the same votes twice, and others.
func TestSeed(t *testing.T) {
	_, first := large(t, 30, 5, 2, 8, 1)
	_, again := large(t, 30, 5, 2, 30, 1)
	_, other := large(t, 30, 5, 2, 8, 2)
	if !reflect.DeepEqual(first.Parts, again.Parts) {
		t.Errorf("one seed gave %v and %v", first.Parts, again.Parts)
	}
	if reflect.DeepEqual(first.Parts, other.Parts) {
		t.Error("another seed gave the same votes")
	}
}

// TestLargeLimits holds the numbers of a large election against what the
// formats have room for. The largest ones fit.
func TestLargeLimits(t *testing.T) {
	for _, c := range []struct {
		voters, options, units int
		want                   string
	}{
		{0, 1, 1, "0 voters: want 1 to 1920000"},
		{-1, 1, 1, "-1 voters"},
		{1920001, 1, 1, "1920001 voters: want 1 to 1920000, the roll"},
		{1, 0, 1, "0 options: want 1 to 200"},
		{1, 201, 1, "201 options: want 1 to 200, a contest"},
		{1, 1, 0, "0 units: want 1 to 999"},
		{1, 1, 1000, "1000 units: want 1 to 999, the manifest, one entry of at most 65,535 bytes"},
	} {
		if _, err := Large(t.TempDir(), c.voters, c.options, c.units); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%d voters, %d options, %d units: %v, want %q", c.voters, c.options, c.units, err, c.want)
		}
	}
	o, err := Large(t.TempDir(), 1, maxOptions, maxUnits)
	if err != nil {
		t.Fatal(err)
	}
	e, err := New(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	if err := e.Close(); err != nil {
		t.Error(err)
	}
}

// TestInterrupted ends a simulation in the middle of each part of it.
func TestInterrupted(t *testing.T) {
	for _, part := range []string{"drawing keys", "posting the roll", "voting"} {
		ctx, cancel := context.WithCancel(t.Context())
		o, err := Large(t.TempDir(), 2000, 1, 1)
		if err != nil {
			t.Fatal(err)
		}
		o.Progress = func(what string, _, _ int) {
			if what == part {
				cancel()
			}
		}
		if _, _, err := Simulate(ctx, o, rand.New(rand.NewPCG(1, 1))); !errors.Is(err, context.Canceled) {
			t.Errorf("%s: %v", part, err)
		}
		cancel()
	}
}
