package alert

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"rollcall/webhook"
)

// election is the id of the election in tests.
const election = "0123456789ABCDEFGHJKMNPQRS*"

var secrets = [][]byte{bytes.Repeat([]byte("key!"), 8), bytes.Repeat([]byte("next"), 8)}

// call is what a receiver has got, its signature being right.
type call struct {
	id   string
	kind string
	at   time.Time
	data map[string]any
}

// receiver is a subscriber's server. It answers with what answer says, 200
// without one.
type receiver struct {
	t      *testing.T
	answer func(w http.ResponseWriter, r *http.Request, n int) // of the n-th call, from 0

	mu  sync.Mutex
	got []call // under mu
}

func (v *receiver) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		v.t.Errorf("body: %v", err)
	}
	for _, secret := range secrets { // a subscriber has one of them
		key, err := standardwebhooks.NewWebhook("whsec_" + base64.StdEncoding.EncodeToString(secret))
		if err != nil {
			v.t.Error(err)
			return
		}
		if err := key.Verify(body, r.Header); err != nil {
			v.t.Errorf("signature: %v", err)
		}
	}
	var payload struct {
		Type      string
		Timestamp time.Time
		Data      map[string]any
	}
	if err := json.Unmarshal(body, &payload); err != nil || payload.Timestamp.IsZero() || payload.Data["election"] != election {
		v.t.Errorf("payload: %v: %s", err, body)
	}
	id := r.Header.Get("webhook-id")
	if prefix := fmt.Sprintf("%s-monitor-%s-", election, payload.Data["run"]); r.Method != http.MethodPost || !strings.HasPrefix(id, prefix) || strings.Contains(id, ".") {
		v.t.Errorf("%s with id %q, want %q and a number", r.Method, id, prefix)
	}
	v.mu.Lock()
	n := len(v.got)
	v.got = append(v.got, call{id[strings.LastIndex(id, "-")+1:], payload.Type, time.Now(), payload.Data})
	v.mu.Unlock()
	if v.answer != nil {
		v.answer(w, r, n)
	}
}

// calls are those so far.
func (v *receiver) calls() []call {
	v.mu.Lock()
	defer v.mu.Unlock()
	return append([]call(nil), v.got...)
}

// ids are their numbers.
func (v *receiver) ids() string {
	var ids []string
	for _, c := range v.calls() {
		ids = append(ids, c.id)
	}
	return strings.Join(ids, " ")
}

func status(code int) func(http.ResponseWriter, *http.Request, int) {
	return func(w http.ResponseWriter, _ *http.Request, _ int) { w.WriteHeader(code) }
}

// network is receivers by host, over pipes: the clock of a bubble does not run
// while a real connection waits.
type network map[string]*pipes

func (n network) dial(ctx context.Context, _, address string) (net.Conn, error) {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return nil, err
	}
	p, ok := n[host]
	if !ok {
		return nil, fmt.Errorf("no host %s", host)
	}
	client, server := net.Pipe()
	select {
	case p.conns <- server:
		return client, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

type pipes struct {
	conns chan net.Conn
	done  chan struct{}
	once  sync.Once
}

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

// bubble is a test of deliveries at their real pace, under a clock that nobody
// waits for.
type bubble struct {
	t *testing.T
	*Alerts
	lines []string // that were told as lost
}

// inBubble runs a test with a receiver at localhost, another at 127.0.0.1.
func inBubble(t *testing.T, first, second *receiver, test func(b *bubble)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		n := network{}
		for host, v := range map[string]*receiver{"localhost": first, "127.0.0.1": second} {
			v.t = t
			n[host] = &pipes{conns: make(chan net.Conn), done: make(chan struct{})}
			s := &http.Server{Handler: v}
			go s.Serve(n[host])
			defer s.Close()
		}
		b := &bubble{t: t}
		var urls []*url.URL
		for _, address := range []string{"http://localhost/hook?key=token", "http://127.0.0.1/token"} {
			u, err := webhook.ParseURL(address)
			if err != nil {
				t.Fatal(err)
			}
			urls = append(urls, u)
		}
		var err error
		b.Alerts, err = New(Config{Election: election, URLs: urls, Secrets: secrets, Transport: &http.Transport{DialContext: n.dial},
			Lost: func(line string) { b.lines = append(b.lines, line) }})
		if err != nil {
			t.Fatal(err)
		}
		test(b)
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		b.Close(ctx)
		for _, line := range b.lines {
			for _, secret := range []string{"token", "key!", "next", "hook", "dial"} {
				if strings.Contains(strings.Replace(line, "webhook to", "", 1), secret) {
					t.Errorf("it says %q: %s", secret, line)
				}
			}
		}
	})
}

// said returns the lines so far, once everybody waits.
func (b *bubble) said() []string {
	synctest.Wait()
	b.says.Lock()
	defer b.says.Unlock()
	return append([]string(nil), b.lines...)
}
