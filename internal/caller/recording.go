package caller

import (
	"slices"

	"rollcall/phone/media"
)

// Recognise finds phrases in a recording that another telephone made of a mu-law call: linear samples, 8000 a second.
// Frames may begin anywhere in it, but at one place modulo media.FrameSize throughout; sound that was concealed or
// stretched is not recognised.
func (d *Dictionary) Recognise(samples []int16) []Phrase {
	t := newTrie()
	for n, sound := range d.phrases {
		t.add(oneZero(slices.Clone(sound)), n)
	}
	ulaw := oneZero(media.EncodeUlaw(samples))
	var best []Phrase
	for offset := range min(media.FrameSize, len(ulaw)) {
		var found []Phrase
		r := newRecogniser(t, func(phrase int) {
			ids := d.ids[phrase]
			found = append(found, Phrase{ID: ids[0], Aliases: ids[1:]})
		})
		for frame := range slices.Chunk(ulaw[offset:], media.FrameSize) {
			r.hear(frame, 0)
		}
		r.end()
		if len(found) > len(best) {
			best = found
		}
	}
	return best
}

// oneZero replaces the negative zero of mu-law by the positive: which of them a sample near zero becomes depends on who
// decodes it.
func oneZero(ulaw []byte) []byte {
	for i, b := range ulaw {
		if b == 0x7f {
			ulaw[i] = media.Silence
		}
	}
	return ulaw
}
