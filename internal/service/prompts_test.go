package service

import (
	"bytes"
	"context"
	"encoding/binary"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sync/errgroup"

	"rollcall/internal/text"
	"rollcall/phone/polling"
	"rollcall/phone/prompt"
)

// silence is a recording of a fifth of a second.
func silence() []byte {
	const samples = 1600
	b := binary.LittleEndian.AppendUint32([]byte("RIFF"), 36+2*samples)
	b = binary.LittleEndian.AppendUint32(append(b, "WAVEfmt "...), 16)
	b = append(b, 1, 0, 1, 0) // PCM, mono
	b = binary.LittleEndian.AppendUint32(b, prompt.Rate)
	b = binary.LittleEndian.AppendUint32(b, 2*prompt.Rate)
	b = append(b, 2, 0, 16, 0)
	b = binary.LittleEndian.AppendUint32(append(b, "data"...), 2*samples)
	return append(b, make([]byte, 2*samples)...)
}

// TestPromptsReady has every phrase in memory once the service has prepared
// them, so that no call waits for one.
func TestPromptsReady(t *testing.T) {
	e := newElection(t)
	phrases, err := polling.Phrases(e.Manifest)
	must(t, err)
	shipped, err := prompt.New(prompt.Config{})
	must(t, err)
	missing, err := shipped.Missing(phrases)
	must(t, err)
	if len(missing) < 3 {
		t.Fatalf("%d phrases of the small election are not shipped: nothing to test", len(missing))
	}
	folder := t.TempDir()
	record := func(p text.Phrase) {
		path := filepath.Join(folder, filepath.FromSlash(p.ID())+".wav")
		must(t, os.MkdirAll(filepath.Dir(path), 0o755))
		must(t, os.WriteFile(path, silence(), 0o644))
	}
	prepare := func(ctx context.Context) (*prompt.Library, string) {
		library, err := prompt.New(prompt.Config{Recordings: folder})
		must(t, err)
		var log bytes.Buffer
		s := &Service{cfg: Config{Logger: slog.New(slog.NewTextHandler(&log, nil))}, tasks: &errgroup.Group{}}
		must(t, s.preparePrompts(ctx, library, e.Manifest))
		must(t, s.tasks.Wait())
		return library, log.String()
	}

	for _, p := range missing[1:] {
		record(p)
	}
	if _, log := prepare(t.Context()); !strings.Contains(log, "missing=1") || strings.Contains(log, missing[0].Text) {
		t.Errorf("log %q, want one missing phrase and not its words", log)
	}
	record(missing[0])
	library, log := prepare(t.Context())
	if strings.Contains(log, "missing") {
		t.Errorf("log %q, want nothing missing", log)
	}
	must(t, os.RemoveAll(folder))
	if _, err := library.Audio(phrases); err != nil {
		t.Errorf("a phrase was not made ready: %v", err)
	}

	stopped, cancel := context.WithCancel(t.Context())
	cancel()
	must(t, os.MkdirAll(folder, 0o755))
	if _, log := prepare(stopped); log != "" {
		t.Errorf("a service that is closed goes on: %q", log)
	}
}
