package text

import (
	"fmt"
	"strconv"
	"strings"
)

// Message is one thing to say: an entry of the catalogue and its arguments.
type Message struct {
	Lang   string
	ID     ID
	Name   string // fills {name}; a title or option as the manifest has it
	Digits string // fills {digits}, {number} (in decimal) or {code}; what is not a digit is not spoken
}

// codeGroup is how many digits of a receipt code are read in one breath.
const codeGroup = 4

// Phrases renders the message. It fails for a language without a catalogue, an
// unknown ID, a missing argument, and an argument that the message has no place
// for: a name that is silently not read would be worse than an error.
func (m Message) Phrases() ([]Phrase, error) {
	c, err := For(m.Lang)
	if err != nil {
		return nil, err
	}
	parts, ok := c.templates[m.ID]
	if !ok {
		return nil, fmt.Errorf("text: no message %q", m.ID)
	}
	name, digits := strings.TrimSpace(m.Name), m.Digits
	var out []Phrase
	for _, p := range parts {
		switch p.slot {
		case "":
			out = append(out, p.words)
		case "name":
			if name == "" {
				return nil, fmt.Errorf("text: message %q lacks its name", m.ID)
			}
			out = append(out, Phrase{Lang: m.Lang, Text: name})
			name = ""
		default:
			figures, err := c.figures(p.slot, digits)
			if err != nil {
				return nil, fmt.Errorf("text: message %q: %w", m.ID, err)
			}
			out = append(out, figures...)
			digits = ""
		}
	}
	if name != "" || digits != "" {
		return nil, fmt.Errorf("text: message %q has no place for an argument", m.ID)
	}
	return out, nil
}

// figures renders a placeholder that holds digits.
func (c *Catalogue) figures(slot, value string) ([]Phrase, error) {
	if slot == "number" {
		n, err := strconv.Atoi(value)
		if err != nil || n < 0 {
			return nil, fmt.Errorf("lacks its number")
		}
		return []Phrase{Number(c.Lang, n)}, nil
	}
	var out []Phrase
	said := 0
	for i := range len(value) {
		d := value[i]
		if d < '0' || d > '9' {
			continue
		}
		if slot == "code" && said > 0 && said%codeGroup == 0 {
			out = append(out, Pause)
		}
		out = append(out, c.digits[d-'0'])
		said++
	}
	if said == 0 {
		return nil, fmt.Errorf("lacks its digits")
	}
	return out, nil
}

// Render renders messages one after the other.
func Render(messages []Message) ([]Phrase, error) {
	var out []Phrase
	for _, m := range messages {
		p, err := m.Phrases()
		if err != nil {
			return nil, err
		}
		out = append(out, p...)
	}
	return out, nil
}
