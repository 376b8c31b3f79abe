package e2e

import (
	"context"
	"slices"
	"testing"

	"rollcall/internal/demo/names"
	"rollcall/internal/voter"
)

// dial calls the election's line and hangs up when the test ends.
func (e *election) dial(t *testing.T, ctx context.Context) *voter.Call {
	t.Helper()
	c, err := voter.Dial(ctx, e.line, "en")
	must(t, err)
	t.Cleanup(func() {
		c.Hangup()
		if t.Failed() {
			t.Logf("heard %v", c.Said())
		}
	})
	return c
}

// seal identifies a voter and seals a ballot for names, by contest. It returns
// the receipt code heard.
func seal(t *testing.T, ctx context.Context, c *voter.Call, l voter.Letter, choices [][]string) string {
	t.Helper()
	must(t, c.Identify(ctx, l))
	return sealAgain(t, ctx, c, choices)
}

// sealAgain seals a ballot for a voter who is identified.
func sealAgain(t *testing.T, ctx context.Context, c *voter.Call, choices [][]string) string {
	t.Helper()
	for i, wanted := range choices {
		must(t, c.Vote(ctx, names.Contests[i].Title["en"], wanted...))
	}
	code, err := c.Keep(ctx)
	must(t, err)
	return code
}

// someChoices are a vote in each contest, and what a ballot for it decrypts to.
var someChoices = [][]string{{names.Contests[0].Options[10]["en"]}, {names.Contests[1].Options[3]["en"], names.Contests[1].Options[1]["en"]}}

var someVotes = [][]int{{10}, {1, 3}}

// blank leaves every contest blank: "none" is the option after the last.
var (
	blank      = [][]string{{}, {}}
	blankVotes = [][]int{{len(names.Contests[0].Options)}, {}}
)

func equalVotes(a, b [][]int) bool { return slices.EqualFunc(a, b, slices.Equal) }

// TestOwnCallerVotes is the way of a voter who hears well: tests a ballot,
// casts another, and finds on the board exactly what was keyed.
func TestOwnCallerVotes(t *testing.T) {
	t.Parallel()
	e := open(t, options{})
	e.serve(t, fast)
	ctx, stop := context.WithTimeout(t.Context(), limit)
	defer stop()
	c, l := e.dial(t, ctx), e.letters[0]
	tested := seal(t, ctx, c, l, blank)
	must(t, c.Test(ctx))
	code := sealAgain(t, ctx, c, someChoices)
	must(t, c.Cast(ctx, l.CastCode))
	if list := e.ballots(t, l); len(list) != 2 || list[0].Code != tested || list[0].Opened == nil || !equalVotes(e.decrypt(t, list[0]), blankVotes) {
		t.Error("the tested ballot is not the first one sealed")
	}
	b := e.castBallot(t, l)
	if got := e.decrypt(t, b); !equalVotes(got, someVotes) {
		t.Errorf("the ballot cast holds %v, want %v", got, someVotes)
	}
	if b.Code != code {
		t.Error("the receipt code heard is not that of the ballot cast")
	}
}
