package demo

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"strings"

	"rollcall/internal/caller"
	"rollcall/internal/demo/names"
	"rollcall/internal/text"
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

// letter is what a voter got by mail, as the mail-merge file has it.
type letter struct{ number, pin, castCode, ballotNumber, unit, lang string }

// person is one demo caller: a letter, a plan, and what came of it.
type person struct {
	letter  letter
	conduct conduct
	choices [][]int // by contest, options in the manifest's order
	hangUp  int     // for hangsUp: after how many steps

	codes []string // receipt codes heard, in order
	cast  bool     // heard that the ballot was cast
	heard text.ID  // what the last call said last before goodbye
	err   error
}

// phoneLine is where and how to call.
type phoneLine struct {
	addr       netip.AddrPort
	dictionary *caller.Dictionary
	speed      float64
}

// errHungUp ends the plan of a caller who hangs up.
var errHungUp = errors.New("hung up")

// act makes the person's calls.
func (p *person) act(ctx context.Context, line phoneLine) {
	p.err = p.callOnce(ctx, line)
	if p.err == nil && p.conduct == votesTwice {
		p.err = p.callOnce(ctx, line)
	}
}

func (p *person) callOnce(ctx context.Context, line phoneLine) error {
	l, err := dial(ctx, line.addr, p.letter.lang, line.dictionary, line.speed)
	if err != nil {
		return err
	}
	defer l.call.Hangup()
	err = p.converse(ctx, l)
	p.heard = lastSaid(l.history)
	if errors.Is(err, errHungUp) || refusals[p.heard] {
		return nil // as planned, or as the line told it
	}
	return err
}

// lastSaid is what a call said last, but for goodbyes and the help line.
func lastSaid(history []text.ID) text.ID {
	for i := len(history) - 1; i >= 0; i-- {
		if h := history[i]; h != text.Goodbye && h != text.HelpLine {
			return h
		}
	}
	return ""
}

// converse is one call from the language menu to goodbye.
func (p *person) converse(ctx context.Context, l *listener) error {
	h, err := l.waitFor(ctx, text.Language)
	if err != nil {
		return err
	}
	if err := l.press(ctx, h.Digits); err != nil {
		return err
	}
	if err := p.identify(ctx, l); err != nil {
		return err
	}
	if err := p.seal(ctx, l); err != nil {
		return err
	}
	if p.conduct == testsFirst {
		if err := l.press(ctx, "2#"); err != nil {
			return err
		}
		if _, err := l.waitFor(ctx, text.Tested); err != nil {
			return err
		}
		if err := p.seal(ctx, l); err != nil {
			return err
		}
	}
	return p.castIt(ctx, l)
}

func (p *person) identify(ctx context.Context, l *listener) error {
	if _, err := l.waitFor(ctx, text.AskNumber); err != nil {
		return err
	}
	if err := p.maybeHangUp(l, 0); err != nil {
		return err
	}
	if err := l.press(ctx, p.letter.number); err != nil {
		return err
	}
	if _, err := l.waitFor(ctx, text.AskPIN); err != nil {
		return err
	}
	pin := p.letter.pin
	if p.conduct == wrongPIN {
		pin = other(pin)
	}
	return l.press(ctx, pin)
}

// other returns another number of the same length.
func other(digits string) string {
	last := digits[len(digits)-1]
	return digits[:len(digits)-1] + string('0'+(last-'0'+1)%10)
}

func (p *person) maybeHangUp(l *listener, step int) error {
	if p.conduct == hangsUp && p.hangUp == step {
		l.call.Hangup()
		return errHungUp
	}
	return nil
}

// seal goes through the contests and notes the receipt code that it hears.
func (p *person) seal(ctx context.Context, l *listener) error {
	for i, c := range names.Contests {
		if _, err := l.waitFor(ctx, text.ContestOne, text.ContestUpTo); err != nil {
			return err
		}
		if err := p.maybeHangUp(l, 1+i); err != nil {
			return err
		}
		if err := p.choose(ctx, l, c, p.choices[i]); err != nil {
			return err
		}
	}
	if _, err := l.waitFor(ctx, text.KeepOrChange); err != nil {
		return err
	}
	if err := l.press(ctx, "1"); err != nil {
		return err
	}
	code, err := p.hearCode(ctx, l)
	if err != nil {
		return err
	}
	p.codes = append(p.codes, code)
	return p.maybeHangUp(l, 3)
}

// hearCode listens to the receipt code, and asks for it again if the line was
// too bad to hear all of it, as people do.
func (p *person) hearCode(ctx context.Context, l *listener) (string, error) {
	code := ""
	for {
		h, err := l.waitFor(ctx, text.CodeIs, text.Decide)
		switch {
		case err != nil:
			return "", err
		case h.ID == text.CodeIs:
			code = h.Digits
		case code != "":
			return code, nil
		default:
			if err := l.press(ctx, "3#"); err != nil {
				return "", err
			}
		}
	}
}

// choose keys the wanted options of one contest by the keys it hears named,
// page by page.
func (p *person) choose(ctx context.Context, l *listener, c names.Contest, options []int) error {
	wanted := map[string]bool{}
	for _, o := range options {
		wanted[text.Name(p.letter.lang, c.Options[o][p.letter.lang]).ID()] = true
	}
	if len(wanted) == 0 {
		if _, err := l.waitFor(ctx, text.LeaveBlank); err != nil {
			return err
		}
	}
	for pages := 0; len(wanted) > 0; pages++ {
		keys, err := p.readPage(ctx, l, wanted)
		if err != nil {
			return err
		}
		for name, key := range keys {
			if err := l.press(ctx, key); err != nil {
				return err
			}
			if h, err := l.waitFor(ctx, text.Chosen); err != nil || h.Name != name {
				return fmt.Errorf("chose one name and heard another: %w", err)
			}
			delete(wanted, name)
		}
		if len(wanted) == 0 {
			break
		}
		if pages == maxPages {
			return fmt.Errorf("%d names were never offered", len(wanted))
		}
		if err := l.press(ctx, "9"); err != nil {
			return err
		}
	}
	return l.press(ctx, "#")
}

// maxPages is how many pages of names a caller listens to before giving up.
const maxPages = 12

// readPage listens to one page of names and returns the keys of the wanted
// ones, by name.
func (p *person) readPage(ctx context.Context, l *listener, wanted map[string]bool) (map[string]string, error) {
	keys := map[string]string{}
	for len(keys) < len(wanted) {
		h, err := l.next(ctx)
		if err != nil {
			return nil, err
		}
		switch h.ID {
		case text.Offer:
			if wanted[h.Name] {
				keys[h.Name] = h.Digits
			}
		case text.MoreNames, text.NamesAgain, text.Done, text.LeaveBlank:
			return keys, nil
		}
	}
	return keys, nil
}

// castIt keys the cast code and listens until the line says that it is cast.
func (p *person) castIt(ctx context.Context, l *listener) error {
	code := p.letter.castCode
	if p.conduct == wrongCode {
		code = other(code)
	}
	if err := l.press(ctx, code+"#"); err != nil {
		return err
	}
	if _, err := l.waitFor(ctx, text.Cast); err != nil {
		return err
	}
	p.cast = true
	_, err := l.waitFor(ctx, text.Goodbye)
	return err
}

// plain takes the spaces out of a number on a letter.
func plain(s string) string { return strings.ReplaceAll(s, " ", "") }
