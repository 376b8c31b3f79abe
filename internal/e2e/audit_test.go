package e2e

import (
	"testing"

	"rollcall/internal/text"
	"rollcall/tally/record"
)

// TestAuditorCalls is the way of an auditor: all is as for a voter, a test opens what
// was keyed, and no code casts.
func TestAuditorCalls(t *testing.T) {
	t.Parallel()
	e, ctx := calling(t, options{auditors: 2})
	if len(e.letters) != 3 || len(e.audits) != 2 {
		t.Fatalf("%d letters and %d of auditors", len(e.letters), len(e.audits))
	}
	c, l := e.dial(t, ctx), e.audits[1]
	if l.CastCode != "" {
		t.Fatal("an auditor has a cast code")
	}
	code := seal(t, ctx, c, l, someChoices)
	must(t, c.Test(ctx))
	sealAgain(t, ctx, c, blank)
	for i, code := range []string{"444444", "555555", e.letters[0].CastCode} {
		must(t, c.Press(ctx, code+"#"))
		if i < 2 {
			_, err := c.WaitFor(ctx, text.WrongCastCode)
			must(t, err)
			_, err = c.WaitFor(ctx, text.Decide)
			must(t, err)
		}
	}
	refused(t, ctx, c, text.ThreeWrong)
	e.nobodyCast(t)
	list := e.ballots(t, l)
	if len(list) != 2 || list[0].Code != code || list[0].Decision != record.Tested || list[1].Decision != record.Undecided {
		t.Fatalf("%d ballots of the auditor, want one tested and one undecided", len(list))
	}
	for i, o := range list[0].Opened.Openings {
		want := someVotes[i]
		if len(o.Selected) != len(want) || o.Selected[0] != uint64(want[0]) {
			t.Errorf("contest %d was opened as %v, keyed was %v", i, o.Selected, want)
		}
	}
	e.voteAndCast(t, ctx, e.letters[0])
	if sum := e.service.State().Summary(); sum.Voters != 3 || sum.Auditors != 2 || sum.Cast != 1 {
		t.Errorf("%d voters, %d auditors, %d ballots cast", sum.Voters, sum.Auditors, sum.Cast)
	}
}
