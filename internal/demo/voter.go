package demo

import (
	"context"
	"errors"
	"fmt"

	"rollcall/internal/caller"
	"rollcall/internal/demo/names"
	"rollcall/internal/text"
	"rollcall/internal/voter"
)

// conduct is how a caller behaves.
type conduct int

const (
	votes      conduct = iota // seals, casts
	testsFirst                // tests a ballot, then votes again and casts
	hangsUp                   // hangs up before casting
	wrongPIN                  // keys a PIN that is not its own
	wrongCode                 // keys a cast code that is not its own, then gives up
	votesTwice                // casts, calls again, tries to vote once more
)

// person is one demo caller: a letter, a plan, and what came of it.
type person struct {
	letter  voter.Letter
	conduct conduct
	choices [][]int // by contest, options in the manifest's order
	hangUp  int     // for hangsUp: after how many steps

	codes   []string // receipt codes heard, in order
	cast    bool     // heard that the ballot was cast
	redials int      // calls made anew because the line was bad
	heard   text.ID  // what the last call said last before goodbye
	err     error
}

// maxRedials is how often a caller whose line was bad calls again.
const maxRedials = 3

// errHungUp ends the plan of a caller who hangs up.
var errHungUp = errors.New("hung up")

// refusal is what the line has to tell a caller who misbehaves.
var refusal = map[conduct]text.ID{wrongPIN: text.WrongPIN, wrongCode: text.WrongCastCode, votesTwice: text.AlreadyCast}

// act makes the person's calls, and holds their end against the plan.
func (p *person) act(ctx context.Context, line voter.Line) {
	p.err = p.callUntilThrough(ctx, line)
	if p.err == nil && p.conduct == votesTwice {
		p.err = p.callUntilThrough(ctx, line)
	}
	want, misbehaves := refusal[p.conduct]
	switch {
	case p.err != nil:
	case misbehaves && p.heard != want:
		p.err = fmt.Errorf("heard %q, not %q", p.heard, want)
	case p.cast != (p.conduct == votes || p.conduct == testsFirst || p.conduct == votesTwice):
		p.err = fmt.Errorf("cast: %v", p.cast)
	}
}

// callAgain are messages after which a caller is to call again, and does.
var callAgain = map[text.ID]bool{text.Silence: true, text.NotSealed: true, text.TooLate: true}

// callUntilThrough calls, and calls again if the line was so bad that the call
// ended before the plan did.
func (p *person) callUntilThrough(ctx context.Context, line voter.Line) error {
	for {
		err := p.callOnce(ctx, line)
		refused := errors.Is(err, voter.ErrRefused)
		switch {
		case errors.Is(err, errHungUp), refused && p.heard == refusal[p.conduct]:
			return nil // as planned
		case refused && p.heard == text.AlreadyCast && len(p.codes) > 0:
			p.cast = true // and the word of it was lost: looking up the code will tell
			return nil
		case p.redials < maxRedials && (errors.Is(err, caller.ErrEnded) || errors.Is(err, voter.ErrMisheard) || refused && callAgain[p.heard]):
			p.redials++
		default:
			return err
		}
	}
}

// callOnce is one call from the language menu to goodbye.
func (p *person) callOnce(ctx context.Context, line voter.Line) error {
	c, err := voter.Dial(ctx, line, p.letter.Language)
	if err != nil {
		return err
	}
	defer c.Hangup()
	err = p.converse(ctx, c)
	p.heard = c.Last()
	return err
}

func (p *person) converse(ctx context.Context, c *voter.Call) error {
	if p.conduct == hangsUp && p.hangUp == 0 {
		if err := c.Begin(ctx); err != nil {
			return err
		}
		return errHungUp
	}
	l := p.letter
	if p.conduct == wrongPIN {
		l.PIN = other(l.PIN)
	}
	if err := c.Identify(ctx, l); err != nil {
		return err
	}
	if err := p.seal(ctx, c); err != nil {
		return err
	}
	if p.conduct == testsFirst {
		if err := c.Test(ctx); err != nil {
			return err
		}
		if err := p.seal(ctx, c); err != nil {
			return err
		}
	}
	code := p.letter.CastCode
	if p.conduct == wrongCode {
		code = other(code)
	}
	if err := c.Cast(ctx, code); err != nil {
		return err
	}
	p.cast = true
	_, err := c.WaitFor(ctx, text.Goodbye)
	if errors.Is(err, caller.ErrEnded) {
		return nil // it is cast, with or without a goodbye
	}
	return err
}

// other returns another number of the same length.
func other(digits string) string {
	last := digits[len(digits)-1]
	return digits[:len(digits)-1] + string('0'+(last-'0'+1)%10)
}

// seal goes through the contests and notes the receipt code that it hears. A
// caller who hangs up does so in a contest, or once the ballot is sealed.
func (p *person) seal(ctx context.Context, c *voter.Call) error {
	for i, contest := range names.Contests {
		title := contest.Title[p.letter.Language]
		if p.conduct == hangsUp && p.hangUp == 1+i {
			if err := c.Contest(ctx, title); err != nil {
				return err
			}
			return errHungUp
		}
		var wanted []string
		for _, o := range p.choices[i] {
			wanted = append(wanted, contest.Options[o][p.letter.Language])
		}
		if err := c.Vote(ctx, title, wanted...); err != nil {
			return err
		}
	}
	code, err := c.Keep(ctx)
	if err != nil {
		return err
	}
	p.codes = append(p.codes, code)
	if p.conduct == hangsUp {
		return errHungUp
	}
	return nil
}
