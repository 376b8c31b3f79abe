package prompt

import (
	"embed"

	"rollcall/internal/text"
)

// audio holds the shipped phrases; go generate rewrites the folder.
//
//go:embed all:audio
var audio embed.FS

// shipped gives the shipped audio of a phrase.
func shipped(p text.Phrase) ([]byte, bool) {
	raw, err := audio.ReadFile("audio/" + p.ID() + ".ulaw")
	if err != nil || len(raw) == 0 || len(raw)%FrameSize != 0 {
		return nil, false
	}
	return raw, true
}
