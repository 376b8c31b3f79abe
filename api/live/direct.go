package live

import (
	"context"
	"net"
	"net/http"
	"runtime"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

// Followers over plain HTTP/1.1 are told directly: a few goroutines write what is
// new to all connections, one after the other. The goroutine of a follower sleeps
// meanwhile, and writes only when its connection had no room. To wake thousands of
// goroutines for each event, and to have each write through net/http, takes as
// long as the writing itself.
//
// What is written past net/http has the form that net/http has begun: chunks
// (RFC 9112, section 7.1). It ends them itself when the handler returns.

// connKey is the key of a connection in the context of its requests.
type connKey struct{}

// ConnContext is for the field of this name of an http.Server: its followers can
// be told directly then.
func ConnContext(ctx context.Context, c net.Conn) context.Context {
	return context.WithValue(ctx, connKey{}, c)
}

// direct is a follower that is told directly.
type direct struct {
	conn     net.Conn
	raw      syscall.RawConn
	patience time.Duration
	behind   chan struct{}      // holds one element if the follower's own goroutine has to write
	attempt  func(uintptr) bool // writes out once, and leaves there what is left

	mu    sync.Mutex
	at    cursor    // under mu: where the follower stands once it has out
	out   []byte    // under mu: what the connection had no room for
	own   bool      // under mu: nobody but the follower's own goroutine may write
	wrote time.Time // under mu: when something was last written
}

// newDirect returns the follower of a request whose answer has begun, or nil if
// it can not be told directly.
func newDirect(r *http.Request, patience time.Duration) *direct {
	conn, _ := r.Context().Value(connKey{}).(net.Conn)
	system, ok := conn.(syscall.Conn)
	if !ok || r.TLS != nil || r.ProtoMajor != 1 || r.ProtoMinor < 1 {
		return nil
	}
	raw, err := system.SyscallConn()
	if err != nil {
		return nil
	}
	d := &direct{conn: conn, raw: raw, patience: patience, behind: make(chan struct{}, 1), own: true, wrote: time.Now()}
	d.attempt = func(fd uintptr) bool {
		if n, err := writeOnce(fd, d.out); err == nil {
			d.out = d.out[n:]
		}
		return true // never to be waited for
	}
	return d
}

// chunk returns b as a chunk. Nothing is none: an empty chunk ends an answer.
func chunk(b []byte) []byte {
	if len(b) == 0 {
		return nil
	}
	c := strconv.AppendUint(make([]byte, 0, len(b)+12), uint64(len(b)), 16)
	c = append(c, "\r\n"...)
	c = append(c, b...)
	return append(c, "\r\n"...)
}

// advance puts into out what leads to f. The caller holds mu, and out is empty.
func (d *direct) advance(f *frame) {
	switch {
	case f.at == (cursor{}) || f.at == d.at: // nothing is known yet, or nothing new
	case d.at == f.from:
		d.out = f.chunk
	default:
		if news := f.since(d.at); len(news) > 0 {
			d.out = chunk(news)
		}
	}
	if f.at != (cursor{}) {
		d.at = f.at
	}
}

// try writes what leads to the newest frame, as far as the connection has room.
func (d *direct) try(h *Hub, now time.Time) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.own {
		return // it looks for the newest frame before it sleeps
	}
	if d.advance(h.frame.Load()); len(d.out) == 0 {
		return
	}
	d.wrote = now
	// Its error, as that of the attempt, is met again by who writes the rest.
	_ = d.raw.Write(d.attempt)
	if len(d.out) > 0 {
		d.own = true
		select {
		case d.behind <- struct{}{}:
		default: // it is told already, and has not looked
		}
	}
}

// catchUp writes all that the follower lacks. It waits for the connection, and
// leaves it to others once nothing is left.
func (d *direct) catchUp(h *Hub) error {
	for {
		d.mu.Lock()
		d.own = true
		if len(d.out) == 0 {
			d.advance(h.frame.Load())
		}
		b := d.out
		d.out = nil
		if len(b) == 0 {
			d.own = false
			d.mu.Unlock()
			return nil
		}
		d.mu.Unlock()
		if err := d.write(b); err != nil {
			return err
		}
	}
}

// write writes b and waits for the connection. Only the follower's own goroutine
// may call it, while own is true.
func (d *direct) write(b []byte) error {
	if err := d.conn.SetWriteDeadline(time.Now().Add(d.patience)); err != nil {
		return err
	}
	if _, err := d.conn.Write(b); err != nil {
		return err
	}
	d.mu.Lock()
	d.wrote = time.Now()
	d.mu.Unlock()
	return d.conn.SetWriteDeadline(time.Time{}) // a deadline that has passed would stop others
}

var heartbeatChunk = chunk(heartbeat)

// beat writes a heartbeat if nothing was written for some time, and returns after
// how long to look again.
func (d *direct) beat(every time.Duration) (time.Duration, error) {
	d.mu.Lock()
	wait := time.Until(d.wrote.Add(every))
	if d.own || wait > 0 {
		d.mu.Unlock()
		return max(wait, time.Millisecond), nil
	}
	d.own = true
	d.mu.Unlock()
	return every, d.write(heartbeatChunk)
}

// leave has nobody write to the follower any more, and ends a chunk that was
// begun.
func (d *direct) leave() {
	d.mu.Lock()
	d.own = true
	b := d.out
	d.out = nil
	d.mu.Unlock()
	if len(b) > 0 {
		_ = d.write(b) // who is gone needs no end
	}
}

// feedDirectly is feed for a follower that is told directly and stands at a place.
func (h *Hub) feedDirectly(ctx context.Context, d *direct, at cursor) {
	d.at = at
	h.directs.add(d)
	defer d.leave()
	defer h.directs.remove(d)
	silence := time.NewTimer(h.config.Heartbeat)
	defer silence.Stop()
	for {
		if d.catchUp(h) != nil {
			return
		}
		select {
		case <-d.behind:
		case <-silence.C:
			wait, err := d.beat(h.config.Heartbeat)
			if err != nil {
				return
			}
			silence.Reset(wait)
		case <-ctx.Done():
			return
		case <-h.done:
			return
		}
	}
}

// directs are all followers that are told directly.
type directs struct {
	mu    sync.Mutex
	all   []*direct       // under mu
	place map[*direct]int // under mu: in all
}

func (s *directs) add(d *direct) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.place == nil {
		s.place = map[*direct]int{}
	}
	s.place[d] = len(s.all)
	s.all = append(s.all, d)
}

// remove takes d out; the last takes its place.
func (s *directs) remove(d *direct) {
	s.mu.Lock()
	defer s.mu.Unlock()
	i, last := s.place[d], len(s.all)-1
	s.all[i] = s.all[last]
	s.place[s.all[i]] = i
	s.all[last] = nil
	s.all = s.all[:last]
	delete(s.place, d)
}

// list returns all of now.
func (s *directs) list() []*direct {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.all)
}

// turn is how many followers a goroutine takes at a time.
const turn = 32

// tellDirectly writes the newest frame to all who are told directly.
func (h *Hub) tellDirectly() {
	all, now := h.directs.list(), time.Now()
	var taken atomic.Int64
	var writing sync.WaitGroup
	for range min(runtime.GOMAXPROCS(0), (len(all)+turn-1)/turn) {
		writing.Go(func() {
			for {
				to := int(taken.Add(turn))
				if to-turn >= len(all) {
					return
				}
				for _, d := range all[to-turn : min(to, len(all))] {
					d.try(h, now)
				}
			}
		})
	}
	writing.Wait()
}
