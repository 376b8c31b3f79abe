package live

import (
	"fmt"
	"net/http"
	"net/netip"
	"time"
)

// Every stream begins with how long a browser waits before it connects again,
// in milliseconds. A comment in between keeps proxies from ending it.
var (
	greeting  = []byte("retry: 3000\n\n")
	heartbeat = []byte(":\n\n")
)

// Follow answers a request of method GET or HEAD with a stream of events that
// ends when the client leaves, does not read, or the hub is closed. The client is
// whom the stream counts for, and is forgotten with it. It resumes
// after the event that the header Last-Event-ID names, if that can be; it never
// repeats what the client has, and tells what it missed by the newest state.
//
// An error is returned before anything is answered: ErrFull, ErrCrowded, ErrClosed,
// or that w has no deadlines. A stream is not bound by the server's WriteTimeout: it has
// a deadline of its own for each write. Nor is it by ReadTimeout, which net/http
// lifts when a request has been read. The request's context ends the stream, so
// it must have no deadline; and whoever turns HEAD into GET before this must not
// do so here.
func (h *Hub) Follow(w http.ResponseWriter, r *http.Request, client netip.Prefix) error {
	if err := h.places.take(client); err != nil {
		return err
	}
	defer h.places.give(client)
	select {
	case <-h.done:
		return ErrClosed
	default:
	}
	s := stream{w, http.NewResponseController(w), h.config.Patience}
	if r.Method != http.MethodHead {
		if err := s.arm(); err != nil {
			return fmt.Errorf("live: connection has no deadlines: %w", err)
		}
		// What net/http still writes behind the last event must not hang either.
		defer s.arm()
	}
	header := w.Header()
	header.Set("Content-Type", "text/event-stream")
	header.Set("Cache-Control", "no-store")
	header.Set("X-Accel-Buffering", "no") // nginx would collect events
	header.Set("Access-Control-Allow-Origin", "*")
	if r.Method == http.MethodHead {
		w.WriteHeader(http.StatusOK)
		return nil
	}
	h.feed(s, r)
	return nil
}

// feed writes events to s until there is a reason to stop.
func (h *Hub) feed(s stream, r *http.Request) {
	at := lastEvent(r)
	if s.write(greeting) != nil {
		return
	}
	if d := newDirect(r, s.patience); d != nil {
		h.feedDirectly(r.Context(), d, at)
		return
	}
	silence := time.NewTimer(h.config.Heartbeat)
	defer silence.Stop()
	for {
		f := h.frame.Load()
		if f.at != (cursor{}) { // or a server that has just started knows nothing yet
			if news := f.since(at); len(news) > 0 {
				if s.write(news) != nil {
					return
				}
				silence.Reset(h.config.Heartbeat)
			}
			at = f.at
		}
	wait:
		for {
			select {
			case <-f.next:
				break wait
			case <-silence.C:
				if s.write(heartbeat) != nil {
					return
				}
				silence.Reset(h.config.Heartbeat)
			case <-r.Context().Done():
				return
			case <-h.done:
				return
			}
		}
	}
}

// lastEvent returns where a client says that it stands; nonsense is nowhere.
func lastEvent(r *http.Request) cursor {
	ids := r.Header.Values("Last-Event-ID")
	if len(ids) != 1 {
		return cursor{}
	}
	c, ok := parseCursor(ids[0])
	if !ok {
		return cursor{}
	}
	return c
}

// A stream is one follower's connection.
type stream struct {
	w          http.ResponseWriter
	controller *http.ResponseController
	patience   time.Duration
}

// arm sets the deadline of what is written next.
func (s stream) arm() error {
	return s.controller.SetWriteDeadline(time.Now().Add(s.patience))
}

// write sends b. The deadline is lifted behind it, as HTTP/2 ends a stream whose
// deadline passes while nothing is written.
func (s stream) write(b []byte) error {
	if err := s.arm(); err != nil {
		return err
	}
	if _, err := s.w.Write(b); err != nil {
		return err
	}
	if err := s.controller.Flush(); err != nil {
		return err
	}
	return s.controller.SetWriteDeadline(time.Time{})
}
