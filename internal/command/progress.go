package command

import (
	"os"

	"github.com/schollz/progressbar/v3"
	"golang.org/x/term"
)

// bar is a progress bar on standard error, and nothing where that is no
// terminal.
type bar struct{ b *progressbar.ProgressBar }

func newBar(e *env, what string) *bar {
	f, ok := e.err.(*os.File)
	if !ok || !term.IsTerminal(int(f.Fd())) {
		return &bar{}
	}
	return &bar{progressbar.NewOptions64(-1, progressbar.OptionSetWriter(f), progressbar.OptionSetDescription(what),
		progressbar.OptionShowCount(), progressbar.OptionClearOnFinish(), progressbar.OptionSetWidth(30),
		progressbar.OptionEnableColorCodes(os.Getenv("NO_COLOR") == ""))}
}

// set shows how many of how many are done.
func (b *bar) set(done, total uint64) {
	if b.b == nil {
		return
	}
	if b.b.GetMax64() != int64(total) {
		b.b.ChangeMax64(int64(total))
	}
	_ = b.b.Set64(int64(done)) // what a bar can not draw is not worth failing for
}

func (b *bar) done() {
	if b.b != nil {
		_ = b.b.Finish()
	}
}
