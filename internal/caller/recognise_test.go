package caller

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"rollcall/phone/media"
)

// spell makes sound of letters, a frame each; '_' is silence.
func spell(letters string) []byte {
	var b []byte
	for _, l := range []byte(letters) {
		if l == '_' {
			l = media.Silence
		}
		b = append(b, bytes.Repeat([]byte{l}, media.FrameSize)...)
	}
	return b
}

func book(t testing.TB, words ...string) *Dictionary {
	t.Helper()
	phrases := make(map[string][]byte)
	for _, w := range words {
		phrases[w] = spell(w)
	}
	d, err := NewDictionary(phrases)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func TestRecogniser(t *testing.T) {
	words := []string{"one", "two", "onwards", "on", "twenty", "__three", "ab_cd", "aaab", "k"}
	for _, tt := range []struct {
		name, heard string // '!' is a frame that never came, '?' sound that is in no phrase
		want        string
	}{
		{"one phrase", "one_", "one"},
		{"at once after another", "onetwoone", "one two one"},
		{"silence between", "___one____two____", "one two"},
		{"other sound between", "??one??two??", "one two"},
		{"longest of those that begin alike", "onwards_", "onwards"},
		{"shorter, then silence", "on_", "on"},
		{"shorter, then something that goes on otherwise", "onwtwo_", "on two"},
		{"shorter at the end of the call", "on", "on"},
		{"interrupted", "twentwo_", "two"},
		{"interrupted at once by itself", "twtwo_", "two"},
		{"interrupted, then silence", "onwar____one_", "on one"},
		{"begins with silence", "__three_", "__three"},
		{"begins with silence, in a longer silence", "________three_", "__three"},
		{"silence inside", "ab_cd_", "ab_cd"},
		{"begins again inside itself", "aaaaaab_", "aaab"},
		{"one frame", "_k_k_", "k k"},
		{"one frame lost", "o!e_", "one"},
		{"half of it lost", "twe!!y_", "twenty"},
		{"more lost than heard", "tw!!!!_", ""},
		{"first frame lost", "_!ne_", "one"},
		{"end lost", "tw!_", ""},
		{"last frame lost", "__thre!_", ""},
		{"lost frames could be either", "!!_", ""},
		{"frames lost between phrases", "one!two_", "one two"},
		{"nothing", "", ""},
		{"only silence", "______", ""},
	} {
		d := book(t, words...)
		var got []string
		r := newRecogniser(d.trie(media.PCMU), func(p int) { got = append(got, d.ids[p][0]) })
		missing := 0
		for _, l := range []byte(tt.heard) {
			if l == '!' {
				missing++
				continue
			}
			r.hear(spell(string(l)), missing)
			missing = 0
		}
		r.end()
		if strings.Join(got, " ") != tt.want {
			t.Errorf("%s: %q, want %q", tt.name, got, tt.want)
		}
	}
}

func TestRecogniserForgetsAfterALongGap(t *testing.T) {
	d := book(t, "one"+strings.Repeat("x", 100)+"two")
	found := 0
	r := newRecogniser(d.trie(media.PCMU), func(int) { found++ })
	for i, l := range []byte("onextwo") {
		missing := 0
		if i == 3 {
			missing = 99
		}
		r.hear(spell(string(l)), missing)
	}
	r.end()
	if found != 0 {
		t.Error("a phrase was recognised of which two seconds are missing")
	}
}

// TestRecogniserKeepsUp feeds the recogniser a random stream and asks that it keeps no more than the longest phrase.
func TestRecogniserKeepsUp(t *testing.T) {
	d := book(t, "aaaaaaaab", "ababab", "ba", "abba", "_a")
	r := newRecogniser(d.trie(media.PCMU), func(int) {})
	random := rand.New(rand.NewPCG(1, 2))
	for range 20000 {
		missing := 0
		if random.IntN(50) == 0 {
			missing = random.IntN(3)
		}
		r.hear(spell(string("ab_"[random.IntN(3)])), missing)
		if len(r.heard) > 9 {
			t.Fatalf("%d frames kept, the longest phrase has 9", len(r.heard))
		}
	}
}

func TestDictionary(t *testing.T) {
	for name, phrases := range map[string]map[string][]byte{
		"part of a frame": {"a": make([]byte, 100)},
		"empty":           {"a": nil},
		"silence":         {"a": spell("____")},
		"both zeros":      {"a": bytes.Repeat([]byte{0x7f, 0xff}, media.FrameSize)},
	} {
		if _, err := NewDictionary(phrases); err == nil || !strings.Contains(err.Error(), `"a"`) {
			t.Errorf("%s: %v, want an error that names the phrase", name, err)
		}
	}
	d, err := NewDictionary(map[string][]byte{"no.es": spell("no"), "no.en": spell("no"), "si": spell("si")})
	if err != nil {
		t.Fatal(err)
	}
	got := d.Recognise(media.DecodeUlaw(spell("_no_si_")))
	if len(got) != 2 || got[0].ID != "no.en" || !got[0].Is("no.es") || got[0].Is("si") || !got[1].Is("si") {
		t.Errorf("heard %v", got)
	}
}

// TestAlikeInALaw has two phrases that are one after the passage through A-law: the first keeps its place, and a caller
// of an A-law call hears it.
func TestAlikeInALaw(t *testing.T) {
	var x, y byte
	seen := make(map[byte]byte)
	for i := range 255 {
		a := media.UlawToAlaw(nil, []byte{byte(i)})[0]
		if other, ok := seen[a]; ok {
			x, y = other, byte(i)
			break
		}
		seen[a] = byte(i)
	}
	d, err := NewDictionary(map[string][]byte{
		"x": bytes.Repeat([]byte{x}, 3*media.FrameSize), "y": bytes.Repeat([]byte{y}, 3*media.FrameSize),
	})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	r := newRecogniser(d.trie(media.PCMA), func(p int) { got = append(got, d.ids[p][0]) })
	for range 3 {
		r.hear(media.AlawToUlaw(nil, media.UlawToAlaw(nil, bytes.Repeat([]byte{y}, media.FrameSize))), 0)
	}
	if !slices.Equal(got, []string{"x"}) {
		t.Errorf("heard %q", got)
	}
}

func TestRecogniseRecording(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 4))
	phrases := make(map[string][]byte)
	var want []string
	var sound []byte
	for i := range 12 {
		b := make([]byte, 20*media.FrameSize)
		for j := range b {
			b[j] = byte(random.UintN(256)) // with both zeros of mu-law
		}
		id := fmt.Sprint(i)
		phrases[id] = b
		want = append(want, id)
		sound = append(append(sound, b...), spell(strings.Repeat("_", i))...)
	}
	d, err := NewDictionary(phrases)
	if err != nil {
		t.Fatal(err)
	}
	samples := append(make([]int16, 1234), media.DecodeUlaw(sound)...)
	var got []string
	for _, p := range d.Recognise(samples) {
		got = append(got, p.ID)
	}
	if !slices.Equal(got, want) {
		t.Errorf("heard %q, want %q", got, want)
	}
}

func BenchmarkRecogniser(b *testing.B) {
	random := rand.New(rand.NewPCG(5, 6))
	phrases := make(map[string][]byte)
	for i := range 300 {
		sound := make([]byte, 100*media.FrameSize)
		for j := range sound {
			sound[j] = byte(random.UintN(256))
		}
		phrases[fmt.Sprint(i)] = sound
	}
	d, err := NewDictionary(phrases)
	if err != nil {
		b.Fatal(err)
	}
	r := newRecogniser(d.trie(media.PCMU), func(int) {})
	frames := slices.Collect(slices.Chunk(phrases["7"], media.FrameSize))
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		r.hear(frames[i%100], 0)
	}
}
