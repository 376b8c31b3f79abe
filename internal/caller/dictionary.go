package caller

import (
	"fmt"
	"maps"
	"slices"
	"sync"

	"rollcall/phone/media"
)

// Dictionary holds the phrases that a caller knows by heart, for recognition. It may be shared by many calls.
type Dictionary struct {
	ids     [][]string // of each phrase, sorted; more than one where phrases sound alike
	phrases [][]byte   // mu-law, in the order of ids

	once  [2]sync.Once
	tries [2]*trie // for PCMU and PCMA, which makes some sounds alike
}

// NewDictionary takes phrases by their ids: mu-law, whole frames of media.FrameSize bytes, not all silence. Ids whose
// sound is the same become one phrase with several ids.
func NewDictionary(phrases map[string][]byte) (*Dictionary, error) {
	d := &Dictionary{}
	known := make(map[string]int)
	for _, id := range slices.Sorted(maps.Keys(phrases)) {
		sound := phrases[id]
		if len(sound) == 0 || len(sound)%media.FrameSize != 0 {
			return nil, fmt.Errorf("caller: phrase %q: %d bytes are not whole frames of %d", id, len(sound), media.FrameSize)
		}
		if !slices.ContainsFunc(sound, func(b byte) bool { return b|0x80 != media.Silence }) {
			return nil, fmt.Errorf("caller: phrase %q is silence, which is heard everywhere", id)
		}
		if i, ok := known[string(sound)]; ok {
			d.ids[i] = append(d.ids[i], id)
			continue
		}
		known[string(sound)] = len(d.ids)
		d.ids = append(d.ids, []string{id})
		d.phrases = append(d.phrases, sound)
	}
	return d, nil
}

// trie returns the phrases as they sound after a passage through codec.
func (d *Dictionary) trie(codec media.Codec) *trie {
	i := 0
	if codec == media.PCMA {
		i = 1
	}
	d.once[i].Do(func() {
		t := newTrie()
		for n, sound := range d.phrases {
			if codec == media.PCMA {
				sound = media.AlawToUlaw(nil, media.UlawToAlaw(nil, sound))
			}
			t.add(sound, n)
		}
		d.tries[i] = t
	})
	return d.tries[i]
}

// Marks in a stream of frames that stand for no known frame.
const (
	unknown = -1 // a frame that is in no phrase
	lost    = -2 // a frame that never came
)

type frame [media.FrameSize]byte

// trie finds phrases by their frames. Node 0 is the root.
type trie struct {
	frames map[frame]int // numbers the distinct frames
	nodes  []node
}

type node struct {
	next   map[int]int // by frame number
	phrase int         // that ends here, or -1
}

func newTrie() *trie {
	return &trie{frames: make(map[frame]int), nodes: []node{{phrase: -1}}}
}

// add enters a phrase. Of two that sound the same after the codec, the first stays.
func (t *trie) add(sound []byte, phrase int) {
	at := 0
	for b := range slices.Chunk(sound, media.FrameSize) {
		f, ok := t.frames[frame(b)]
		if !ok {
			f = len(t.frames)
			t.frames[frame(b)] = f
		}
		next, ok := t.nodes[at].next[f]
		if !ok {
			next = len(t.nodes)
			t.nodes = append(t.nodes, node{phrase: -1})
			if t.nodes[at].next == nil {
				t.nodes[at].next = make(map[int]int, 1)
			}
			t.nodes[at].next[f] = next
		}
		at = next
	}
	if t.nodes[at].phrase < 0 {
		t.nodes[at].phrase = phrase
	}
}

// number returns the number of a frame as received, or unknown.
func (t *trie) number(b []byte) int {
	if len(b) != media.FrameSize {
		return unknown
	}
	if f, ok := t.frames[frame(b)]; ok {
		return f
	}
	return unknown
}
