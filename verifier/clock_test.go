package verifier

import (
	"testing"
)

// TestClockOfAReport holds what a report tells of the board's clock, at every
// size and also from a saved state. Others are asked of the whole record only: no
// program tells the clock, and only this process has the states.
func TestClockOfAReport(t *testing.T) {
	r := build(t, tamper{})
	var since *State
	ran, gaps := false, uint64(0)
	for size := uint64(1); size <= r.size(); size++ {
		o := r.options()
		o.Since = since
		got, err := Verify(t.Context(), r.publishAt(size), o)
		if err != nil || got.Failed() {
			dump(t, got)
			t.Fatal(err)
		}
		if c := got.Clock; c.Undecided > c.Expired || c.Expired > got.Ballots.Cast+got.Ballots.Tested+got.Ballots.Undecided || c.Gap > 0 && c.GapAt < got.Before {
			t.Fatalf("size %d: %+v with %+v", size, c, got.Ballots)
		}
		ran, gaps = ran || got.Clock.Running, max(gaps, got.Clock.Gap)
		if since = saved(t, got); string(since.Checkpoint()) != string(r.publishAt(size)["checkpoint"]) {
			t.Fatalf("size %d: the state has another checkpoint", size)
		}
	}
	got := r.verify()
	b, c := got.Ballots, got.Clock
	if !ran || c.Running || c.Last != r.now || c.Gap != gaps || c.Gap < r.manifest.DecisionSeconds ||
		c.Expired != b.Cast+b.Tested+b.Undecided || c.Undecided != b.Undecided || c.Expired == 0 {
		t.Errorf("at the end the clock is %+v with %+v, in steps the longest gap was %d", c, b, gaps)
	}
}

// TestStrayed holds that a tick whose time is not its witnesses' is told from
// other void entries.
func TestStrayed(t *testing.T) {
	for _, v := range []struct {
		void Void
		want bool
	}{
		{Void{Kind: "tick", Reason: "cosignature 0: 6 seconds from the tick's time"}, true},
		{Void{Kind: "tick", Reason: "1 cosignatures, the quorum is 2"}, false},
		{Void{Kind: "ballot", Reason: "6 seconds from the tick's time"}, false},
	} {
		if got := v.void.Strayed(); got != v.want {
			t.Errorf("%+v: %v", v.void, got)
		}
	}
}
