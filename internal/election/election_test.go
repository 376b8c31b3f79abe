package election

import (
	"context"
	"math/rand/v2"
	"testing"

	"rollcall/bulletin/entry"
	"rollcall/tally/record"
)

// TestWholeElection runs an election from the manifest to the result and holds
// the result against the votes that went in.
func TestWholeElection(t *testing.T) {
	ctx := context.Background()
	e, err := New(ctx, Small(t.TempDir()))
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	votes := RandomVotes(e.Manifest, e.Voters, rand.New(rand.NewPCG(1, 2)))
	if err := e.Ceremony(ctx); err != nil {
		t.Fatal(err)
	}
	if err := e.Open(ctx); err != nil {
		t.Fatal(err)
	}
	if err := e.Run(ctx, votes); err != nil {
		t.Fatal(err)
	}
	if err := e.End(ctx); err != nil {
		t.Fatal(err)
	}
	if err := e.Decrypt(ctx, 1, 3); err != nil {
		t.Fatal(err)
	}
	counted, err := e.Tally(ctx)
	if err != nil {
		t.Fatal(err)
	}
	if p := e.Door.State().Phase(); p != record.PhaseCounted {
		t.Errorf("phase %v, want counted", p)
	}
	want := expected(e, votes)
	got := map[string]uint64{}
	for _, p := range counted.Parts {
		for _, o := range p.Options {
			got[p.Contest+"/"+o.Option] += o.Votes
		}
		for _, u := range p.Units {
			if u == "island" && len(p.Units) == 1 && p.Ballots > 0 {
				t.Errorf("contest %s: the island's %d ballots are reported alone", p.Contest, p.Ballots)
			}
		}
	}
	for k, n := range want {
		if got[k] != n {
			t.Errorf("%s: %d votes, want %d", k, got[k], n)
		}
	}
}

func expected(e *Election, votes []Vote) map[string]uint64 {
	want := map[string]uint64{}
	for _, v := range votes {
		if v.Abandon {
			continue
		}
		for i, c := range e.Manifest.ContestsOf(e.Voters[v.Voter].Unit) {
			contest := &e.Manifest.Contests[c]
			if len(v.Choices[i]) == 0 && contest.Limit == 1 {
				want[contest.ID+"/"+entry.NoneID]++
			}
			for _, o := range v.Choices[i] {
				want[contest.ID+"/"+contest.Options[o].ID]++
			}
		}
	}
	return want
}
