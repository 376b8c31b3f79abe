package main

import (
	"io"
	"os"
	"time"

	"github.com/schollz/progressbar/v3"
)

// drawEvery is how often the bar is drawn at most.
const drawEvery = 100 * time.Millisecond

// progress is a bar with the rate and the time left on a terminal, and nothing
// anywhere else.
type progress struct {
	to    io.Writer
	every time.Duration
	bar   *progressbar.ProgressBar
	start uint64 // entries that were judged before
}

func newProgress(stderr io.Writer) *progress {
	if !isTerminal(stderr) {
		return &progress{}
	}
	return &progress{to: stderr, every: drawEvery}
}

// update draws how far the judge is. The first call tells where it starts, so
// that the rate is of what is judged now.
func (p *progress) update(done, total uint64) {
	if p.to == nil || total == done && p.bar == nil {
		return
	}
	if p.bar == nil {
		p.start = done
		p.bar = progressbar.NewOptions64(int64(total-done),
			progressbar.OptionSetWriter(p.to),
			progressbar.OptionSetDescription("judging entries"),
			progressbar.OptionShowCount(),
			progressbar.OptionShowIts(),
			progressbar.OptionSetItsString("entries"),
			progressbar.OptionSetPredictTime(true),
			progressbar.OptionThrottle(p.every),
			progressbar.OptionEnableColorCodes(os.Getenv("NO_COLOR") == ""),
			progressbar.OptionClearOnFinish(),
		)
	}
	// A bar that can not be drawn is no reason to stop judging.
	_ = p.bar.Set64(int64(done - p.start))
}

func (p *progress) finish() {
	if p.bar != nil {
		_ = p.bar.Finish()
	}
}
