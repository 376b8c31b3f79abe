package text

// Heard is a message understood from the phrases of a call.
type Heard struct {
	ID     ID
	Name   string // ID of the name's phrase, empty where the message has none
	Digits string // the digits heard; empty where the message has none, and for a number above nine
	Whole  bool   // false if the message broke off or goes on in what was not given
}

// Hear turns the IDs of recognised phrases, in the order heard and without
// pauses, into the messages of the language that they make up. What is not the
// start of a message, such as the rest of one that was cut off, is passed over.
func (c *Catalogue) Hear(ids []string) []Heard {
	var out []Heard
	for i := 0; i < len(ids); {
		id, ok := c.markers[ids[i]]
		if !ok {
			i++
			continue
		}
		h, n := c.hearOne(id, ids[i:])
		out = append(out, h)
		i += n
	}
	return out
}

// hearOne matches one message to the start of ids, which holds its marker, and
// tells how many phrases belong to it (at least one).
func (c *Catalogue) hearOne(id ID, ids []string) (Heard, int) {
	h := Heard{ID: id}
	at := 0
	for _, p := range c.templates[id] {
		if at == len(ids) {
			return h, at
		}
		switch p.slot {
		case "":
			if ids[at] != p.words.ID() {
				return h, at
			}
			at++
		case "name":
			if _, starts := c.markers[ids[at]]; starts {
				return h, at
			}
			h.Name = ids[at]
			at++
		case "number":
			if _, starts := c.markers[ids[at]]; starts {
				return h, at
			}
			if d, ok := c.digit(ids[at]); ok {
				h.Digits = string(d)
			}
			at++
		default:
			for at < len(ids) {
				d, ok := c.digit(ids[at])
				if !ok {
					break
				}
				h.Digits += string(d)
				at++
			}
			if h.Digits == "" || p.slot == "code" && len(h.Digits) != receiptDigits {
				return h, at
			}
		}
	}
	h.Whole = true
	return h, at
}

// digit is the digit whose phrase has this ID.
func (c *Catalogue) digit(phraseID string) (byte, bool) {
	for i, d := range c.digits {
		if d.ID() == phraseID {
			return '0' + byte(i), true
		}
	}
	return 0, false
}

// receiptDigits is the length of a receipt code (design: 14 digits and 2 check
// digits).
const receiptDigits = 16

// CodeFromPhrases finds the receipt code in the IDs of the phrases heard in a
// call: the digits of the last [CodeIs] message that was heard to its end. The
// phrases may be of any language.
func CodeFromPhrases(ids []string) (code string, ok bool) {
	for _, lang := range Languages {
		c, err := For(lang)
		if err != nil {
			return "", false
		}
		for _, h := range c.Hear(ids) {
			if h.ID == CodeIs && h.Whole {
				code, ok = h.Digits, true
			}
		}
	}
	return code, ok
}
