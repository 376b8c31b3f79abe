package prompt

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os/exec"
	"strconv"
	"strings"
	"time"

	"rollcall/internal/text"
)

// DefaultVoices are the espeak-ng voices by language.
func DefaultVoices() map[string]string {
	return map[string]string{"en": "en-us", "es": "es-419"}
}

const (
	espeakWPM     = 190 // words a minute: brisk, still clear on a telephone
	espeakTimeout = 20 * time.Second
)

// Espeak is an installed espeak-ng.
type Espeak struct {
	Path   string            // of the program
	Voices map[string]string // by language
}

// FindEspeak looks for espeak-ng (Debian package espeak-ng) on the path.
func FindEspeak() (*Espeak, bool) {
	path, err := exec.LookPath("espeak-ng")
	if err != nil {
		return nil, false
	}
	return &Espeak{Path: path, Voices: DefaultVoices()}, true
}

// Speak gives the phrase as mu-law in whole frames. The words go to the program
// on its standard input, since arguments can be seen by every user of the
// machine.
func (e *Espeak) Speak(p text.Phrase) ([]byte, error) {
	voice, ok := e.Voices[p.Lang]
	if !ok {
		return nil, fmt.Errorf("prompt: espeak-ng has no voice for language %q", p.Lang)
	}
	ctx, cancel := context.WithTimeout(context.Background(), espeakTimeout)
	defer cancel()
	cmd := exec.CommandContext(ctx, e.Path, "--stdin", "--stdout", "-b", "1", "-v", voice, "-s", strconv.Itoa(espeakWPM))
	cmd.Stdin = strings.NewReader(p.Text)
	var out, complaint bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &complaint
	if err := cmd.Run(); err != nil {
		return nil, fmt.Errorf("prompt: espeak-ng could not speak %s: %w", p.ID(), err)
	}
	s, err := parseWAV(out.Bytes(), true)
	if err != nil {
		return nil, fmt.Errorf("prompt: espeak-ng gave for %s: %w", p.ID(), err)
	}
	samples := trim(resample(s))
	if len(samples) == 0 {
		return nil, errors.New("prompt: espeak-ng said nothing for " + p.ID())
	}
	return frames(samples), nil
}
