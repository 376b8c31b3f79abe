package live

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"strconv"
	"strings"
	"sync"
	"testing"
)

// An event as a client sees it.
type event struct {
	name, id, data string
}

// A source reads a stream as section 9.2.6 of WHATWG HTML tells clients to.
type source struct {
	r        *bufio.Reader
	lastID   string
	retry    int
	comments int
}

func newSource(r io.Reader) *source { return &source{r: bufio.NewReader(r)} }

// line reads one line, which any of the three ends may close.
func (s *source) line() (string, error) {
	var b []byte
	for {
		c, err := s.r.ReadByte()
		if err != nil {
			return "", err
		}
		switch c {
		case '\r':
			if next, err := s.r.Peek(1); err == nil && next[0] == '\n' {
				s.r.ReadByte()
			}
			return string(b), nil
		case '\n':
			return string(b), nil
		}
		b = append(b, c)
	}
}

// next returns the next event. At its end a stream drops an unfinished one.
func (s *source) next() (event, error) {
	e := event{name: "message"}
	var data []string
	for {
		line, err := s.line()
		if err != nil {
			return event{}, err
		}
		field, value, _ := strings.Cut(line, ":")
		value = strings.TrimPrefix(value, " ")
		switch {
		case line == "" && len(data) > 0:
			e.id, e.data = s.lastID, strings.Join(data, "\n")
			return e, nil
		case line == "":
			e.name = "message"
		case field == "":
			s.comments++
		case field == "event":
			e.name = value
		case field == "data":
			data = append(data, value)
		case field == "id" && !strings.Contains(value, "\x00"):
			s.lastID = value
		case field == "retry":
			if n, err := strconv.ParseUint(value, 10, 31); err == nil {
				s.retry = int(n)
			}
		}
	}
}

// take returns the next n events as "name id".
func (s *source) take(t testing.TB, n int) []string {
	t.Helper()
	var got []string
	for range n {
		e, err := s.next()
		if err != nil {
			t.Fatalf("after %q: %v", got, err)
		}
		checkEvent(t, e)
		got = append(got, e.name+" "+e.id)
	}
	return got
}

// checkEvent holds what is true of each event.
func checkEvent(t testing.TB, e event) {
	t.Helper()
	c, ok := parseCursor(e.id)
	var d data
	dec := json.NewDecoder(strings.NewReader(e.data))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&d); err != nil || !ok {
		t.Errorf("event %+v: id %v, data %v", e, ok, err)
	}
	if strings.Contains(e.data, "\n") {
		t.Errorf("event %+v: more than a line", e)
	}
	var good bool
	switch e.name {
	case "board":
		good = d.Ballots != nil && d.Size == c.size && d.Phase == "" && d.Version == 0
	case "phase":
		good = d.Ballots == nil && d.Phase == phases[c.phase-1] && d.Version == 0
	case "result":
		good = d.Ballots == nil && d.Phase == "" && d.Version == c.result
	}
	if !good {
		t.Errorf("event %+v is not what its id says", e)
	}
}

// A dialer opens a connection to a server of a test.
type dialer func(ctx context.Context, network, address string) (net.Conn, error)

// open follows the stream at address and returns its reader and answer. The
// stream ends with the test, or by closing the answer's body.
func open(t testing.TB, client *http.Client, address, lastID string) (*source, *http.Response) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, address, nil)
	if err != nil {
		t.Fatal(err)
	}
	if lastID != "" {
		req.Header.Set("Last-Event-ID", lastID)
	}
	resp, err := client.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { resp.Body.Close() })
	if resp.StatusCode != http.StatusOK {
		t.Fatalf("status %d", resp.StatusCode)
	}
	return newSource(resp.Body), resp
}

// handler serves a hub as a caller would.
func handler(h *Hub) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if err := h.Follow(w, r, netip.Prefix{}); err != nil {
			w.Header().Set("Retry-After", "10")
			http.Error(w, err.Error(), http.StatusServiceUnavailable)
		}
	})
}

// pipes is a listener without a network, for tests whose clock does not run
// while a connection waits.
type pipes struct {
	conns chan net.Conn
	done  chan struct{}
	once  sync.Once
}

func newPipes() *pipes { return &pipes{conns: make(chan net.Conn), done: make(chan struct{})} }

func (p *pipes) Accept() (net.Conn, error) {
	select {
	case c := <-p.conns:
		return c, nil
	case <-p.done:
		return nil, net.ErrClosed
	}
}

func (p *pipes) Close() error {
	p.once.Do(func() { close(p.done) })
	return nil
}

func (p *pipes) Addr() net.Addr { return &net.UnixAddr{Name: "pipe", Net: "pipe"} }

func (p *pipes) dial(ctx context.Context, _, _ string) (net.Conn, error) {
	client, server := net.Pipe()
	select {
	case p.conns <- server:
		return client, nil
	case <-p.done:
		return nil, fmt.Errorf("refused: %w", net.ErrClosed)
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// The reader of these tests is itself held to the examples of the standard.
func TestSource(t *testing.T) {
	const text = ": test stream\r\n\r\nretry: 3000\n\ndata: first event\nid: 1\n\ndata:second event\rid\r\rdata:  third\nevent: x\n\n" +
		"event: lost\n\ndata\ndata\n\nid: 9\nunknown: 1\ndata: a\ndata: b\n\nid: 10\x00\ndata: c\n\ndata: unfinished\n"
	s := newSource(strings.NewReader(text))
	for _, want := range []event{
		{"message", "1", "first event"}, {"message", "", "second event"}, {"x", "", " third"},
		{"message", "", "\n"}, {"message", "9", "a\nb"}, {"message", "9", "c"},
	} {
		if got, err := s.next(); err != nil || got != want {
			t.Errorf("%+v %v, want %+v", got, err, want)
		}
	}
	if e, err := s.next(); err != io.EOF {
		t.Errorf("%+v %v at the end", e, err)
	}
	if s.retry != 3000 || s.comments != 1 {
		t.Errorf("retry %d, comments %d", s.retry, s.comments)
	}
}
