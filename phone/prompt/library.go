package prompt

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"sync"

	"rollcall/internal/text"
)

// ErrMissing is wrapped by the error for a phrase that no source has.
var ErrMissing = errors.New("no recording, nothing shipped, and espeak-ng is not installed")

// Config says where audio comes from. The zero Config knows only what is
// shipped.
type Config struct {
	Recordings string  // folder with LANG/NAME.wav, named by Phrase.ID; empty for none
	Cache      string  // folder for what was spoken; empty keeps it in memory only
	Espeak     *Espeak // nil if not installed, or not wanted
}

// Library gives the audio of phrases. It is safe for concurrent use.
type Library struct {
	cfg Config

	mu    sync.Mutex
	known map[text.Phrase][]byte // guarded by mu; the slices are read-only
}

// New makes a library. It fails if a folder that is named does not exist.
func New(cfg Config) (*Library, error) {
	for _, dir := range []string{cfg.Recordings, cfg.Cache} {
		if dir == "" {
			continue
		}
		if info, err := os.Stat(dir); err != nil {
			return nil, fmt.Errorf("prompt: %w", err)
		} else if !info.IsDir() {
			return nil, fmt.Errorf("prompt: %s is not a folder", dir)
		}
	}
	return &Library{cfg: cfg, known: make(map[text.Phrase][]byte)}, nil
}

// pauseFrames is the length of text.Pause.
const pauseFrames = 15

// Audio gives the phrases one after the other as mu-law, a multiple of
// FrameSize. The error wraps ErrMissing if a phrase has no source.
func (l *Library) Audio(phrases []text.Phrase) ([]byte, error) {
	var out []byte
	for _, p := range phrases {
		audio, err := l.phrase(p)
		if err != nil {
			return nil, err
		}
		out = append(out, audio...)
	}
	return out, nil
}

// Missing lists those of the phrases that no source has. Every phrase is made
// ready on the way, so a recording that can not be read is an error.
func (l *Library) Missing(phrases []text.Phrase) ([]text.Phrase, error) {
	var missing []text.Phrase
	for _, p := range phrases {
		switch _, err := l.phrase(p); {
		case errors.Is(err, ErrMissing):
			missing = append(missing, p)
		case err != nil:
			return nil, err
		}
	}
	return missing, nil
}

// Dictionary gives the audio of each phrase by its ID, for a caller that
// recognises what it hears. Pauses are left out.
func (l *Library) Dictionary(phrases []text.Phrase) (map[string][]byte, error) {
	dict := make(map[string][]byte, len(phrases))
	for _, p := range phrases {
		if p.IsPause() {
			continue
		}
		audio, err := l.phrase(p)
		if err != nil {
			return nil, err
		}
		dict[p.ID()] = slices.Clone(audio)
	}
	return dict, nil
}

// phrase gives the audio of one phrase; the caller must not write to it.
func (l *Library) phrase(p text.Phrase) ([]byte, error) {
	if p.IsPause() {
		return frames(make([]int16, pauseFrames*FrameSize)), nil
	}
	l.mu.Lock()
	audio, ok := l.known[p]
	l.mu.Unlock()
	if ok {
		return audio, nil
	}
	// Without the lock: one slow phrase must not silence other calls. Two that
	// look for the same phrase at once find the same bytes.
	audio, err := l.find(p)
	if err != nil {
		return nil, err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.known[p] = audio
	return audio, nil
}

// find asks the sources in their order.
func (l *Library) find(p text.Phrase) ([]byte, error) {
	if l.cfg.Recordings != "" {
		audio, err := recorded(l.cfg.Recordings, p)
		if !errors.Is(err, fs.ErrNotExist) {
			return audio, err
		}
	}
	if audio, ok := shipped(p); ok {
		return audio, nil
	}
	if l.cfg.Espeak == nil || l.cfg.Espeak.Voices[p.Lang] == "" {
		return nil, fmt.Errorf("prompt: %s: %w", p.ID(), ErrMissing)
	}
	return l.spoken(p)
}

// recorded reads a recording of the phrase; fs.ErrNotExist if there is none.
func recorded(dir string, p text.Phrase) ([]byte, error) {
	path := filepath.Join(dir, filepath.FromSlash(p.ID())+".wav")
	info, err := os.Stat(path)
	if err != nil {
		return nil, fmt.Errorf("prompt: %w", err)
	}
	if info.Size() > maxWAV {
		return nil, fmt.Errorf("prompt: %s is larger than %d bytes", path, maxWAV)
	}
	raw, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("prompt: %w", err)
	}
	s, err := parseWAV(raw, false)
	if err != nil {
		return nil, fmt.Errorf("prompt: %s: %w", path, err)
	}
	return frames(resample(s)), nil
}
