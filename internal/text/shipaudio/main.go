// Command shipaudio writes the audio that phone/prompt ships: with espeak-ng
// (Debian package espeak-ng), every fixed phrase and digit of all languages and
// the names of the demo. It is run by go generate in phone/prompt. Files of
// phrases that are no longer spoken are removed; the same espeak-ng gives the
// same files.
package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"rollcall/internal/demo/names"
	"rollcall/internal/text"
	"rollcall/phone/callflow"
	"rollcall/phone/prompt"
)

func main() {
	if err := run("audio"); err != nil {
		fmt.Fprintln(os.Stderr, "shipaudio:", err)
		os.Exit(1)
	}
}

func run(dir string) error {
	voice, ok := prompt.FindEspeak()
	if !ok {
		return errors.New("espeak-ng is not installed (Debian package espeak-ng)")
	}
	ballots := make(map[string][]callflow.Contest)
	for _, lang := range text.Languages {
		ballots[lang] = names.Ballot(lang)
	}
	phrases, err := callflow.Phrases(names.Election(), ballots)
	if err != nil {
		return err
	}
	wanted := make(map[string]bool)
	total := 0
	for _, p := range phrases {
		audio, err := voice.Speak(p)
		if err != nil {
			return err
		}
		path := filepath.Join(dir, filepath.FromSlash(p.ID())+".ulaw")
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			return err
		}
		if err := os.WriteFile(path, audio, 0o644); err != nil {
			return err
		}
		wanted[path] = true
		total += len(audio)
	}
	fmt.Printf("%d phrases, %d seconds\n", len(wanted), total/prompt.Rate)
	return filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(path, ".ulaw") || wanted[path] {
			return err
		}
		return os.Remove(path)
	})
}
