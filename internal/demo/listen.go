package demo

import (
	"context"
	"errors"
	"fmt"
	"net/netip"

	"rollcall/internal/caller"
	"rollcall/internal/text"
)

// listener is a caller who understands what it hears, message by message, in
// one language. It learns nothing but from the sound.
type listener struct {
	call    *caller.Call
	words   *text.Catalogue
	ids     []string // phrases heard since the last message that was taken
	lastID  text.ID  // of the last message taken
	history []text.ID
}

// dial calls the line.
func dial(ctx context.Context, line netip.AddrPort, lang string, dictionary *caller.Dictionary, speed float64) (*listener, error) {
	words, err := text.For(lang)
	if err != nil {
		return nil, err
	}
	call, err := caller.Dial(ctx, line, caller.Options{Dictionary: dictionary, Speed: speed})
	if err != nil {
		return nil, err
	}
	return &listener{call: call, words: words}, nil
}

// next returns the next message heard to its end.
func (l *listener) next(ctx context.Context) (text.Heard, error) {
	for {
		if h, ok := l.take(); ok {
			l.lastID = h.ID
			l.history = append(l.history, h.ID)
			return h, nil
		}
		id, err := l.call.WaitFor(ctx, func(string) bool { return true })
		if err != nil {
			return text.Heard{}, err
		}
		l.ids = append(l.ids, id)
	}
}

// take returns the first whole message among the phrases heard, and forgets
// them up to its end. Messages that broke off are passed over.
func (l *listener) take() (text.Heard, bool) {
	for start := range l.ids {
		if _, ok := l.words.Announces(l.ids[start]); !ok {
			continue
		}
		for end := start + 1; end <= len(l.ids); end++ {
			if heard := l.words.Hear(l.ids[start:end]); len(heard) == 1 && heard[0].Whole {
				l.ids = l.ids[end:]
				return heard[0], true
			}
		}
	}
	return text.Heard{}, false
}

// errUnexpected says that the line said something that ends the caller's plan.
var errUnexpected = errors.New("the line said something else")

// waitFor passes over messages until one of the wanted ones. One of the
// refusals of a call ends it.
func (l *listener) waitFor(ctx context.Context, wanted ...text.ID) (text.Heard, error) {
	for {
		h, err := l.next(ctx)
		if err != nil {
			return h, fmt.Errorf("waiting for %v after %q: %w", wanted, l.lastID, err)
		}
		for _, w := range wanted {
			if h.ID == w {
				return h, nil
			}
		}
		if refusals[h.ID] {
			return h, fmt.Errorf("%w: %q", errUnexpected, h.ID)
		}
	}
}

// refusals are messages after which no caller's plan goes on.
var refusals = map[text.ID]bool{
	text.WrongPIN: true, text.ThreeWrong: true, text.WrongCastCode: true, text.AlreadyCast: true, text.TooManyBallots: true,
	text.TooManyAttempts: true, text.OutsideHours: true, text.NotOpen: true, text.Closed: true, text.TooLate: true,
	text.NotSealed: true, text.Fault: true, text.Silence: true, text.CastUnknown: true, text.TestUnknown: true,
}

// press presses keys.
func (l *listener) press(ctx context.Context, keys string) error { return l.call.Press(ctx, keys) }
