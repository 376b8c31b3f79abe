package caller_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/pion/rtp"

	"rollcall/internal/badline"
	"rollcall/internal/caller"
	"rollcall/internal/hearing"
	"rollcall/internal/text"
	"rollcall/phone/prompt"
	"rollcall/phone/sip"
)

// saying is what the line of TestBadLine says: a code, between other words, and
// the phrases of it.
func saying(t *testing.T, lib *prompt.Library, code string) (ulaw []byte, ids []string) {
	t.Helper()
	phrases, err := text.Render([]text.Message{{Lang: "en", ID: text.OneMoment}, {Lang: "en", ID: text.CodeIs, Digits: code},
		{Lang: "en", ID: text.Testing}})
	if err != nil {
		t.Fatal(err)
	}
	if ulaw, err = lib.Audio(phrases); err != nil {
		t.Fatal(err)
	}
	for _, p := range phrases {
		if !p.IsPause() {
			ids = append(ids, p.ID())
		}
	}
	return ulaw, ids
}

// noise is an amplitude about 20 dB below that of the prompts.
const noise = 250

// TestBadLine has receipt codes said over bad lines, real UDP all the way, and
// listens by the published prompts. No digit may be heard that was not said, and of
// what was said at least so many percent must be heard, for the rest is asked for
// again. Which packets are lost depends on how many of silence come first: what is
// expected of a line that loses some is far below what is heard of it.
func TestBadLine(t *testing.T) {
	lib, err := prompt.New(prompt.Config{})
	if err != nil {
		t.Fatal(err)
	}
	catalogue, err := text.For("en")
	if err != nil {
		t.Fatal(err)
	}
	sounds, err := lib.Dictionary(catalogue.Phrases())
	if err != nil {
		t.Fatal(err)
	}
	words, err := hearing.NewWords(sounds)
	if err != nil {
		t.Fatal(err)
	}
	const codes = 2
	for n, tt := range []struct {
		name  string
		spoil func(r *rand.Rand) badline.Spoil
		least int // percent of the phrases
	}{
		{"unharmed", func(*rand.Rand) badline.Spoil { return func(p *rtp.Packet) []*rtp.Packet { return []*rtp.Packet{p} } }, 100},
		{"5 % lost", func(r *rand.Rand) badline.Spoil { return badline.Lose(r.Float64, 0.05, 1, false) }, 90},
		{"5 % lost, concealed", func(r *rand.Rand) badline.Spoil { return badline.Lose(r.Float64, 0.05, 1, true) }, 80},
		{"bursts lost", func(r *rand.Rand) badline.Spoil { return badline.Lose(r.Float64, 0.05, 4, false) }, 70},
		{"bursts lost, concealed", func(r *rand.Rand) badline.Spoil { return badline.Lose(r.Float64, 0.05, 4, true) }, 60},
		{"transcoded", func(*rand.Rand) badline.Spoil { return badline.Transcode() }, 100},
		{"12 dB fainter", func(*rand.Rand) badline.Spoil { return badline.Attenuate(12) }, 100},
		{"noise", func(r *rand.Rand) badline.Spoil { return badline.Hiss(r.NormFloat64, noise) }, 100},
		{"reordered", func(r *rand.Rand) badline.Spoil { return badline.Reorder(r.Float64, 0.05) }, 90},
		{"clock fast", func(*rand.Rand) badline.Spoil { return badline.Drift(50e-6) }, 100},
		{"clock slow", func(*rand.Rand) badline.Spoil { return badline.Drift(-50e-6) }, 100},
		{"all of it", func(r *rand.Rand) badline.Spoil {
			return badline.Both(badline.Drift(50e-6), badline.Attenuate(12), badline.Hiss(r.NormFloat64, noise/4), badline.Transcode(),
				badline.Lose(r.Float64, 0.03, 1, true), badline.Reorder(r.Float64, 0.02))
		}, 80},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := rand.New(rand.NewPCG(uint64(n), 11))
			heard, said := 0, 0
			for range codes {
				code := ""
				for range 16 {
					code += fmt.Sprint(r.IntN(10))
				}
				ulaw, ids := saying(t, lib, code)
				s := listen(t, func(ctx context.Context, call *sip.Call) { _ = call.Play(ctx, ulaw) })
				line, err := badline.Listen(s.Addr(), tt.spoil(r))
				if err != nil {
					t.Fatal(err)
				}
				ctx, stop := context.WithTimeout(t.Context(), limit)
				c, err := caller.Dial(ctx, line.Addr(), caller.Options{Words: words, Speed: fast})
				if err != nil {
					t.Fatal(err)
				}
				<-c.Done()
				stop()
				if err := line.Close(); err != nil {
					t.Error(err)
				}
				heard += inOrder(t, c.Transcript(), ids)
				said += len(ids)
			}
			if 100*heard < tt.least*said {
				t.Errorf("%d of %d phrases were heard, want %d %%", heard, said, tt.least)
			}
		})
	}
}

// inOrder holds that what was understood was said, in this order, and counts it.
func inOrder(t *testing.T, heard []caller.Phrase, ids []string) int {
	t.Helper()
	left, understood := ids, 0
	for _, p := range heard {
		if p.ID == "" {
			continue
		}
		i := slices.Index(left, p.ID)
		if i < 0 {
			t.Errorf("heard %s, fit %.2f, which was not said there", p.ID, p.Fit)
			break
		}
		left = left[i+1:]
		understood++
	}
	return understood
}
