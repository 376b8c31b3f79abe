package operate

import (
	"rollcall/bulletin/entry"
	"rollcall/internal/service"
	"rollcall/internal/workspace"
	"rollcall/phone/polling"
)

// MissingPrompt is a phrase that no source of audio has.
type MissingPrompt struct {
	Language string `json:"language"`
	Text     string `json:"text"`
	File     string `json:"file"` // below the recordings folder
}

// MissingPrompts lists every phrase of an election's calls that can not be
// spoken.
func MissingPrompts(dir workspace.Dir, m *entry.Manifest) ([]MissingPrompt, error) {
	phrases, err := polling.Phrases(m)
	if err != nil {
		return nil, err
	}
	library, err := service.NewLibrary(dir)
	if err != nil {
		return nil, err
	}
	list, err := library.Missing(phrases)
	if err != nil {
		return nil, err
	}
	missing := []MissingPrompt{}
	for _, p := range list {
		missing = append(missing, MissingPrompt{p.Lang, p.Text, p.ID() + ".wav"})
	}
	return missing, nil
}
