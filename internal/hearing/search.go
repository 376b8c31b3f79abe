package hearing

import (
	"math"

	"gonum.org/v1/gonum/dsp/fourier"
)

const (
	// minEnergy is the mean square of a sample below which there is silence: the
	// smallest steps of mu-law, and the hiss of a quiet line.
	minEnergy = 15 * 15
	// minHead is the correlation from which a phrase may be beginning.
	minHead = 0.5
)

// start is where a phrase may begin.
type start struct {
	word int
	at   int // in the sound searched, of the phrase's first sample; may be before it
}

// searcher finds beginnings of phrases. It is one goroutine's.
type searcher struct {
	words *Words
	fft   *fourier.FFT

	padded  []float64
	sums    []float64 // energies up to a sample
	heard   []complex128
	product []complex128
	match   []float64
}

func newSearcher(w *Words) *searcher {
	return &searcher{words: w, fft: fourier.NewFFT(window), padded: make([]float64, window), sums: make([]float64, window+1),
		product: make([]complex128, window/2+1), match: make([]float64, window)}
}

// search looks for heads in the first window of x, at the first lags places, and
// returns the phrases that may begin there, none of them before floor.
func (s *searcher) search(x []float64, lags, floor int) []start {
	x = x[:min(len(x), window)]
	clear(s.padded[copy(s.padded, x):])
	for i, v := range s.padded {
		s.sums[i+1] = s.sums[i] + v*v
	}
	if s.sums[len(x)] < minEnergy*headSize/4 {
		return nil
	}
	s.heard = s.fft.Coefficients(s.heard, s.padded)
	var found []start
	for n := 0; n < maxHeads && len(found) == 0; n++ {
		for i := range s.words.words {
			w := &s.words.words[i]
			if n >= len(w.heads) {
				continue
			}
			h := &w.heads[n]
			lag, ok := s.best(h, lags)
			if at := lag - h.from; ok && at+w.onset >= floor {
				found = append(found, start{i, at})
			}
		}
	}
	return found
}

// begin returns the phrases that may begin with the first sample of x: what
// follows a phrase without a pause. It is far cheaper than a search.
func (s *searcher) begin(x []float64) []start {
	var found []start
	surely := false
	for i := range s.words.words {
		w := &s.words.words[i]
		h := &w.heads[0]
		if h.from+h.size > len(x) {
			continue
		}
		c := compare(x[h.from:], w.samples[h.from:h.from+h.size])
		if f := c.fit(); f >= minHead && c.xx >= minEnergy*float64(h.size) {
			found = append(found, start{i, 0})
			surely = surely || f >= minWhole
		}
	}
	if !surely {
		return nil
	}
	return found
}

// best returns where a head fits best. A window is shorter than any phrase is soon
// said again.
func (s *searcher) best(h *head, lags int) (int, bool) {
	for i, c := range h.spectrum {
		s.product[i] = s.heard[i] * c
	}
	s.match = s.fft.Sequence(s.match, s.product)
	peak, at := 0.0, 0
	for lag := range lags {
		in := s.sums[lag+h.size] - s.sums[lag]
		if in < minEnergy*float64(h.size) {
			continue
		}
		if fit := s.match[lag] / (window * math.Sqrt(in*h.energy)); fit > peak {
			peak, at = fit, lag
		}
	}
	return at, peak >= minHead
}
