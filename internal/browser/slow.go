package browser

import (
	"context"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"
)

// A slow telephone on a poor network, as Lighthouse's "slow 4G" has it: 1.6
// Mbit/s down, 750 kbit/s up, answers begin 150 ms later, and the processor has
// a quarter of this machine's speed.
const (
	slowDownload  = 1.6e6 / 8 // bytes a second
	slowUpload    = 750e3 / 8 // bytes a second
	slowLatency   = 150       // milliseconds
	slowProcessor = 4
)

// slowDown makes the window one of such a telephone.
func slowDown(ctx context.Context, s *chromedp.Target) error {
	if _, err := cdp.Call(ctx, s, network.EmulateNetworkConditionsByRule, network.EmulateNetworkConditionsByRuleParams{
		MatchedNetworkConditions: []*network.Conditions{
			{Latency: slowLatency, DownloadThroughput: slowDownload, UploadThroughput: slowUpload},
		},
	}); err != nil {
		return err
	}
	_, err := cdp.Call(ctx, s, emulation.SetCPUThrottlingRate, emulation.SetCPUThrottlingRateParams{Rate: slowProcessor})
	return err
}

// Usable is when a page became of use, from the start of its navigation, as the
// browser measured it. It is for reports: it depends on this machine.
type Usable struct {
	FirstPaint  time.Duration // of any text or picture: "first contentful paint"
	Interactive time.Duration // the document is parsed and can be used: "domInteractive"
	Loaded      time.Duration // all that belongs to it has come
}

// Usable waits until the page has painted something and has loaded.
func (p *Page) Usable() Usable {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.ctx, stepLimit)
	defer cancel()
	for {
		var times []float64 // in milliseconds, 0 while not yet
		p.look(`(() => {
			const page = performance.getEntriesByType('navigation')[0];
			const paint = performance.getEntriesByName('first-contentful-paint')[0];
			return [paint ? paint.startTime : 0, page.domInteractive, page.loadEventEnd];
		})()`, &times)
		ms := func(i int) time.Duration { return time.Duration(times[i] * float64(time.Millisecond)) }
		if times[0] > 0 && times[1] > 0 && times[2] > 0 {
			return Usable{ms(0), ms(1), ms(2)}
		}
		select {
		case <-ctx.Done():
			p.t.Fatal("browser: the page has painted nothing")
		case <-time.After(10 * time.Millisecond):
		}
	}
}
