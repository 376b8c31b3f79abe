package voter

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	"rollcall/crypto/checkdigit"
	"rollcall/internal/text"
)

// Identify takes the call from the language menu to the first contest, and
// returns once the PIN is keyed.
func (c *Call) Identify(ctx context.Context, l Letter) error {
	if err := c.Begin(ctx); err != nil {
		return err
	}
	if err := c.pressSecret(ctx, l.Number); err != nil {
		return err
	}
	if _, err := c.WaitFor(ctx, text.AskPIN); err != nil {
		return err
	}
	return c.pressSecret(ctx, l.PIN)
}

// Begin chooses the language, where there is a choice, and returns when the line
// asks for the voter number.
func (c *Call) Begin(ctx context.Context) error {
	h, err := c.WaitFor(ctx, text.Language, text.AskNumber)
	if err != nil || h.ID == text.AskNumber {
		return err
	}
	if err := c.Press(ctx, h.Digits); err != nil {
		return err
	}
	_, err = c.WaitFor(ctx, text.AskNumber)
	return err
}

// maxPages is how many pages of names a voter listens to before giving up.
const maxPages = 12

// Vote waits for the contest with a title, keys the wanted names by the keys it
// hears named, page by page, and #.
func (c *Call) Vote(ctx context.Context, title string, names ...string) error {
	if err := c.Contest(ctx, title); err != nil {
		return err
	}
	wanted := map[string]bool{}  // by the ids of their phrases
	earlier := map[string]bool{} // names, and their keys
	for _, n := range names {
		wanted[text.Name(c.words.Lang, n).ID()] = true
	}
	if len(wanted) == 0 {
		return c.leaveBlank(ctx, title)
	}
	for page := 0; len(wanted) > 0; page++ {
		if page == maxPages {
			return fmt.Errorf("%d names were never offered", len(wanted))
		}
		if page > 0 {
			if err := c.Press(ctx, "9"); err != nil {
				return err
			}
		}
		keys, err := c.readPage(ctx, wanted)
		if err != nil {
			return err
		}
		for _, name := range slices.Sorted(maps.Keys(keys)) {
			if err := c.Press(ctx, keys[name]); err != nil {
				return err
			}
			if err := c.hearPicked(ctx, name, keys[name], earlier); err != nil {
				return err
			}
			earlier[name], earlier[keys[name]] = true, true
			delete(wanted, name)
		}
	}
	return c.Press(ctx, "#")
}

// Contest waits for the contest with a title to be read.
func (c *Call) Contest(ctx context.Context, title string) error {
	want := text.Name(c.words.Lang, title).ID()
	for {
		h, err := c.WaitFor(ctx, text.ContestOne, text.ContestUpTo)
		if err != nil || h.Name == want {
			return err
		}
	}
}

// leaveBlank presses # until the line has taken it for this contest's. The
// first can be too fast: until a page has been read, # may end the PIN.
func (c *Call) leaveBlank(ctx context.Context, title string) error {
	own := text.Name(c.words.Lang, title).ID()
	for {
		h, err := c.WaitFor(ctx, text.LeaveBlank, text.LeftBlank, text.ContestOne, text.ContestUpTo, text.Review)
		switch {
		case err != nil:
			return err
		case h.ID == text.LeaveBlank:
			if err := c.Press(ctx, "#"); err != nil {
				return err
			}
		case h.ID == text.LeftBlank:
			return nil
		case h.Name != own: // "left blank" was lost, and this comes after it
			c.unread = append(c.unread, h)
			return nil
		}
	}
}

// ErrMisheard says that the line took a key for another name than the voter.
// Nothing is sealed yet: whoever hangs up may call again.
var ErrMisheard = errors.New("chose one name and heard another")

// hearPicked makes sure that the line has understood a name's key: it says the name
// again, or at least how to take back what that key chose. What it says of keys pressed
// earlier in this contest it may have begun before it heard this one.
func (c *Call) hearPicked(ctx context.Context, name, key string, earlier map[string]bool) error {
	for {
		h, err := c.WaitFor(ctx, text.Chosen, text.TakeBack)
		switch {
		case err != nil:
			return err
		case h.ID == text.Chosen && h.Name == name, h.ID == text.TakeBack && h.Digits == key && !earlier[key]:
			return nil
		case h.ID == text.Chosen && !earlier[h.Name], h.ID == text.TakeBack && !earlier[h.Digits]:
			return ErrMisheard
		}
	}
}

// readPage listens to one page of names and returns the keys of the wanted
// ones, by name. A page begins with key 1: what comes before is the rest of the
// page that was left, whose keys are no longer theirs.
func (c *Call) readPage(ctx context.Context, wanted map[string]bool) (map[string]string, error) {
	keys, began := map[string]string{}, false
	for len(keys) < len(wanted) {
		h, err := c.WaitFor(ctx, text.Offer, text.MoreNames, text.NamesAgain, text.Done, text.LeaveBlank)
		switch {
		case err != nil:
			return nil, err
		case h.ID != text.Offer && began:
			return keys, nil
		case h.ID == text.Offer:
			began = began || h.Digits == "1"
			if began && wanted[h.Name] {
				keys[h.Name] = h.Digits
			}
		}
	}
	return keys, nil
}

// Keep keeps the choices that are read back, and returns the receipt code that
// it hears once the ballot is sealed.
func (c *Call) Keep(ctx context.Context) (code string, err error) {
	if err := c.Review(ctx); err != nil {
		return "", err
	}
	return c.Seal(ctx)
}

// Review listens to the choices that are read back.
func (c *Call) Review(ctx context.Context) error {
	_, err := c.WaitFor(ctx, text.KeepOrChange)
	return err
}

// Seal keeps the choices, and returns the receipt code that it hears.
func (c *Call) Seal(ctx context.Context) (code string, err error) {
	if err := c.Press(ctx, "1"); err != nil {
		return "", err
	}
	return c.hearCode(ctx)
}

// ErrUnclear says that the receipt code could not be understood, however often
// it was read. The ballot is sealed: the line has just asked what to do with it.
var ErrUnclear = errors.New("the receipt code was not understood")

// maxReadings is how often a voter listens to the receipt code.
const maxReadings = 6

// hearCode listens to the receipt code, and asks for it again if the line was
// too bad to hear all of it, as people do. A code whose check digits are wrong
// was misheard, unless it is heard again so: then that is what the line says.
func (c *Call) hearCode(ctx context.Context) (string, error) {
	before, code := "", ""
	for readings := 1; ; {
		h, err := c.WaitFor(ctx, text.CodeIs, text.Decide)
		switch {
		case err != nil:
			return "", err
		case h.ID == text.CodeIs:
			if checkdigit.Verify97(h.Digits, len(h.Digits)) == nil || h.Digits == before {
				code = h.Digits
			}
			before = h.Digits
		case code != "":
			return code, nil
		case readings == maxReadings:
			return "", ErrUnclear
		default:
			readings++
			if err := c.Again(ctx); err != nil {
				return "", err
			}
		}
	}
}

// Again has the line read the receipt code again.
func (c *Call) Again(ctx context.Context) error { return c.Press(ctx, "3#") }

// HearDecide waits until the line asks what to do with the sealed ballot.
func (c *Call) HearDecide(ctx context.Context) error {
	_, err := c.WaitFor(ctx, text.Decide)
	return err
}

// Test has the sealed ballot tested, and returns when the line says that it is.
func (c *Call) Test(ctx context.Context) error {
	if err := c.PressTest(ctx); err != nil {
		return err
	}
	return c.HearTested(ctx)
}

// PressTest asks for the test.
func (c *Call) PressTest(ctx context.Context) error { return c.Press(ctx, "2#") }

// HearTested waits until the line says that the ballot is tested.
func (c *Call) HearTested(ctx context.Context) error {
	_, err := c.WaitFor(ctx, text.Tested)
	return err
}

// Cast keys a cast code and returns when the line says that the ballot is cast.
func (c *Call) Cast(ctx context.Context, castCode string) error {
	if err := c.pressSecret(ctx, castCode+"#"); err != nil {
		return err
	}
	_, err := c.WaitFor(ctx, text.Cast)
	return err
}
