package browser

import (
	"net/url"
	"strings"
	"sync"

	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/runtime"
)

// record is what the browser has told of a page of its own accord. Its events
// come from the goroutine that reads the browser's messages, so they must not
// wait for anything.
type record struct {
	mu         sync.Mutex
	complaints []Complaint
	documents  map[string]bool                // addresses, without fragment, of documents asked for since the start
	requests   []*request                     // since the last Open
	open       map[network.RequestID]*request // those of requests that may still change
}

// request is one request over the network. A redirect makes another.
type request struct {
	url      string
	kind     network.ResourceType
	bytes    float64 // received, with headers
	finished bool
	cached   bool // answered without the network
	blocked  bool // never sent
}

// restart forgets the requests.
func (r *record) restart() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.requests, r.open = nil, map[network.RequestID]*request{}
}

// event notes an event of the page.
func (r *record) event(e any) {
	r.mu.Lock()
	defer r.mu.Unlock()
	switch e := e.(type) {
	case *log.EventEntryAdded:
		if e.Entry.Level == log.EntryLevelError || e.Entry.Level == log.EntryLevelWarning {
			r.complain(Complaint{string(e.Entry.Source), e.Entry.Text, e.Entry.URL})
		}
	case *runtime.EventExceptionThrown:
		text := e.ExceptionDetails.Text
		if o := e.ExceptionDetails.Exception; o != nil {
			text += " " + o.Description
		}
		r.complain(Complaint{"exception", text, e.ExceptionDetails.URL})
	case *runtime.EventConsoleAPICalled:
		switch e.Type {
		case runtime.ConsoleAPICalledTypeError, runtime.ConsoleAPICalledTypeWarning, runtime.ConsoleAPICalledTypeAssert:
			r.complain(Complaint{"console", printed(e.Args), ""})
		}
	default:
		r.network(e)
	}
}

// complain notes a complaint, unless it only says that a document came with a
// status of an error: that is what Open and Follow return, and may be wanted.
func (r *record) complain(c Complaint) {
	document, _, _ := strings.Cut(c.URL, "#")
	if c.Source == string(log.EntrySourceNetwork) && r.documents[document] && strings.Contains(c.Text, "responded with a status of") {
		return
	}
	r.complaints = append(r.complaints, c)
}

// network notes an event of the network.
func (r *record) network(e any) {
	switch e := e.(type) {
	case *network.EventRequestWillBeSent:
		r.finish(e.RequestID, func(q *request) {
			if e.RedirectResponse != nil {
				q.bytes = e.RedirectResponse.EncodedDataLength
			}
		})
		if e.Type == network.ResourceTypeDocument {
			if r.documents == nil {
				r.documents = map[string]bool{}
			}
			r.documents[e.Request.URL] = true
		}
		r.add(e.RequestID, &request{url: e.Request.URL, kind: e.Type})
	case *network.EventWebSocketCreated:
		r.add(e.RequestID, &request{url: e.URL, kind: network.ResourceTypeWebSocket})
	case *network.EventRequestServedFromCache:
		if q := r.open[e.RequestID]; q != nil {
			q.cached = true
		}
	case *network.EventResponseReceived:
		if q := r.open[e.RequestID]; q != nil {
			q.kind = e.Type
			q.cached = q.cached || e.Response.FromDiskCache
		}
	case *network.EventLoadingFinished:
		r.finish(e.RequestID, func(q *request) { q.bytes = e.EncodedDataLength })
	case *network.EventLoadingFailed:
		r.finish(e.RequestID, func(q *request) {
			// What is blocked for other reasons is blocked when it has been answered.
			q.blocked = e.BlockedReason == network.BlockedReasonCsp || e.BlockedReason == network.BlockedReasonMixedContent
		})
	}
}

// add notes a request, unless it is one that never uses a network, such as of
// a data: address.
func (r *record) add(id network.RequestID, q *request) {
	u, err := url.Parse(q.url)
	if err != nil || u.Host == "" || r.open == nil {
		return
	}
	r.requests = append(r.requests, q)
	r.open[id] = q
}

// finish notes the end of a request, if it is one of those since Open.
func (r *record) finish(id network.RequestID, note func(*request)) {
	if q := r.open[id]; q != nil {
		q.finished = true
		note(q)
		delete(r.open, id)
	}
}

// printed is what a page wrote to the console.
func printed(args []*runtime.RemoteObject) string {
	var words []string
	for _, a := range args {
		if a.Description != "" {
			words = append(words, a.Description)
		} else {
			words = append(words, strings.Trim(string(a.Value), `"`))
		}
	}
	return strings.Join(words, " ")
}
