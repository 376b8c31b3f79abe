package hearing

import "math"

const (
	// recent is how many chunks back a phrase must still fit: 600 ms, of which
	// half may be lost.
	recent = 30
	// settled is how many chunks must fit well to say that the phrase was being
	// spoken up to there: 100 ms.
	settled = 5
	// minRecent, minSettled and minWhole are the least correlations: of the last
	// chunks of a phrase that goes on, of a settled stretch, and of a phrase that
	// was heard.
	// The end of a phrase, too, must be there.
	minRecent, minSettled, minWhole, minEnd = 0.4, 0.8, 0.75, 0.5
	// A phrase was heard, too, where of its energy at least minShare is in chunks
	// that fit by minChunk each: what was put in place of the others counts for
	// nothing. No other phrase fits so well for so long.
	minShare, minChunk = 0.55, 0.93
)

// sums are what a correlation is made of.
type sums struct{ xy, xx, yy float64 }

func (s *sums) add(o sums) { s.xy, s.xx, s.yy = s.xy+o.xy, s.xx+o.xx, s.yy+o.yy }

// fit is the normalised correlation: 1 where both are equal but for loudness.
func (s sums) fit() float64 {
	if s.xx <= 0 || s.yy <= 0 {
		return 0
	}
	return s.xy / math.Sqrt(s.xx*s.yy)
}

func compare(x, y []float64) sums {
	var s sums
	x = x[:len(y)]
	for i, v := range y {
		s.xy += x[i] * v
		s.xx += x[i] * x[i]
		s.yy += v * v
	}
	return s
}

// track follows one phrase through the sound from its beginning on.
type track struct {
	word   int
	start  int // place in the sound of the phrase's first sample, as of now
	pos    int // samples of the phrase compared so far
	all    sums
	chunks []sums
	share  float64 // energy of the chunks that fit
	good   int     // place in the sound up to which the phrase was surely spoken
	begun  bool    // its beginning was surely spoken: it is not another's middle
	dead   bool
	done   bool
}

func newTrack(w *word, s start) *track {
	return &track{word: s.word, start: s.at, pos: w.onset, good: s.at + w.onset + chunk/2}
}

// slack is how many samples around a chunk may be looked at.
const slack = 2

// advance compares as much as has been heard: x is the sound from place base on.
func (t *track) advance(w *word, x []float64, base int) {
	for !t.dead && !t.done {
		n := min(chunk, w.end-t.pos)
		at := t.start + t.pos - base
		if at < slack { // the phrase begins before what is kept
			t.dead = true
			return
		}
		if at+n+slack > len(x) {
			return
		}
		c := compare(x[at:], w.samples[t.pos:t.pos+n])
		t.all.add(c)
		t.chunks = append(t.chunks, c)
		if c.fit() >= minChunk {
			t.share += c.yy
		}
		t.pos += n
		t.judge(w)
		if len(t.chunks)%settled == 0 {
			t.shift(w, x, base)
		}
	}
}

// judge tells whether the phrase still fits, and whether it is over.
func (t *track) judge(w *word) {
	if t.pos <= w.onset+headSize {
		t.begun = t.share >= minShare*t.all.yy
	}
	if s := t.last(settled); t.begun && len(t.chunks) >= settled && s.fit() >= minSettled {
		t.good = t.start + t.pos
	}
	// Where the phrase itself pauses, noise of the line fits nothing.
	if s := t.last(recent); len(t.chunks) >= recent/2 && s.yy >= 0.05*float64(min(len(t.chunks), recent))*w.loud && s.fit() < minRecent {
		t.dead = true
		return
	}
	if t.pos == w.end {
		// Where the last of it does not fit, it was broken off before its end.
		t.done = (t.all.fit() >= minWhole || t.share >= minShare*t.all.yy) && t.last(2*settled).fit() >= minEnd
		t.dead = !t.done
	}
}

func (t *track) last(n int) sums {
	var s sums
	for _, c := range t.chunks[max(len(t.chunks)-n, 0):] {
		s.add(c)
	}
	return s
}

// shift follows a clock that is not the speaker's: by a sample where that fits
// better.
func (t *track) shift(w *word, x []float64, base int) {
	from := max(t.pos-settled*chunk, w.onset)
	y := w.samples[from:t.pos]
	at := t.start + from - base
	if at < slack || at+len(y)+slack > len(x) {
		return
	}
	here := compare(x[at:], y).fit()
	if here < minRecent {
		return
	}
	for _, d := range []int{-1, 1} {
		if compare(x[at+d:], y).fit() > here {
			t.start += d
			return
		}
	}
}
