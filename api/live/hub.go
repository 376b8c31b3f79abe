package live

import (
	"errors"
	"fmt"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"
)

// ErrClosed is an error of Follow: 503 with a Retry-After to a client.
var ErrClosed = errors.New("the server is stopping")

// HubConfig bounds a hub. A zero field takes the default.
type HubConfig struct {
	Followers int           // most at once; default 20,000
	PerClient int           // most at once of one client; default 250
	Every     time.Duration // least time between two "board" events; default 1 s
	Heartbeat time.Duration // of silence before a comment; default 15 s
	Patience  time.Duration // with a follower that does not read; default 10 s
}

// Hub tells followers of states by server-sent events (WHATWG HTML, section
// 9.2). Its methods may be called from many goroutines.
type Hub struct {
	config  HubConfig
	places  quota
	frame   atomic.Pointer[frame] // what followers are told at present; never nil
	done    chan struct{}         // closed by Close
	directs directs               // followers that need not be woken

	mu     sync.Mutex
	newest State       // under mu
	shown  time.Time   // under mu: when followers were last told of the board
	timer  *time.Timer // under mu: for the next time, or nil
	closed bool        // under mu
}

// NewHub returns a hub that knows no state yet.
func NewHub(cfg HubConfig) *Hub {
	if cfg.Followers == 0 {
		cfg.Followers = defaultFollowers
	}
	if cfg.PerClient == 0 {
		cfg.PerClient = defaultPerClient
	}
	if cfg.Every == 0 {
		cfg.Every = time.Second
	}
	if cfg.Heartbeat == 0 {
		cfg.Heartbeat = 15 * time.Second
	}
	if cfg.Patience == 0 {
		cfg.Patience = 10 * time.Second
	}
	h := &Hub{config: cfg, done: make(chan struct{})}
	h.places = quota{most: cfg.Followers, each: cfg.PerClient, of: make(map[netip.Prefix]int)}
	h.frame.Store(&frame{next: make(chan struct{})})
	return h
}

// Publish tells all followers of s. It never waits for them. News of the board
// wait for their turn; those of a phase or a result go out at once. A state that
// is not after the last (less of something, or no more of anything), has an
// unknown phase or a negative result is not told.
func (h *Hub) Publish(s State) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.closed || !s.valid() || !h.newest.cursor().before(s.cursor()) {
		return
	}
	h.newest = s
	h.show()
}

// show puts what may be told of the newest state before the followers, and
// winds the timer for the rest. The caller holds mu.
func (h *Hub) show() {
	now := time.Now()
	wait := h.shown.Add(h.config.Every).Sub(now)
	old := h.frame.Load()
	f := old.advance(h.newest, wait <= 0)
	if f.at.size < h.newest.Size && h.timer == nil {
		h.timer = time.AfterFunc(wait, h.turn)
	}
	if f.at == old.at {
		return
	}
	if f.at.size > old.at.size {
		h.shown = now
	}
	h.frame.Store(f)
	// After the store, so that who wakes finds the new one; and elsewhere, as it
	// takes some milliseconds to tell thousands, on busy cores far more.
	go func() {
		close(old.next)
		h.tellDirectly()
	}()
}

// turn is called when the board may be told again.
func (h *Hub) turn() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.timer = nil
	if !h.closed {
		h.show()
	}
}

// Followers returns how many follow at present.
func (h *Hub) Followers() int { return h.places.count() }

// Close ends all streams at once and refuses new ones. Call it before
// http.Server.Shutdown, or register it with RegisterOnShutdown: a server waits
// for streams, which otherwise have no end.
func (h *Hub) Close() {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.closed {
		return
	}
	h.closed = true
	close(h.done)
}

// A frame is what followers are told between two changes. All but next never
// changes. What most of them lack is rendered once and shared.
type frame struct {
	at    cursor
	data  [len(kindNames)][]byte // what the last news of each kind say; nil is none
	from  cursor                 // of the frame before
	step  []byte                 // events that lead here from there
	chunk []byte                 // step as a chunk
	full  []byte                 // events that lead here from nothing
	next  chan struct{}          // closed when there is a newer frame
}

// advance returns the frame of s after f, with or without its board. A phase
// keeps the data of the state that brought it, and so does a result.
func (f *frame) advance(s State, withBoard bool) *frame {
	to := s.cursor()
	if !withBoard {
		to.size = f.at.size
	}
	g := &frame{at: to, data: f.data, from: f.at, next: make(chan struct{})}
	for _, k := range f.at.news(to) {
		g.data[k] = encode(s.tell(k, ""))
	}
	g.step = g.render(f.at)
	g.chunk = chunk(g.step)
	g.full = g.render(cursor{})
	return g
}

// since returns the events that lead from c to f. One who stands where this
// election is not has followed another, or none: it is told everything.
func (f *frame) since(c cursor) []byte {
	if !f.at.covers(c) {
		c = cursor{}
	}
	switch c {
	case f.from:
		return f.step
	case cursor{}:
		return f.full
	}
	return f.render(c)
}

// render is since for a cursor that f covers. Each event's id is where a
// follower stands who has read that far.
func (f *frame) render(c cursor) []byte {
	var b []byte
	for _, k := range c.news(f.at) {
		c = c.take(k, f.at)
		b = fmt.Appendf(b, "event: %s\nid: %s\ndata: %s\n\n", k, c, f.data[k])
	}
	return b
}
