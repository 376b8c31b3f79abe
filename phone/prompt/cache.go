package prompt

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"rollcall/internal/text"
)

// cacheName is the file of a phrase spoken by a voice: SHA-256 over text, voice
// and language, each ended by a zero byte.
func cacheName(p text.Phrase, voice string) string {
	sum := sha256.Sum256([]byte(p.Text + "\x00" + voice + "\x00" + p.Lang + "\x00"))
	return hex.EncodeToString(sum[:]) + ".ulaw"
}

// spoken gives the phrase from the cache, or has espeak-ng speak it and keeps
// that.
func (l *Library) spoken(p text.Phrase) ([]byte, error) {
	if l.cfg.Cache == "" {
		return l.cfg.Espeak.Speak(p)
	}
	path := filepath.Join(l.cfg.Cache, cacheName(p, l.cfg.Espeak.Voices[p.Lang]))
	audio, err := os.ReadFile(path)
	switch {
	case err == nil && len(audio) > 0 && len(audio)%FrameSize == 0:
		return audio, nil
	case err != nil && !errors.Is(err, fs.ErrNotExist):
		return nil, fmt.Errorf("prompt: %w", err)
	}
	if audio, err = l.cfg.Espeak.Speak(p); err != nil {
		return nil, err
	}
	if err := writeWhole(path, audio); err != nil {
		return nil, fmt.Errorf("prompt: cache: %w", err)
	}
	return audio, nil
}

// writeWhole writes a file under another name first, so that nobody ever reads
// half of one.
func writeWhole(path string, data []byte) error {
	f, err := os.CreateTemp(filepath.Dir(path), ".ulaw-*")
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	if closeErr := f.Close(); err == nil {
		err = closeErr
	}
	if err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		return errors.Join(err, os.Remove(f.Name()))
	}
	return nil
}
