package text

import (
	"bytes"
	"embed"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"sync"

	"github.com/goccy/go-yaml"
)

//go:embed catalogue/*.yaml
var files embed.FS

// Languages lists the languages that have a catalogue.
var Languages = []string{"en", "es"}

// Catalogue is the words of one language. It is read-only after loading.
type Catalogue struct {
	Lang string // "en"

	digits    [10]Phrase
	templates map[ID][]part
	markers   map[string]ID // ID of a message's first phrase -> message
}

// part is a piece of a template: fixed words, or a placeholder.
type part struct {
	words Phrase // the zero Phrase in a placeholder
	slot  string // "name", "digits", "number", "code"; empty for words
}

var load = sync.OnceValues(func() (map[string]*Catalogue, error) {
	all := make(map[string]*Catalogue, len(Languages))
	for _, lang := range Languages {
		path := "catalogue/" + lang + ".yaml"
		raw, err := files.ReadFile(path)
		if err != nil {
			return nil, fmt.Errorf("text: %w", err)
		}
		c, err := parse(lang, raw)
		if err != nil {
			return nil, fmt.Errorf("text: %s: %w", path, err)
		}
		all[lang] = c
	}
	return all, nil
})

// For returns the catalogue of lang ("en", "es").
func For(lang string) (*Catalogue, error) {
	all, err := load()
	if err != nil {
		return nil, err
	}
	c, ok := all[lang]
	if !ok {
		return nil, fmt.Errorf("text: no catalogue for language %q", lang)
	}
	return c, nil
}

var placeholder = regexp.MustCompile(`\{[^{}]*\}`)

// parse reads one catalogue: every message of IDs and no other, each starting
// with words that no other message starts with.
func parse(lang string, raw []byte) (*Catalogue, error) {
	var file struct {
		Digits   []string      `yaml:"digits"`
		Messages map[ID]string `yaml:"messages"`
	}
	if err := yaml.NewDecoder(bytes.NewReader(raw), yaml.Strict()).Decode(&file); err != nil {
		return nil, err
	}
	c := &Catalogue{Lang: lang, templates: make(map[ID][]part), markers: make(map[string]ID)}
	if len(file.Digits) != len(c.digits) {
		return nil, fmt.Errorf("a language has %d digits", len(c.digits))
	}
	for i, d := range file.Digits {
		c.digits[i] = Phrase{Lang: lang, Text: d}
	}
	for id := range file.Messages {
		if !slices.Contains(IDs, id) {
			return nil, fmt.Errorf("message %q is not in use", id)
		}
	}
	for _, id := range IDs {
		parts, err := split(lang, file.Messages[id])
		if err != nil {
			return nil, fmt.Errorf("message %q: %w", id, err)
		}
		marker := parts[0].words.ID()
		if other, taken := c.markers[marker]; taken {
			return nil, fmt.Errorf("messages %q and %q start alike", other, id)
		}
		c.templates[id], c.markers[marker] = parts, id
	}
	return c, nil
}

// split cuts a template at its placeholders.
func split(lang, template string) ([]part, error) {
	var parts []part
	words := func(s string) {
		s = strings.Trim(strings.TrimLeft(s, " .,:;"), " ,:;")
		if s != "" {
			parts = append(parts, part{words: Phrase{Lang: lang, Text: s}})
		}
	}
	names, figures, end := 0, 0, 0
	for _, at := range placeholder.FindAllStringIndex(template, -1) {
		words(template[end:at[0]])
		end = at[1]
		slot := template[at[0]+1 : at[1]-1]
		switch slot {
		case "name":
			names++
		case "digits", "number", "code":
			figures++
		default:
			return nil, fmt.Errorf("unknown placeholder {%s}", slot)
		}
		parts = append(parts, part{slot: slot})
	}
	words(template[end:])
	switch {
	case len(parts) == 0 || parts[0].slot != "":
		return nil, fmt.Errorf("does not start with words")
	case names > 1 || figures > 1:
		return nil, fmt.Errorf("more than one name or more than one number")
	}
	return parts, nil
}

// Phrases lists the fixed phrases and the ten digits of the language, each once:
// all that a call can say in it but for names and numbers above nine.
func (c *Catalogue) Phrases() []Phrase {
	seen := make(map[Phrase]bool)
	var all []Phrase
	add := func(p Phrase) {
		if !seen[p] {
			seen[p] = true
			all = append(all, p)
		}
	}
	for _, id := range IDs {
		for _, p := range c.templates[id] {
			if p.slot == "" {
				add(p.words)
			}
		}
	}
	for _, d := range c.digits {
		add(d)
	}
	return all
}

// Announces tells which message starts with the phrase of this ID.
func (c *Catalogue) Announces(phraseID string) (ID, bool) {
	id, ok := c.markers[phraseID]
	return id, ok
}
