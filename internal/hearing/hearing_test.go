package hearing_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"rollcall/internal/hearing"
	"rollcall/internal/text"
	"rollcall/phone/media"
	"rollcall/phone/prompt"
)

// published are the shipped prompts of English and their dictionary.
func published(t testing.TB) (*prompt.Library, *hearing.Words) { return known(t, "en", 0) }

// known are the shipped prompts of a language, and a dictionary of them without
// one digit, if that is not 0.
func known(t testing.TB, lang string, without byte) (*prompt.Library, *hearing.Words) {
	t.Helper()
	lib, err := prompt.New(prompt.Config{})
	if err != nil {
		t.Fatal(err)
	}
	catalogue, err := text.For(lang)
	if err != nil {
		t.Fatal(err)
	}
	phrases, err := lib.Dictionary(catalogue.Phrases())
	if err != nil {
		t.Fatal(err)
	}
	if p, ok := text.Digit(lang, without); ok {
		delete(phrases, p.ID())
	}
	words, err := hearing.NewWords(phrases)
	if err != nil {
		t.Fatal(err)
	}
	return lib, words
}

// spoken is what a line says of a code, and what it says next. It returns the
// sound and the ids of its phrases.
func spoken(t testing.TB, lib *prompt.Library, code string) (ulaw []byte, ids []string) {
	t.Helper()
	phrases, err := text.Render([]text.Message{{Lang: "en", ID: text.CodeIs, Digits: code}, {Lang: "en", ID: text.Testing}})
	if err != nil {
		t.Fatal(err)
	}
	ulaw, err = lib.Audio(phrases)
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range phrases {
		if !p.IsPause() {
			ids = append(ids, p.ID())
		}
	}
	return ulaw, ids
}

func randomCode(r *rand.Rand) string {
	code := ""
	for range 16 {
		code += fmt.Sprint(r.IntN(10))
	}
	return code
}

// damage is what a line does to sound.
type damage struct {
	name string
	do   func(r *rand.Rand, x []int16) []int16
	// whole is the least share of codes that must be heard whole.
	whole float64
}

// each calls do for every frame of x.
func eachFrame(x []int16, do func(i int, frame []int16)) []int16 {
	i := 0
	for f := range slices.Chunk(x, media.FrameSize) {
		do(i, f)
		i++
	}
	return x
}

// lose loses frames: each with probability p to begin a burst of the mean length.
func lose(p, burst float64, conceal bool) func(*rand.Rand, []int16) []int16 {
	return func(r *rand.Rand, x []int16) []int16 {
		bad := false
		return eachFrame(x, func(i int, f []int16) {
			if bad {
				bad = r.Float64() >= 1/burst
			}
			if !bad {
				bad = r.Float64() < p/burst
			}
			if !bad {
				return
			}
			clear(f)
			if from := (i - 1) * media.FrameSize; conceal && i > 0 {
				copy(f, x[from:from+media.FrameSize])
			}
		})
	}
}

func gain(g float64) func(*rand.Rand, []int16) []int16 {
	return func(_ *rand.Rand, x []int16) []int16 {
		for i, v := range x {
			x[i] = int16(float64(v) * g)
		}
		return x
	}
}

// hiss adds noise of so many dB below the mean power of x.
func hiss(db float64) func(*rand.Rand, []int16) []int16 {
	return func(r *rand.Rand, x []int16) []int16 {
		power := 0.0
		for _, v := range x {
			power += float64(v) * float64(v)
		}
		rms := math.Sqrt(power/float64(len(x))) * math.Pow(10, -db/20)
		for i, v := range x {
			x[i] = int16(max(-32000, min(32000, float64(v)+rms*r.NormFloat64())))
		}
		return x
	}
}

func transcode(_ *rand.Rand, x []int16) []int16 {
	return media.DecodeUlaw(media.EncodeUlaw(media.DecodeAlaw(media.EncodeAlaw(x))))
}

// clock plays x by a clock that is off by a part.
func clock(off float64) func(*rand.Rand, []int16) []int16 {
	return func(_ *rand.Rand, x []int16) []int16 {
		var out []int16
		for at := 0.0; int(at)+1 < len(x); at += 1 + off {
			i, part := int(at), at-math.Floor(at)
			out = append(out, int16(float64(x[i])*(1-part)+float64(x[i+1])*part))
		}
		return out
	}
}

func all(list ...func(*rand.Rand, []int16) []int16) func(*rand.Rand, []int16) []int16 {
	return func(r *rand.Rand, x []int16) []int16 {
		for _, do := range list {
			x = do(r, x)
		}
		return x
	}
}

var damages = []damage{
	{"none", all(), 1},
	{"delayed by 77 samples", func(_ *rand.Rand, x []int16) []int16 { return append(make([]int16, 77), x...) }, 1},
	{"5 % lost", lose(0.05, 1, false), 0.9},
	{"5 % lost, concealed", lose(0.05, 1, true), 0.7},
	{"bursts of 5", lose(0.05, 5, false), 0.3},
	{"bursts of 5, concealed", lose(0.05, 5, true), 0},
	{"mu-law, A-law, mu-law", transcode, 1},
	{"12 dB fainter", gain(0.25), 1},
	{"noise 20 dB below", hiss(20), 1},
	{"clock 50 ppm fast", clock(50e-6), 1},
	{"clock 50 ppm slow", clock(-50e-6), 1},
	{"all of it", all(clock(50e-6), gain(0.25), hiss(20), transcode, lose(0.05, 1, true)), 0.6},
}

// TestDamagedLine has codes spoken over lines of every sort. Whatever is heard
// as a digit is the digit that was spoken; most codes are heard whole.
func TestDamagedLine(t *testing.T) {
	t.Parallel()
	lib, words := published(t)
	for n, d := range damages {
		t.Run(d.name, func(t *testing.T) {
			t.Parallel()
			r := rand.New(rand.NewPCG(uint64(n), 7))
			whole := 0
			for range codes {
				code := randomCode(r)
				ulaw, ids := spoken(t, lib, code)
				heard := words.Recognise(d.do(r, media.DecodeUlaw(ulaw)))
				if sameOrder(t, heard, ids) {
					whole++
				}
			}
			if whole < int(d.whole*codes) {
				t.Errorf("%d of %d codes were heard whole, want %.0f %%", whole, codes, 100*d.whole)
			}
			t.Logf("%d of %d codes heard whole", whole, codes)
		})
	}
}

// sameOrder holds that what was understood was spoken, in this order, and tells
// whether it was all.
func sameOrder(t *testing.T, heard []hearing.Heard, ids []string) bool {
	t.Helper()
	at, understood := 0, 0
	for _, h := range heard {
		if len(h.IDs) == 0 {
			continue
		}
		understood++
		for at < len(ids) && ids[at] != h.IDs[0] {
			at++
		}
		if at == len(ids) {
			t.Errorf("heard %s at %d, fit %.2f, which was not spoken there", h.IDs[0], h.From, h.Fit)
			return false
		}
		at++
	}
	return understood == len(ids)
}

// TestInterrupted holds that a phrase which breaks off is not heard, and that
// what is said in its place is, wherever it broke off.
func TestInterrupted(t *testing.T) {
	t.Parallel()
	lib, words := published(t)
	audio := func(id text.ID) ([]int16, string) {
		p, err := text.Message{Lang: "en", ID: id}.Phrases()
		if err != nil {
			t.Fatal(err)
		}
		b, err := lib.Audio(p)
		if err != nil {
			t.Fatal(err)
		}
		return media.DecodeUlaw(b), p[0].ID()
	}
	long, _ := audio(text.Decide)
	next, want := audio(text.Testing)
	for at := 3; at < len(long)/media.FrameSize-60; at += 29 * 10 / codes {
		x := append(slices.Clone(long[:at*media.FrameSize]), next...)
		heard := words.Recognise(x)
		if len(heard) == 0 || len(heard[len(heard)-1].IDs) == 0 || heard[len(heard)-1].IDs[0] != want {
			t.Fatalf("broken off after %d frames: heard %v", at, heard)
		}
		for _, h := range heard[:len(heard)-1] {
			if len(h.IDs) > 0 {
				t.Errorf("broken off after %d frames: heard %s of it", at, h.IDs[0])
			}
		}
	}
}

// TestAlike holds that of two phrases that sound nearly alike neither is told, and
// that the longer of two that begin alike is, unless only the shorter was said.
func TestAlike(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(3, 3))
	noise := func(n int) []int16 {
		x := make([]int16, n)
		for i := range x {
			x[i] = int16(8000 * r.NormFloat64() / 3)
		}
		return x
	}
	short, rest, twin := noise(4000), noise(6400), []int16(nil)
	for _, v := range short {
		twin = append(twin, v+int16(r.IntN(400)))
	}
	long := append(slices.Clone(short), rest...)
	hears := func(phrases map[string][]byte, said []int16) (ids []string) {
		words, err := hearing.NewWords(phrases)
		if err != nil {
			t.Fatal(err)
		}
		for _, h := range words.Recognise(append(slices.Clone(said), make([]int16, 8000)...)) {
			if len(h.IDs) > 0 {
				ids = append(ids, h.IDs[0])
			}
		}
		return ids
	}
	u := media.EncodeUlaw
	if got := hears(map[string][]byte{"a": u(short), "b": u(twin)}, short); len(got) != 0 {
		t.Errorf("of twins %v was heard", got)
	}
	both := map[string][]byte{"short": u(short), "long": u(long)}
	if got := hears(both, long); !slices.Equal(got, []string{"long"}) {
		t.Errorf("heard %v of the long phrase", got)
	}
	if got := hears(both, short); !slices.Equal(got, []string{"short"}) {
		t.Errorf("heard %v of the short phrase", got)
	}
}

// TestNothing holds that what is no phrase is none.
func TestNothing(t *testing.T) {
	t.Parallel()
	_, words := published(t)
	r := rand.New(rand.NewPCG(5, 5))
	noise := make([]int16, 80000)
	for i := range noise {
		noise[i] = int16(2000 * r.NormFloat64())
	}
	for name, x := range map[string][]int16{"no sound": nil, "one sample": {1}, "silence": make([]int16, 50000), "noise": noise} {
		if heard := words.Recognise(x); len(heard) != 0 {
			t.Errorf("%s: heard %v", name, heard)
		}
	}
	for name, phrases := range map[string]map[string][]byte{
		"none": nil, "silent": {"a": media.EncodeUlaw(make([]int16, 8000))}, "empty": {"a": nil}, "a click": {"a": media.EncodeUlaw([]int16{9000, -9000})}} {
		if _, err := hearing.NewWords(phrases); err == nil {
			t.Errorf("%s: words were made", name)
		}
	}
}

// FuzzListener feeds packets of any sound and size.
func FuzzListener(f *testing.F) {
	lib, words := published(f)
	p, ok := text.Digit("en", '7')
	if !ok {
		f.Fatal("no digit")
	}
	seven, err := lib.Audio([]text.Phrase{p})
	if err != nil {
		f.Fatal(err)
	}
	f.Add(seven, 160, 0)
	f.Add(seven[len(seven)/2:][:media.FrameSize], 1, 3)
	f.Fuzz(func(t *testing.T, ulaw []byte, size, missing int) {
		if size < 1 || missing < 0 || missing > 1000 {
			return
		}
		end := 0
		l := hearing.NewListener(words, func(h hearing.Heard) {
			if h.From < end || h.To < h.From || h.Fit > 1.0001 {
				t.Errorf("heard %+v after what ended at %d", h, end)
			}
			end = h.From
		})
		for b := range slices.Chunk(ulaw, size) {
			l.Hear(b, missing)
		}
		l.Close()
	})
}
