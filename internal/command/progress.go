package command

import (
	"os"
	"time"

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
		progressbar.OptionShowCount(), progressbar.OptionShowIts(), progressbar.OptionClearOnFinish(),
		progressbar.OptionSetWidth(30), progressbar.OptionThrottle(100*time.Millisecond),
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

// bars are progress bars one after another, each for one part of the work.
type bars struct {
	e    *env
	what string
	now  *bar
}

func newBars(e *env) *bars { return &bars{e: e} }

// set shows how many of how many are done of a part, which ends the one before.
func (b *bars) set(what string, done, total int) {
	if what != b.what {
		b.done()
		b.what, b.now = what, newBar(b.e, what)
	}
	b.now.set(uint64(done), uint64(total))
}

func (b *bars) done() {
	if b.now != nil {
		b.now.done()
	}
}
