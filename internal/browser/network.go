package browser

import (
	"context"
	"maps"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/chromedp/cdproto/network"
)

// Transfer is what came over the network for a page.
type Transfer struct {
	Requests int            // sent, one for each redirect as well; not those answered by the cache
	Bytes    int            // received, with headers and as compressed on the way
	ByType   map[string]int // the same, by Chromium's kinds: "Document", "Stylesheet", "Image", "Script", "Fetch", "EventSource" and others
	Origins  []string       // "scheme://host:port" that requests went to, sorted
}

// endless are kinds of requests that a page may leave open as long as it is
// shown.
var endless = []network.ResourceType{
	network.ResourceTypeFetch, network.ResourceTypeXHR, network.ResourceTypeEventSource, network.ResourceTypeWebSocket,
}

// Transfer returns what was transferred since the last Open, once nothing of
// the page is still on its way. Streams and requests of scripts are not waited
// for, and count bytes once they end. What the policy blocked was never sent.
//
// Chromium asks for an icon after a page has loaded, where the policy lets it:
// that is among them if it has been asked for by then. A <link rel=preconnect>
// sends no request and is not seen.
func (p *Page) Transfer() Transfer {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.ctx, stepLimit)
	defer cancel()
	p.look("0", nil) // what was said before the answer to this has come
	for {
		waiting := p.seen.unfinished()
		if waiting == "" {
			return p.seen.transfer()
		}
		select {
		case <-ctx.Done():
			p.t.Fatalf("browser: %s is still loading", waiting)
		case <-time.After(5 * time.Millisecond):
		}
	}
}

// unfinished returns the address of something on its way, "" if there is none.
func (r *record) unfinished() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, q := range r.open {
		if !slices.Contains(endless, q.kind) {
			return q.url
		}
	}
	return ""
}

// transfer sums the requests up.
func (r *record) transfer() Transfer {
	r.mu.Lock()
	defer r.mu.Unlock()
	t := Transfer{ByType: map[string]int{}}
	origins := map[string]bool{}
	for _, q := range r.requests {
		if q.cached || q.blocked {
			continue
		}
		t.Requests++
		t.Bytes += int(q.bytes)
		t.ByType[string(q.kind)] += int(q.bytes)
		if u, err := url.Parse(q.url); err == nil {
			origins[u.Scheme+"://"+u.Host] = true
		}
	}
	t.Origins = slices.Sorted(maps.Keys(origins))
	return t
}

// RequireOneOrigin fails the test if the page contacted anybody but the origin
// of the given address.
func (p *Page) RequireOneOrigin(address string) {
	p.t.Helper()
	for _, o := range p.Transfer().Origins {
		if address != o && !strings.HasPrefix(address, o+"/") {
			p.t.Errorf("browser: a page of %s contacts %s", address, o)
		}
	}
}
