package verifier_test

import (
	"context"
	"math/rand/v2"
	"os"
	"testing"

	"rollcall/bulletin/checkpoint"
	"rollcall/bulletin/tlog"
	"rollcall/crypto/credential"
	"rollcall/internal/election"
	"rollcall/verifier"
)

// TestSimulatedElection has everybody judge a board that the real election code wrote.
func TestSimulatedElection(t *testing.T) {
	ctx := context.Background()
	o := election.Small(t.TempDir())
	o.Voters = []int{0, 60, 60, 3} // more entries than one bundle holds
	e, err := election.New(ctx, o)
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	votes := election.RandomVotes(e.Manifest, e.Voters, rand.New(rand.NewPCG(1, 2)))
	for _, step := range []func() error{
		func() error { return e.Ceremony(ctx) },
		func() error { return e.Open(ctx) },
		func() error { return e.Run(ctx, votes) },
		func() error { return e.End(ctx) },
		func() error { return e.Decrypt(ctx, 1, 3) },
		func() error { _, err := e.Tally(ctx); return err },
	} {
		if err := step(); err != nil {
			t.Fatal(err)
		}
	}
	text, err := os.ReadFile(e.Policy())
	if err != nil {
		t.Fatal(err)
	}
	policy, err := checkpoint.ParsePolicy(text)
	if err != nil {
		t.Fatal(err)
	}
	source, err := tlog.OpenDir(e.Public())
	if err != nil {
		t.Fatal(err)
	}
	report, err := verifier.JudgeFolder(t, 0, e.Public(), verifier.Options{ElectionID: e.ID(), Policy: policy})
	if err != nil {
		t.Fatal(err)
	}
	if !report.Verified() || len(report.Void) > 0 {
		report.WriteText(os.Stderr, false)
		t.Fatal("not verified")
	}
	if report.Size <= 256 {
		t.Errorf("only %d entries", report.Size)
	}
	for _, voter := range e.Voters[:6] {
		sameReceipts(t, e, source, voter)
	}
}

// sameReceipts holds that board and verifier give one voter's ballots the same
// codes, times and states. It looks up ballots of a record of which everybody has been
// asked.
func sameReceipts(t *testing.T, e *election.Election, source tlog.Reader, voter election.Voter) {
	t.Helper()
	number := credential.BallotNumber(e.Hash, voter.Ballot.Public())
	q, err := verifier.ParseQuery(number)
	if err != nil {
		t.Fatal(err)
	}
	report, err := verifier.Verify(t.Context(), source, verifier.Options{ElectionID: e.ID(), Query: q})
	if err != nil {
		t.Fatal(err)
	}
	theirs, _ := e.Door.State().FindBallotNumber(number)
	if len(theirs) != len(report.Receipts) {
		t.Fatalf("%s: %d ballots, the board has %d", number, len(report.Receipts), len(theirs))
	}
	for i, r := range report.Receipts {
		b := theirs[i]
		if r.Index != b.Index || r.Code != b.Code || r.Sealed != b.CodeTickTime || r.State != b.Decision.String() || r.BallotNumber != number {
			t.Errorf("%+v, the board says index %d, code %s, sealed %d, %v", r, b.Index, b.Code, b.CodeTickTime, b.Decision)
		}
	}
}
