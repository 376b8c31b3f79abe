package hearing

import (
	"slices"
	"sync"

	"rollcall/phone/media"
)

// Heard is a phrase that was heard to its end, or that something was not
// understood: then it has no ids.
type Heard struct {
	IDs      []string
	From, To int     // samples since the beginning, 8000 a second
	Fit      float64 // normalised correlation with the published sound, at most 1
}

const (
	// step is how much new sound makes a search worth its while: 100 ms.
	step = 800
	// onsets is how late in a phrase its sound may begin for it to be looked for
	// right after the one before.
	onsets = 3 * chunk
	// before is how far before the end of a phrase the next is looked for.
	before = 80
	// maxGap is the longest silence inside a message, with a margin: a pause has
	// 2400 samples. After more, something may have been said that was lost.
	maxGap = 2800
	// margin is by how much the best phrase must fit better than any other.
	margin = 0.15
)

// ear recognises phrases in sound as it comes. It is one goroutine's.
type ear struct {
	words  *Words
	search *searcher
	found  func(Heard)

	sound  []float64 // what may still be needed
	base   int       // place of sound[0]
	next   int       // place up to which beginnings have been looked for
	floor  int       // place before which nothing begins any more
	tracks []*track  // explanations of what is heard now
	told   int       // end of the last phrase told; 0 before
	fresh  bool      // what comes right after it has not been looked at
}

func newEar(w *Words, found func(Heard)) *ear {
	// Silence before the first sample, for what is looked at around a beginning.
	return &ear{words: w, search: newSearcher(w), found: found, sound: make([]float64, chunk), base: -chunk}
}

// hear takes more sound and tells what it completes.
func (e *ear) hear(x []float64) {
	e.sound = append(e.sound, x...)
	for e.turn(headSize + step) {
	}
	// All that is kept is what a search or a track can still need.
	need := e.next - 2*headSize - chunk
	for _, t := range e.tracks {
		need = min(need, t.start-chunk)
	}
	if drop := need - e.base; drop > window {
		e.sound = append(e.sound[:0], e.sound[drop:]...)
		e.base += drop
	}
}

// flush tells what is left in the sound when no more will come.
func (e *ear) flush() {
	e.sound = append(e.sound, make([]float64, window)...)
	e.fresh = false
	for e.turn(headSize+1) || e.giveUp() {
	}
}

// giveUp ends tracks that wait for more sound, and tells whether there were any.
func (e *ear) giveUp() bool {
	any := false
	for _, t := range e.tracks {
		if !t.done && !t.dead {
			t.dead, any = true, true
		}
	}
	return any
}

// turn searches, or follows what a search has found. It returns false when it
// needs more sound, of which a search wants at least so much.
func (e *ear) turn(least int) bool {
	if len(e.tracks) == 0 {
		if e.fresh {
			at := e.told - e.base
			if len(e.sound)-at < headSize+onsets {
				return false
			}
			e.fresh = false
			for _, s := range e.search.begin(e.sound[at:]) {
				s.at += e.told
				e.tracks = append(e.tracks, newTrack(&e.words.words[s.word], s))
			}
		}
	}
	if len(e.tracks) == 0 {
		at := e.next - e.base
		n := min(len(e.sound)-at, window)
		if n < least {
			return false
		}
		starts := e.search.search(e.sound[at:], n-headSize, e.floor-e.next)
		if len(starts) == 0 {
			e.next += n - headSize
			return true
		}
		for _, s := range starts {
			s.at += e.next
			e.tracks = append(e.tracks, newTrack(&e.words.words[s.word], s))
		}
	}
	for _, t := range e.tracks {
		t.advance(&e.words.words[t.word], e.sound, e.base)
	}
	return e.decide()
}

// decide ends what the tracks follow, if it can: with the phrase that was heard
// or, where none is left, with another search. Of phrases that begin alike the
// longest is heard, as soon as no longer one can come of it.
func (e *ear) decide() bool {
	var best *track
	live := false
	for _, t := range e.tracks {
		live = live || !t.done && !t.dead
		if t.done && (best == nil || t.all.fit() > best.all.fit()) {
			best = t
		}
	}
	if best == nil {
		if live {
			return false
		}
		good := 0
		for _, t := range e.tracks {
			good = max(good, t.good)
		}
		e.seek(max(e.next+before, good-settled*chunk))
		return true
	}
	least := best.all.fit() - margin
	chosen, alike := best, false
	for _, t := range e.tracks {
		if t.dead || t == best || t.all.fit() < least {
			continue
		}
		if !t.done {
			return false
		}
		if e.last(t) > e.last(chosen) {
			chosen = t
		}
	}
	for _, t := range e.tracks {
		alike = alike || t.done && t != chosen && t.all.fit() >= least && e.last(chosen)-e.last(t) < headSize/2
	}
	e.tell(chosen, alike)
	return true
}

// last is where a track's phrase ends in the sound, with the silence after it.
func (e *ear) last(t *track) int { return t.start + len(e.words.words[t.word].samples) }

// seek looks for beginnings from a place on.
func (e *ear) seek(place int) {
	e.next, e.floor = place, place-settled*chunk
	e.tracks = e.tracks[:0]
}

func (e *ear) tell(t *track, alike bool) {
	h := Heard{IDs: e.words.words[t.word].ids, From: t.start, To: e.last(t), Fit: t.all.fit()}
	if e.told > 0 && h.From-e.told > maxGap {
		e.found(Heard{From: e.told, To: h.From})
	}
	if alike {
		h.IDs = nil
	}
	e.told, e.fresh = h.To, true
	e.found(h)
	e.seek(max(h.To-before, e.next+1))
}

// Recognise returns what was said in a whole recording.
func (w *Words) Recognise(samples []int16) []Heard {
	var list []Heard
	e := newEar(w, func(h Heard) { list = append(list, h) })
	for part := range slices.Chunk(floats(samples), window) {
		e.hear(part)
	}
	e.flush()
	return list
}

// maxWaiting is how much sound may wait to be recognised, in samples: a minute.
// More is taken as silence, on a machine that is that far behind.
const maxWaiting = 60 * 8000

// Listener recognises phrases while a call goes on, in a goroutine of its own.
type Listener struct {
	ear  *ear
	done chan struct{}
	wake chan struct{} // capacity 1

	mu      sync.Mutex // guards what follows
	waiting []float64
	closed  bool
}

// NewListener returns a listener that tells what it hears from its goroutine.
func NewListener(w *Words, found func(Heard)) *Listener {
	l := &Listener{ear: newEar(w, found), done: make(chan struct{}), wake: make(chan struct{}, 1)}
	go l.run()
	return l
}

// Hear takes the next packet's sound, before which missing packets never came.
// It does not block.
func (l *Listener) Hear(ulaw []byte, missing int) {
	l.mu.Lock()
	l.waiting = append(l.waiting, make([]float64, missing*media.FrameSize)...)
	if len(l.waiting) < maxWaiting {
		l.waiting = append(l.waiting, floats(media.DecodeUlaw(ulaw))...)
	} else {
		l.waiting = append(l.waiting, make([]float64, len(ulaw))...)
	}
	l.mu.Unlock()
	l.signal()
}

// Close recognises what is left and ends the listener. It may be called again.
func (l *Listener) Close() {
	l.mu.Lock()
	l.closed = true
	l.mu.Unlock()
	l.signal()
	<-l.done
}

func (l *Listener) signal() {
	select {
	case l.wake <- struct{}{}:
	default:
	}
}

func (l *Listener) run() {
	defer close(l.done)
	var part []float64
	for range l.wake {
		l.mu.Lock()
		part, l.waiting = l.waiting, part[:0]
		closed := l.closed
		l.mu.Unlock()
		l.ear.hear(part)
		if closed {
			l.ear.flush()
			return
		}
	}
}
