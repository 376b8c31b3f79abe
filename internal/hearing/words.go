// Package hearing recognises known phrases in the sound of a telephone line as
// lines are: one that transcodes, attenuates, adds noise, loses packets or hides
// their loss, and whose clock is not the speaker's.
//
// It compares waves, not words: the phrases are published recordings, played
// whole, so what arrives is one of them or no phrase at all. The sound heard is
// held against every phrase by normalised cross-correlation, which neither
// loudness nor a constant delay changes. What fits no phrase well, or two alike,
// is told as not understood; nothing is guessed.
//
// Package internal/caller recognises phrases by exact frames instead, which is
// cheap and good for lines inside one machine. Nothing here knows calls, keys or
// what a phrase means.
package hearing

import (
	"errors"
	"fmt"
	"maps"
	"math/cmplx"
	"slices"

	"gonum.org/v1/gonum/dsp/fourier"

	"rollcall/phone/media"
)

// Lengths in samples, 8000 a second.
const (
	// chunk is the step in which a phrase is followed: 20 ms.
	chunk = media.FrameSize
	// headSize is how much of a phrase is looked for, at its beginning and, where
	// nothing is found, once more behind that: the first may be lost.
	headSize = 1600
	maxHeads = 2
	// window is how much sound one search looks at: it is transformed as a whole.
	window = 2560
)

// word is a phrase as it is compared.
type word struct {
	ids     []string
	samples []float64
	onset   int     // where sound begins
	end     int     // behind the last sound
	loud    float64 // mean energy of a chunk between onset and end
	heads   []head
}

// head is a piece of a phrase that is looked for.
type head struct {
	from, size int          // in samples of the phrase
	spectrum   []complex128 // conjugated
	energy     float64
}

// Words are the phrases that a listener knows. They may be shared by many.
type Words struct{ words []word }

// NewWords takes phrases by their ids, as mu-law. Ids whose sound is the same
// become one phrase with several ids.
func NewWords(phrases map[string][]byte) (*Words, error) {
	if len(phrases) == 0 {
		return nil, errors.New("hearing: no phrases")
	}
	w := &Words{}
	known := map[string]int{}
	fft := fourier.NewFFT(window)
	for _, id := range slices.Sorted(maps.Keys(phrases)) {
		sound := string(phrases[id])
		if i, ok := known[sound]; ok {
			w.words[i].ids = append(w.words[i].ids, id)
			continue
		}
		made, err := newWord(phrases[id], fft)
		if err != nil {
			return nil, fmt.Errorf("hearing: phrase %q: %w", id, err)
		}
		made.ids = []string{id}
		known[sound] = len(w.words)
		w.words = append(w.words, made)
	}
	return w, nil
}

// quiet is the part of the loudest chunk's energy below which a chunk is the
// silence around a phrase.
const quiet = 0.002

func newWord(ulaw []byte, fft *fourier.FFT) (word, error) {
	w := word{samples: floats(media.DecodeUlaw(ulaw))}
	loudest := 0.0
	for c := range slices.Chunk(w.samples, chunk) {
		loudest = max(loudest, energy(c))
	}
	if loudest < minEnergy*chunk {
		return w, errors.New("is silence, which is heard everywhere")
	}
	w.onset = -1
	for at := 0; at < len(w.samples); at += chunk {
		next := min(at+chunk, len(w.samples))
		if energy(w.samples[at:next]) < quiet*loudest {
			continue
		}
		if w.onset < 0 {
			w.onset = at
		}
		w.end = next
	}
	w.loud = energy(w.samples[w.onset:w.end]) / float64(w.end-w.onset) * chunk
	for from := w.onset; len(w.heads) < maxHeads && w.end-from >= minHeadSize; from += headSize {
		w.heads = append(w.heads, newHead(w.samples[from:min(from+headSize, w.end)], from, fft))
	}
	if len(w.heads) == 0 {
		return w, errors.New("is too short to be known again")
	}
	return w, nil
}

// minHeadSize is the least that a phrase can be known by: 80 ms.
const minHeadSize = 640

func newHead(samples []float64, from int, fft *fourier.FFT) head {
	padded := make([]float64, window)
	copy(padded, samples)
	h := head{from: from, size: len(samples), energy: energy(samples), spectrum: fft.Coefficients(nil, padded)}
	for i, c := range h.spectrum {
		h.spectrum[i] = cmplx.Conj(c)
	}
	return h
}

func floats(samples []int16) []float64 {
	out := make([]float64, len(samples))
	for i, s := range samples {
		out[i] = float64(s)
	}
	return out
}

func energy(x []float64) float64 {
	sum := 0.0
	for _, v := range x {
		sum += v * v
	}
	return sum
}
