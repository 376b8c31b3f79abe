package voter

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"slices"

	"rollcall/internal/caller"
	"rollcall/internal/hearing"
	"rollcall/internal/text"
	"rollcall/phone/media"
)

// Line is where to call, and what callers know by heart: by its frames, or, where
// the line changes them, by its sound.
type Line struct {
	Addr       netip.AddrPort
	Dictionary *caller.Dictionary
	Words      *hearing.Words
	Codec      media.Codec
	Record     bool    // keep the sound
	Speed      float64 // of the line, in multiples of real time

	// Pause, if not nil, is called before every key of a call. Its error keeps the
	// key from being pressed.
	Pause func(ctx context.Context) error
	// Key, if not nil, is called, after Pause, before every key that is no part of the voter
	// number, PIN or cast code. Its error keeps the key from being pressed.
	Key func(ctx context.Context, key byte) error
}

// Call is one call in one language. Its methods belong to one goroutine.
type Call struct {
	phone *caller.Call
	pause func(ctx context.Context) error
	key   func(ctx context.Context, key byte) error
	words *text.Catalogue
	ids   []string // phrases heard since the last message that was taken
	said  []text.ID

	unread []text.Heard // messages that Next is to return again
}

// Dial calls the line.
func Dial(ctx context.Context, line Line, lang string) (*Call, error) {
	words, err := text.For(lang)
	if err != nil {
		return nil, err
	}
	phone, err := caller.Dial(ctx, line.Addr, caller.Options{Codec: line.Codec, Dictionary: line.Dictionary, Words: line.Words, Record: line.Record, Speed: line.Speed})
	if err != nil {
		return nil, err
	}
	return &Call{phone: phone, pause: line.Pause, key: line.Key, words: words}, nil
}

// Hangup ends the call.
func (c *Call) Hangup() { c.phone.Hangup() }

// Press presses keys one after the other.
func (c *Call) Press(ctx context.Context, keys string) error { return c.press(ctx, keys, c.key) }

// pressSecret presses the keys of a number that nobody else is to learn.
func (c *Call) pressSecret(ctx context.Context, keys string) error { return c.press(ctx, keys, nil) }

// press calls tell, if not nil, before each key.
func (c *Call) press(ctx context.Context, keys string, tell func(ctx context.Context, key byte) error) error {
	for i := range len(keys) {
		if c.pause != nil {
			if err := c.pause(ctx); err != nil {
				return err
			}
		}
		if tell != nil {
			if err := tell(ctx, keys[i]); err != nil {
				return err
			}
		}
		if err := c.phone.Press(ctx, keys[i:i+1]); err != nil {
			return err
		}
	}
	return nil
}

// Recording returns the sound heard so far as mu-law, if the line was to keep it.
func (c *Call) Recording() []byte { return c.phone.Recording() }

// Transcript returns the phrases heard so far.
func (c *Call) Transcript() []caller.Phrase { return c.phone.Transcript() }

// Done is closed when the call is over, whoever ended it.
func (c *Call) Done() <-chan struct{} { return c.phone.Done() }

// Said lists the messages heard to their end so far.
func (c *Call) Said() []text.ID { return c.said }

// Last is what the line said last, but for goodbyes and the help line.
func (c *Call) Last() text.ID {
	for _, id := range slices.Backward(c.said) {
		if id != text.Goodbye && id != text.HelpLine {
			return id
		}
	}
	return ""
}

// Next returns the next message heard to its end.
func (c *Call) Next(ctx context.Context) (text.Heard, error) {
	if len(c.unread) > 0 {
		h := c.unread[0]
		c.unread = c.unread[1:]
		return h, nil
	}
	for {
		if h, ok := c.take(); ok {
			c.said = append(c.said, h.ID)
			return h, nil
		}
		id, err := c.phone.WaitFor(ctx, func(string) bool { return true })
		if err != nil {
			return text.Heard{}, err
		}
		c.ids = append(c.ids, id)
	}
}

// take returns the first whole message among the phrases heard, and forgets
// them up to its end. Messages that broke off are passed over.
func (c *Call) take() (text.Heard, bool) {
	for start := range c.ids {
		if _, ok := c.words.Announces(c.ids[start]); !ok {
			continue
		}
		for end := start + 1; end <= len(c.ids); end++ {
			if heard := c.words.Hear(c.ids[start:end]); len(heard) == 1 && heard[0].Whole {
				if heard[0].ID == text.HelpLine {
					return c.takeHelpLine(start, end)
				}
				c.ids = c.ids[end:]
				return heard[0], true
			}
		}
	}
	return text.Heard{}, false
}

// takeHelpLine takes the message whose end only what comes after it tells: the
// help line's number has any number of digits.
func (c *Call) takeHelpLine(start, end int) (h text.Heard, ok bool) {
	for ; end <= len(c.ids); end++ {
		heard := c.words.Hear(c.ids[start:end])
		if len(heard[0].Digits) < end-start-1 { // the last phrase was no digit of it
			c.ids = c.ids[end-1:]
			return h, true
		}
		h = heard[0]
	}
	return text.Heard{}, false
}

// ErrRefused says that the line said something that ends the voter's plan.
var ErrRefused = errors.New("the line said something else")

// WaitFor passes over messages until one of the wanted ones. One after which no
// plan goes on is ErrRefused; [Call.Last] tells which.
func (c *Call) WaitFor(ctx context.Context, wanted ...text.ID) (text.Heard, error) {
	for {
		h, err := c.Next(ctx)
		switch {
		case err != nil:
			return h, fmt.Errorf("waiting for %v after %q: %w", wanted, c.Last(), err)
		case slices.Contains(wanted, h.ID):
			return h, nil
		case refusals[h.ID]:
			return h, fmt.Errorf("%w: %q", ErrRefused, h.ID)
		}
	}
}

// refusals are messages after which no voter's plan goes on.
var refusals = map[text.ID]bool{
	text.WrongPIN: true, text.ThreeWrong: true, text.WrongCastCode: true, text.AlreadyCast: true, text.TooManyBallots: true,
	text.TooManyAttempts: true, text.OutsideHours: true, text.NotOpen: true, text.Closed: true, text.TooLate: true,
	text.NotSealed: true, text.Fault: true, text.Silence: true, text.CastUnknown: true, text.TestUnknown: true,
}
