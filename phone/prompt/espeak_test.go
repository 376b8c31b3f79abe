package prompt

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"rollcall/internal/text"
)

// espeak finds the program, or skips the test.
func espeak(t *testing.T) *Espeak {
	t.Helper()
	e, ok := FindEspeak()
	if !ok {
		if os.Getenv("ROLLCALL_PEERS") == "1" {
			t.Fatal("espeak-ng is not installed (Debian package espeak-ng)")
		}
		t.Skip("needs the Debian package espeak-ng")
	}
	return e
}

func TestEspeak(t *testing.T) {
	e := espeak(t)
	for _, p := range []text.Phrase{unknownPhrase, text.Name("es", "Zebulón Quimby"), text.Name("en", "--version"), text.Name("en", "</speak> & <b>")} {
		first, err := e.Speak(p)
		if err != nil {
			t.Fatal(err)
		}
		again, err := e.Speak(p)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(first, again) {
			t.Errorf("%s sounds different every time", p.ID())
		}
		if len(first)%FrameSize != 0 || len(first) < Rate/4 || len(first) > 10*Rate {
			t.Errorf("%s: %d bytes", p.ID(), len(first))
		}
	}
	if _, err := e.Speak(text.Name("fil", "Salamat")); err == nil {
		t.Error("spoke a language without a voice")
	}
}

func TestEspeakFillsWhatIsMissing(t *testing.T) {
	l := library(t, Config{Espeak: espeak(t)})
	missing, err := l.Missing([]text.Phrase{unknownPhrase, text.Name("fil", "Salamat")})
	if err != nil {
		t.Fatal(err)
	}
	if len(missing) != 1 || missing[0].Lang != "fil" {
		t.Errorf("missing %v, want only the language without a voice", missing)
	}
}

// What was spoken once is not spoken again: the cache is used, by voice, and a
// damaged file in it is not.
func TestCache(t *testing.T) {
	e, dir := espeak(t), t.TempDir()
	speak := func(e *Espeak) []byte {
		audio, err := library(t, Config{Espeak: e, Cache: dir}).Audio([]text.Phrase{unknownPhrase})
		if err != nil {
			t.Fatal(err)
		}
		return audio
	}
	first := speak(e)
	if again := speak(&Espeak{Path: "/nonexistent/espeak-ng", Voices: e.Voices}); !bytes.Equal(again, first) {
		t.Error("the cache gave other audio")
	}
	other := map[string]string{"en": "en-gb"}
	if british := speak(&Espeak{Path: e.Path, Voices: other}); bytes.Equal(british, first) {
		t.Error("the cache gave the audio of another voice")
	}
	path := filepath.Join(dir, cacheName(unknownPhrase, e.Voices["en"]))
	for _, damaged := range [][]byte{nil, first[:len(first)-1]} {
		if err := os.WriteFile(path, damaged, 0o600); err != nil {
			t.Fatal(err)
		}
		if again := speak(e); !bytes.Equal(again, first) {
			t.Error("a damaged cache file was used")
		}
	}
	left, err := filepath.Glob(filepath.Join(dir, ".ulaw-*"))
	if err != nil || len(left) != 0 {
		t.Errorf("half-written files are left: %v %v", left, err)
	}
}

// The names of cache files depend on text, voice and language, with no way to
// move a letter from one to the other.
func TestCacheName(t *testing.T) {
	seen := make(map[string]bool)
	for _, c := range []struct{ text, voice, lang string }{
		{"a", "b", "c"}, {"ab", "", "c"}, {"", "ab", "c"}, {"a", "bc", ""}, {"a", "b", "d"}, {"a", "d", "c"},
	} {
		seen[cacheName(text.Phrase{Lang: c.lang, Text: c.text}, c.voice)] = true
	}
	if len(seen) != 6 {
		t.Errorf("%d names for 6 different sounds", len(seen))
	}
}
