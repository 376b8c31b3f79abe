package voter

import (
	"errors"
	"testing"

	"rollcall/internal/text"
)

// TestHearPicked has the line say things after a name's key: only what tells that
// it took this key for this name is taken for that, and what it says of a key before
// is no mistake of its.
func TestHearPicked(t *testing.T) {
	chosen := func(name string) text.Heard { return text.Heard{ID: text.Chosen, Name: name, Whole: true} }
	back := func(key string) text.Heard { return text.Heard{ID: text.TakeBack, Digits: key, Whole: true} }
	silence := text.Heard{ID: text.Silence, Whole: true}
	for _, tt := range []struct {
		name  string
		heard []text.Heard
		want  error
	}{
		{"the name", []text.Heard{chosen("Ada")}, nil},
		{"how to take it back", []text.Heard{back("3")}, nil},
		{"another name", []text.Heard{chosen("Bea")}, ErrMisheard},
		{"another key", []text.Heard{back("4")}, ErrMisheard},
		{"the key before is still told of", []text.Heard{back("2"), chosen("Ada")}, nil},
		{"the name before is told again", []text.Heard{chosen("Zoe"), back("2"), back("3")}, nil},
		{"after that, another name", []text.Heard{back("2"), chosen("Bea")}, ErrMisheard},
		{"nothing but of the key before", []text.Heard{back("2"), silence}, ErrRefused},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c := &Call{unread: tt.heard}
			if err := c.hearPicked(t.Context(), "Ada", "3", map[string]bool{"Zoe": true, "2": true}); !errors.Is(err, tt.want) {
				t.Errorf("got %v, want %v", err, tt.want)
			}
			if len(c.unread) > 0 {
				t.Errorf("%d messages were not listened to", len(c.unread))
			}
		})
	}
	// The same key of another page tells nothing: the name must be heard.
	c := &Call{unread: []text.Heard{back("3"), chosen("Bea")}}
	if err := c.hearPicked(t.Context(), "Ada", "3", map[string]bool{"Zoe": true, "3": true}); !errors.Is(err, ErrMisheard) {
		t.Errorf("the key of a page before: %v", err)
	}
}
