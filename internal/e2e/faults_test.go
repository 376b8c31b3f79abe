package e2e

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"rollcall/internal/caller"
	"rollcall/internal/demo/names"
	"rollcall/internal/text"
	"rollcall/internal/voter"
)

// calling is a test's election that is served at our callers' speed, with a
// bound on everything that follows.
func calling(t *testing.T, o options) (*election, context.Context) {
	t.Helper()
	e := open(t, o)
	e.serve(t, fast)
	ctx, stop := context.WithTimeout(t.Context(), limit)
	t.Cleanup(stop)
	return e, ctx
}

// nobodyCast fails the test if a ballot has been cast.
func (e *election) nobodyCast(t *testing.T) {
	t.Helper()
	if n := e.service.State().Summary().Cast; n != 0 {
		t.Errorf("%d ballots were cast", n)
	}
}

// refused takes a call to its last words, which have to be these, followed by
// the help line's number.
func refused(t *testing.T, ctx context.Context, c *voter.Call, want text.ID) {
	t.Helper()
	for {
		h, err := c.Next(ctx)
		if err != nil {
			t.Fatalf("heard %q last, want %q and the help line: %v", c.Last(), want, err)
		}
		if h.ID == text.HelpLine {
			if number := voter.Plain(names.HelpLine); h.Digits != number {
				t.Errorf("the help line is said to be %s, want %s", h.Digits, number)
			}
			break
		}
	}
	if !slices.Contains(c.Said(), want) {
		t.Errorf("was not told %q", want)
	}
	if _, err := c.WaitFor(ctx, text.Goodbye); err != nil {
		t.Error(err)
	}
	if _, err := c.Next(ctx); !errors.Is(err, caller.ErrEnded) {
		t.Errorf("after the goodbye: %v, want the end of the call", err)
	}
}

// voteAndCast is a whole call of a voter, with nothing out of the ordinary.
func (e *election) voteAndCast(t *testing.T, ctx context.Context, l voter.Letter) {
	t.Helper()
	c := e.dial(t, ctx)
	seal(t, ctx, c, l, someChoices)
	must(t, c.Cast(ctx, l.CastCode))
	if got := e.decrypt(t, e.castBallot(t, l)); !equalVotes(got, someVotes) {
		t.Errorf("the ballot cast holds %v, want %v", got, someVotes)
	}
}

// TestHangUpInEveryState: whoever hangs up before the # after the cast code has
// cast nothing, and the election goes on.
func TestHangUpInEveryState(t *testing.T) {
	t.Parallel()
	ways := []struct {
		state string
		to    func(t *testing.T, ctx context.Context, c *voter.Call, l voter.Letter)
	}{
		{"language", func(t *testing.T, ctx context.Context, c *voter.Call, _ voter.Letter) {
			_, err := c.WaitFor(ctx, text.Language)
			must(t, err)
		}},
		{"number", func(t *testing.T, ctx context.Context, c *voter.Call, l voter.Letter) {
			must(t, c.Begin(ctx))
			must(t, c.Press(ctx, l.Number[:5]))
		}},
		{"PIN", func(t *testing.T, ctx context.Context, c *voter.Call, l voter.Letter) {
			must(t, c.Begin(ctx))
			must(t, c.Press(ctx, l.Number+l.PIN[:7]))
		}},
		{"identifying", func(t *testing.T, ctx context.Context, c *voter.Call, l voter.Letter) {
			must(t, c.Identify(ctx, l))
		}},
		{"contest", func(t *testing.T, ctx context.Context, c *voter.Call, l voter.Letter) {
			must(t, c.Identify(ctx, l))
			must(t, c.Vote(ctx, names.Contests[0].Title["en"], someChoices[0]...))
		}},
		{"review", func(t *testing.T, ctx context.Context, c *voter.Call, l voter.Letter) {
			chosen(t, ctx, c, l)
		}},
		{"sealing", func(t *testing.T, ctx context.Context, c *voter.Call, l voter.Letter) {
			chosen(t, ctx, c, l)
			must(t, c.Press(ctx, "1"))
		}},
		{"code", func(t *testing.T, ctx context.Context, c *voter.Call, l voter.Letter) {
			chosen(t, ctx, c, l)
			must(t, c.Press(ctx, "1"))
			_, err := c.WaitFor(ctx, text.Sealed)
			must(t, err)
		}},
		{"decide", func(t *testing.T, ctx context.Context, c *voter.Call, l voter.Letter) {
			seal(t, ctx, c, l, someChoices)
		}},
		{"cast code without #", func(t *testing.T, ctx context.Context, c *voter.Call, l voter.Letter) {
			seal(t, ctx, c, l, someChoices)
			must(t, c.Press(ctx, l.CastCode))
		}},
		{"tested", func(t *testing.T, ctx context.Context, c *voter.Call, l voter.Letter) {
			seal(t, ctx, c, l, someChoices)
			must(t, c.Test(ctx))
		}},
	}
	e, ctx := calling(t, options{voters: len(ways) + 1})
	t.Run("all", func(t *testing.T) {
		for i, way := range ways {
			t.Run(way.state, func(t *testing.T) {
				t.Parallel()
				c := e.dial(t, ctx)
				way.to(t, ctx, c, e.letters[i])
				c.Hangup()
			})
		}
	})
	e.callsEnded(t, ctx, len(ways))
	if n := e.service.Calls()["hung-up"]; n != len(ways) {
		t.Errorf("%d calls ended as hung up, want %d: %v", n, len(ways), e.service.Calls())
	}
	e.nobodyCast(t)
	e.voteAndCast(t, ctx, e.letters[len(ways)])
	e.voteAndCast(t, ctx, e.letters[len(ways)-1]) // who was cut off, calls again
}

// callsEnded returns when the line has seen the end of so many calls.
func (e *election) callsEnded(t *testing.T, ctx context.Context, n int) {
	t.Helper()
	for {
		sum := 0
		for _, k := range e.service.Calls() {
			sum += k
		}
		if sum >= n {
			return
		}
		select {
		case <-ctx.Done():
			t.Fatalf("%d of %d calls have ended", sum, n)
		case <-time.After(10 * time.Millisecond):
		}
	}
}

// chosen takes a call to the question of whether to keep the choices.
func chosen(t *testing.T, ctx context.Context, c *voter.Call, l voter.Letter) {
	t.Helper()
	must(t, c.Identify(ctx, l))
	for i, wanted := range someChoices {
		must(t, c.Vote(ctx, names.Contests[i].Title["en"], wanted...))
	}
	_, err := c.WaitFor(ctx, text.KeepOrChange)
	must(t, err)
}

// TestKeysBeforeTheCodeDecideNothing: a key that bounces, or a cast code keyed
// too early, is ignored until the receipt code has been read once.
func TestKeysBeforeTheCodeDecideNothing(t *testing.T) {
	t.Parallel()
	e, ctx := calling(t, options{})
	c, l := e.dial(t, ctx), e.letters[0]
	chosen(t, ctx, c, l)
	must(t, c.Press(ctx, "11"))
	must(t, c.Press(ctx, l.CastCode+"#2#"))
	_, err := c.WaitFor(ctx, text.Decide)
	must(t, err)
	if list := e.ballots(t, l); len(list) != 1 || list[0].Opened != nil {
		t.Errorf("%d ballots sealed, want 1 that is not tested", len(list))
	}
	e.nobodyCast(t)
	must(t, c.Cast(ctx, l.CastCode))
	e.castBallot(t, l)
}

// TestTheCastCodeManyTimes casts once, and the next call is told so.
func TestTheCastCodeManyTimes(t *testing.T) {
	t.Parallel()
	e, ctx := calling(t, options{})
	c, l := e.dial(t, ctx), e.letters[0]
	seal(t, ctx, c, l, someChoices)
	must(t, c.Press(ctx, strings.Repeat(l.CastCode+"#", 4)))
	_, err := c.WaitFor(ctx, text.Cast)
	must(t, err)
	e.castBallot(t, l)

	again := e.dial(t, ctx)
	must(t, again.Identify(ctx, l))
	refused(t, ctx, again, text.AlreadyCast)
	e.castBallot(t, l)
}

// TestTwoCallsAtOnce: both may seal, and one of them casts. The other is told
// why it can not.
func TestTwoCallsAtOnce(t *testing.T) {
	t.Parallel()
	e, ctx := calling(t, options{})
	l := e.letters[0]
	first, second := e.dial(t, ctx), e.dial(t, ctx)
	// Side by side: a line that is left alone asks, and hangs up in the end.
	identified := make(chan error, 1)
	go func() { identified <- second.Identify(ctx, l) }()
	must(t, first.Identify(ctx, l))
	must(t, <-identified)
	sealed := make(chan error, 1)
	go func() {
		for i, wanted := range blank {
			if err := second.Vote(ctx, names.Contests[i].Title["en"], wanted...); err != nil {
				sealed <- err
				return
			}
		}
		_, err := second.Keep(ctx)
		sealed <- err
	}()
	sealAgain(t, ctx, first, someChoices)
	must(t, <-sealed)
	must(t, first.Cast(ctx, l.CastCode))
	must(t, second.Press(ctx, l.CastCode+"#"))
	refused(t, ctx, second, text.AlreadyCast)
	if got := e.decrypt(t, e.castBallot(t, l)); !equalVotes(got, someVotes) {
		t.Errorf("the ballot cast holds %v, want %v", got, someVotes)
	}
}

// wrongPIN is a PIN that is not the letter's.
func wrongPIN(l voter.Letter) voter.Letter {
	last := l.PIN[7]
	l.PIN = l.PIN[:7] + string('0'+(last-'0'+1)%10)
	return l
}

// TestWrongPINs: three end the call, ten in an hour are all that are tried.
func TestWrongPINs(t *testing.T) {
	t.Parallel()
	e, ctx := calling(t, options{})
	l := wrongPIN(e.letters[0])
	tries := func(n int) *voter.Call {
		c := e.dial(t, ctx)
		must(t, c.Identify(ctx, l))
		for range n - 1 {
			_, err := c.WaitFor(ctx, text.WrongPIN)
			must(t, err)
			_, err = c.WaitFor(ctx, text.AskNumber)
			must(t, err)
			must(t, c.Press(ctx, l.Number+l.PIN))
		}
		return c
	}
	for range 3 {
		refused(t, ctx, tries(3), text.ThreeWrong)
	}
	refused(t, ctx, tries(2), text.TooManyAttempts)
	// Not the right one either, now; and nobody else is the worse for it.
	c := e.dial(t, ctx)
	must(t, c.Identify(ctx, e.letters[0]))
	refused(t, ctx, c, text.TooManyAttempts)
	e.voteAndCast(t, ctx, e.letters[1])
}

// TestWrongCastCodes: three end the call, and cast nothing.
func TestWrongCastCodes(t *testing.T) {
	t.Parallel()
	e, ctx := calling(t, options{})
	c, l := e.dial(t, ctx), e.letters[0]
	seal(t, ctx, c, l, someChoices)
	for i, code := range []string{"444444", "555555", "666666"} {
		if code == l.CastCode {
			code = "777777"
		}
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
}

func TestOutsideHours(t *testing.T) {
	t.Parallel()
	e, ctx := calling(t, options{starts: time.Hour})
	c := e.dial(t, ctx)
	must(t, c.Identify(ctx, e.letters[0]))
	refused(t, ctx, c, text.OutsideHours)
}
