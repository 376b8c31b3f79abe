package browser

import (
	"context"
	"errors"
	"fmt"
	"os"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
)

// startLimit is how long the browser's process may take to start, and to end.
const startLimit = time.Minute

// process is the one browser of a test binary. Its fields are guarded by mu.
type process struct {
	mu     sync.Mutex
	inMain bool            // Main runs, and will end what is started
	ctx    context.Context // chromedp's, of the whole browser; nil until it started
	err    error           // why it did not start
}

var shared process

// Main runs the tests of a package, and afterwards ends the browser that they
// have shared, if any started one. It returns the status to exit with.
func Main(m *testing.M) int {
	shared.mu.Lock()
	shared.inMain = true
	shared.mu.Unlock()
	status := m.Run()
	if err := shared.close(); err != nil {
		fmt.Fprintln(os.Stderr, "browser:", err)
		return max(status, 1)
	}
	return status
}

// get returns the context of the browser, which it starts if it is the first
// to ask. A browser that did not start is not tried again.
func (b *process) get() (context.Context, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if !b.inMain {
		return nil, errors.New("the package's TestMain does not call browser.Main, so nothing would end the browser")
	}
	if b.ctx == nil && b.err == nil {
		b.ctx, b.err = launch()
	}
	return b.ctx, b.err
}

// launch starts the browser. It ends with the test binary even if that is
// killed: chromedp asks the kernel for it.
func launch() (context.Context, error) {
	flags := append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath("chromium"),
		chromedp.NoSandbox, // root has none, and the pages are our own
		chromedp.DisableGPU,
		// It talks to the pages under test and to nobody else: no updates, no
		// pings, no experiments, no other names than this machine's.
		chromedp.Flag("disable-component-update", true),
		chromedp.Flag("disable-domain-reliability", true),
		chromedp.Flag("disable-quic", true),
		chromedp.Flag("no-pings", true),
		chromedp.Flag("disable-features", "Translate,OptimizationHints,MediaRouter,HttpsUpgrades,BlinkGenPropertyTrees"),
		chromedp.Flag("host-resolver-rules", "MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost"),
	)
	allocator, _ := chromedp.NewExecAllocator(context.Background(), flags...)
	ctx, cancel := chromedp.NewContext(allocator)
	// Not a deadline of ctx: the browser lives as long as the context that started it.
	late := time.AfterFunc(startLimit, cancel)
	defer late.Stop()
	if err := chromedp.Do(ctx); err != nil {
		cancel()
		return nil, fmt.Errorf("starting chromium: %w", err)
	}
	return ctx, nil
}

// close ends the browser, and removes its profile.
func (b *process) close() error {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.inMain = false
	if b.ctx == nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(b.ctx, startLimit)
	defer cancel()
	b.ctx = nil
	if err := chromedp.Cancel(ctx); err != nil {
		return fmt.Errorf("ending chromium: %w", err)
	}
	return nil
}
