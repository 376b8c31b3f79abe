package prompt

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"rollcall/internal/text"
)

var (
	shippedPhrase = text.Phrase{Lang: "en", Text: "Goodbye."}
	unknownPhrase = text.Name("en", "Zebulon Quimby the Ninth")
)

// record puts a recording of a phrase into a folder.
func record(t *testing.T, dir string, p text.Phrase, raw []byte) {
	t.Helper()
	path := filepath.Join(dir, filepath.FromSlash(p.ID())+".wav")
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, raw, 0o644); err != nil {
		t.Fatal(err)
	}
}

func library(t *testing.T, cfg Config) *Library {
	t.Helper()
	l, err := New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func TestARecordingTakesPrecedence(t *testing.T) {
	dir := t.TempDir()
	said := tone(Rate, 300, 9000).samples
	record(t, dir, shippedPhrase, wav(1, 1, Rate, 16, pcm(said...)))
	with, err := library(t, Config{Recordings: dir}).Audio([]text.Phrase{shippedPhrase})
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(with, frames(said)) {
		t.Error("the recording was not used as it is")
	}
	without, err := library(t, Config{Recordings: t.TempDir()}).Audio([]text.Phrase{shippedPhrase})
	if err != nil {
		t.Fatal(err)
	}
	if bytes.Equal(with, without) || len(without) == 0 {
		t.Error("without a recording the shipped audio is not used")
	}
}

func TestMissing(t *testing.T) {
	dir := t.TempDir()
	recorded := text.Name("es", "Zebulon Quimby")
	record(t, dir, recorded, wav(1, 2, 44100, 16, pcm(make([]int16, 2000)...)))
	l := library(t, Config{Recordings: dir})
	missing, err := l.Missing([]text.Phrase{shippedPhrase, recorded, unknownPhrase, text.Pause})
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(missing, []text.Phrase{unknownPhrase}) {
		t.Errorf("missing %v", missing)
	}
	if _, err := l.Audio([]text.Phrase{shippedPhrase, unknownPhrase}); !errors.Is(err, ErrMissing) {
		t.Errorf("got %v, want ErrMissing", err)
	}
	if _, err := l.Dictionary([]text.Phrase{unknownPhrase}); !errors.Is(err, ErrMissing) {
		t.Errorf("got %v, want ErrMissing", err)
	}
}

// A recording that can not be read must not be passed over silently.
func TestABadRecordingIsAnError(t *testing.T) {
	dir := t.TempDir()
	record(t, dir, shippedPhrase, []byte("no WAV"))
	if _, err := library(t, Config{Recordings: dir}).Missing([]text.Phrase{shippedPhrase}); err == nil || !strings.Contains(err.Error(), "not a WAV") {
		t.Errorf("got %v, want an error about the recording", err)
	}
}

func TestNewNeedsItsFolders(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for name, cfg := range map[string]Config{
		"no-recordings": {Recordings: filepath.Join(t.TempDir(), "none")},
		"no-cache":      {Cache: filepath.Join(t.TempDir(), "none")},
		"a-file":        {Recordings: file},
	} {
		if _, err := New(cfg); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

// The dictionary is a copy, so that a caller can not change what is played.
func TestDictionaryIsACopy(t *testing.T) {
	l := library(t, Config{})
	dict, err := l.Dictionary([]text.Phrase{shippedPhrase})
	if err != nil {
		t.Fatal(err)
	}
	clear(dict[shippedPhrase.ID()])
	again, err := l.Dictionary([]text.Phrase{shippedPhrase})
	if err != nil {
		t.Fatal(err)
	}
	if bytes.Equal(dict[shippedPhrase.ID()], again[shippedPhrase.ID()]) {
		t.Error("writing to the dictionary changed the library")
	}
}

func TestAudioFromManyGoroutines(t *testing.T) {
	l := library(t, Config{})
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			if _, err := l.Audio([]text.Phrase{shippedPhrase, text.Pause, shippedPhrase}); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
}
