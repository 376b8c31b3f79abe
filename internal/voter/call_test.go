package voter

import (
	"context"
	"errors"
	"slices"
	"testing"

	"rollcall/internal/text"
)

// ids are the phrases of messages, as a caller that knows them all hears them.
func ids(t *testing.T, messages ...text.Message) (list []string) {
	t.Helper()
	phrases, err := text.Render(messages)
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range phrases {
		if !p.IsPause() {
			list = append(list, p.ID())
		}
	}
	return list
}

// TestTake feeds what is heard phrase by phrase: a message is taken once it is
// whole, and not before, and what broke off is passed over.
func TestTake(t *testing.T) {
	en := func(id text.ID, name, digits string) text.Message {
		return text.Message{Lang: "en", ID: id, Name: name, Digits: digits}
	}
	offer := en(text.Offer, "Ada", "3")
	code := en(text.CodeIs, "", "1234567812345678")
	help := en(text.HelpLine, "", "800 555 0142")
	for _, tt := range []struct {
		name  string
		heard []string
		want  []text.Heard
	}{
		{"offer", ids(t, offer), []text.Heard{{ID: text.Offer, Name: text.Name("en", "Ada").ID(), Digits: "3", Whole: true}}},
		{"offer-broken-off", append(ids(t, offer)[:2], ids(t, en(text.Done, "", ""))...), []text.Heard{{ID: text.Done, Whole: true}}},
		{"code", ids(t, code), []text.Heard{{ID: text.CodeIs, Digits: "1234567812345678", Whole: true}}},
		{"code-lacks-a-digit", append(ids(t, code)[:9], ids(t, en(text.Decide, "", ""))...), []text.Heard{{ID: text.Decide, Whole: true}}},
		{"help-line-goes-on", ids(t, help), nil},
		{"help-line", ids(t, help, en(text.Goodbye, "", "")),
			[]text.Heard{{ID: text.HelpLine, Digits: "8005550142", Whole: true}, {ID: text.Goodbye, Whole: true}}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			words, err := text.For("en")
			if err != nil {
				t.Fatal(err)
			}
			c := &Call{words: words}
			var got []text.Heard
			for _, id := range tt.heard {
				c.ids = append(c.ids, id)
				for h, ok := c.take(); ok; h, ok = c.take() {
					got = append(got, h)
				}
			}
			if !slices.Equal(got, tt.want) {
				t.Errorf("understood %+v, want %+v", got, tt.want)
			}
		})
	}
}

// TestPausesBeforeEveryKey holds that a caller pauses before keys of every sort,
// and only then tells of those that are not secret.
func TestPausesBeforeEveryKey(t *testing.T) {
	early, told := errors.New("in the pause"), errors.New("told")
	paused := 0
	c := &Call{
		pause: func(context.Context) error {
			if paused++; paused < 3 {
				return early
			}
			return nil
		},
		key: func(_ context.Context, key byte) error {
			if paused != 3 || key != '7' {
				t.Errorf("told of %q after %d pauses", key, paused)
			}
			return told
		},
	}
	if err := c.pressSecret(t.Context(), "12"); err != early {
		t.Errorf("secret key: %v", err)
	}
	if err := c.Press(t.Context(), "7"); err != early {
		t.Errorf("in the pause of a key: %v", err)
	}
	if err := c.Press(t.Context(), "7"); err != told {
		t.Errorf("after the pause: %v", err)
	}
}
