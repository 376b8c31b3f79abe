package callflow

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"rollcall/internal/text"
)

// Election is what the call says about the election before it knows the voter.
type Election struct {
	Languages   []string          // languages offered, in the order of their keys; each has a catalogue
	Titles      map[string]string // title of the election by language
	HelpLine    string            // a telephone number; only its digits are read
	Rehearsal   bool              // says that nothing counts
	Unwitnessed bool              // says that the board has no witnesses
}

// Contest is a contest of this voter's ballot in the voter's language.
type Contest struct {
	Title   string
	Options []string // names in the manifest's order, without "none"
	Limit   int      // most options to choose; 1 is "vote for one"
}

// maxLanguages is how many languages have a key of their own.
const maxLanguages = 9

// check refuses what could not be read out.
func (e Election) check() error {
	if len(e.Languages) == 0 || len(e.Languages) > maxLanguages {
		return fmt.Errorf("callflow: %d languages, want 1 to %d", len(e.Languages), maxLanguages)
	}
	for _, lang := range e.Languages {
		if _, err := text.For(lang); err != nil {
			return err
		}
		if strings.TrimSpace(e.Titles[lang]) == "" {
			return fmt.Errorf("callflow: the election has no title in %q", lang)
		}
	}
	if !strings.ContainsAny(e.HelpLine, "0123456789") {
		return errors.New("callflow: the help line has no number")
	}
	return nil
}

// check refuses a contest that can not be read out or voted in.
func (c Contest) check() error {
	if strings.TrimSpace(c.Title) == "" || len(c.Options) == 0 || c.Limit < 1 {
		return errors.New("callflow: a contest needs a title, options and a limit")
	}
	for _, name := range c.Options {
		if strings.TrimSpace(name) == "" {
			return errors.New("callflow: an option has no name")
		}
	}
	return nil
}

// Phrases lists every phrase that a call of this election may need: the fixed
// words and digits of its languages, its title, and the titles, names and limits
// of the contests given for each language.
func Phrases(e Election, contests map[string][]Contest) ([]text.Phrase, error) {
	if err := e.check(); err != nil {
		return nil, err
	}
	var all []text.Phrase
	seen := make(map[text.Phrase]bool)
	add := func(p text.Phrase) {
		if !seen[p] {
			seen[p] = true
			all = append(all, p)
		}
	}
	for _, lang := range e.Languages {
		catalogue, err := text.For(lang)
		if err != nil {
			return nil, err
		}
		for _, p := range catalogue.Phrases() {
			add(p)
		}
		add(text.Name(lang, e.Titles[lang]))
		for i, c := range contests[lang] {
			if err := c.check(); err != nil {
				return nil, fmt.Errorf("contest %d in %q: %w", i+1, lang, err)
			}
			add(text.Name(lang, c.Title))
			add(text.Number(lang, c.Limit))
			for _, name := range c.Options {
				add(text.Name(lang, name))
			}
		}
	}
	return all, nil
}

// number is the argument of a message for a count.
func number(n int) string { return strconv.Itoa(n) }
