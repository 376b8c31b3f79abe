package caller

import "slices"

// maxLost is how many frames in a row may be missing inside a phrase that is still recognised.
const maxLost = 25

// recogniser finds phrases in a stream of frames, each as soon as no longer phrase can come of it. Of phrases that
// begin alike it takes the longest that is complete; what was interrupted is passed over.
type recogniser struct {
	trie  *trie
	found func(phrase int)

	heard []int // frame numbers not yet decided on
	walk  walk  // how far into heard the phrases have been followed
}

// walk follows, from the first frame of heard, all phrases that it may be the beginning of. There is more than one
// only after a lost frame.
type walk struct {
	pos    int   // frames followed
	nodes  []int // where in the trie
	lost   int   // frames among them that never came
	phrase int   // the longest that is complete, if length is not 0
	length int
}

func newRecogniser(t *trie, found func(phrase int)) *recogniser {
	r := &recogniser{trie: t, found: found}
	r.restart(0)
	return r
}

// restart forgets the first n frames and begins again behind them.
func (r *recogniser) restart(n int) {
	r.heard = append(r.heard[:0], r.heard[n:]...)
	r.walk = walk{nodes: append(r.walk.nodes[:0], 0)}
}

// hear takes the next frame, before which missing frames never came.
func (r *recogniser) hear(ulaw []byte, missing int) {
	if missing > maxLost {
		r.take(unknown)
		missing = 0
	}
	for range missing {
		r.take(lost)
	}
	r.take(r.trie.number(ulaw))
}

// end says that nothing more will come.
func (r *recogniser) end() { r.take(unknown) }

func (r *recogniser) take(f int) {
	r.heard = append(r.heard, f)
	for r.walk.pos < len(r.heard) {
		r.step(r.heard[r.walk.pos])
	}
}

// step follows one more frame.
func (r *recogniser) step(f int) {
	w := &r.walk
	var next []int
	for _, n := range w.nodes {
		children := r.trie.nodes[n].next
		if f == lost {
			for _, c := range children {
				next = append(next, c)
			}
		} else if c, ok := children[f]; ok {
			next = append(next, c)
		}
	}
	if len(next) == 0 {
		r.decide()
		return
	}
	w.pos++
	w.nodes = next
	if f == lost {
		w.lost++
	} else {
		r.complete()
	}
	if !slices.ContainsFunc(next, func(n int) bool { return len(r.trie.nodes[n].next) > 0 }) {
		r.decide()
	}
}

// complete notes the phrase that ends at the current frame, which was heard, if one does, if it is only one, and if
// more of it was heard than lost. A phrase whose end was lost is passed over: it may have been another.
func (r *recogniser) complete() {
	w := &r.walk
	phrase := -1
	for _, n := range w.nodes {
		if p := r.trie.nodes[n].phrase; p >= 0 {
			if phrase >= 0 {
				return
			}
			phrase = p
		}
	}
	if phrase >= 0 && 2*w.lost < w.pos {
		w.phrase, w.length = phrase, w.pos
	}
}

// decide reports the phrase found and goes on behind it, or, if there is none, at the next frame.
func (r *recogniser) decide() {
	phrase, length := r.walk.phrase, r.walk.length
	if length == 0 {
		r.restart(1)
		return
	}
	r.restart(length)
	r.found(phrase)
}
