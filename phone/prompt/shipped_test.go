package prompt_test

import (
	"bytes"
	"slices"
	"testing"

	"rollcall/internal/demo/names"
	"rollcall/internal/text"
	"rollcall/phone/callflow"
	"rollcall/phone/prompt"
)

// demoPhrases is every phrase of a call of the demo.
func demoPhrases(t *testing.T) []text.Phrase {
	t.Helper()
	ballots := make(map[string][]callflow.Contest)
	for _, lang := range names.Languages {
		ballots[lang] = names.Ballot(lang)
	}
	phrases, err := callflow.Phrases(names.Election(), ballots)
	if err != nil {
		t.Fatal(err)
	}
	return phrases
}

// The demo speaks on a machine without espeak-ng. A failure here means that a
// text changed and go generate was not run.
func TestDemoIsShippedWhole(t *testing.T) {
	lib, err := prompt.New(prompt.Config{})
	if err != nil {
		t.Fatal(err)
	}
	missing, err := lib.Missing(demoPhrases(t))
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range missing {
		t.Errorf("not shipped: %s %q", p.ID(), p.Text)
	}
}

// A caller recognises phrases by their frames, so no phrase of a language may
// sound like another, or like the start of another.
func TestPhrasesAreDistinct(t *testing.T) {
	lib, err := prompt.New(prompt.Config{})
	if err != nil {
		t.Fatal(err)
	}
	type sounding struct {
		id    string
		audio []byte
	}
	for _, lang := range names.Languages {
		var phrases []text.Phrase
		for _, p := range demoPhrases(t) {
			if p.Lang == lang {
				phrases = append(phrases, p)
			}
		}
		dict, err := lib.Dictionary(phrases)
		if err != nil {
			t.Fatal(err)
		}
		if len(dict) != len(phrases) {
			t.Errorf("%s: %d sounds for %d phrases", lang, len(dict), len(phrases))
		}
		var all []sounding
		for id, audio := range dict {
			if len(audio) == 0 || len(audio)%prompt.FrameSize != 0 {
				t.Errorf("%s: %d bytes, want whole frames", id, len(audio))
			}
			all = append(all, sounding{id, audio})
		}
		slices.SortFunc(all, func(a, b sounding) int { return bytes.Compare(a.audio, b.audio) })
		for i := 1; i < len(all); i++ {
			if bytes.HasPrefix(all[i].audio, all[i-1].audio) {
				t.Errorf("%s sounds like the start of %s", all[i-1].id, all[i].id)
			}
		}
	}
}

func TestAudioIsThePhrasesInOrder(t *testing.T) {
	lib, err := prompt.New(prompt.Config{})
	if err != nil {
		t.Fatal(err)
	}
	phrases, err := text.Message{Lang: "en", ID: text.CodeIs, Digits: "1234567890123456"}.Phrases()
	if err != nil {
		t.Fatal(err)
	}
	dict, err := lib.Dictionary(phrases)
	if err != nil {
		t.Fatal(err)
	}
	got, err := lib.Audio(phrases)
	if err != nil {
		t.Fatal(err)
	}
	var want []byte
	pauses := 0
	for _, p := range phrases {
		if p.IsPause() {
			pauses++
			want = append(want, bytes.Repeat([]byte{0xff}, 15*prompt.FrameSize)...)
		}
		want = append(want, dict[p.ID()]...)
	}
	if pauses != 3 {
		t.Errorf("%d pauses in a code, want 3 between four groups", pauses)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("%d bytes of audio are not the phrases in their order, %d bytes", len(got), len(want))
	}
}
