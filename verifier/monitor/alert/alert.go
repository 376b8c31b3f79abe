package alert

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"path/filepath"
	"sync"
	"time"

	"rollcall/verifier/monitor"
	"rollcall/webhook"
)

// Config says whom to tell.
type Config struct {
	Election string     // its id: without a full stop, as webhook-id wants it
	URLs     []*url.URL // of webhook.ParseURL
	Secrets  [][]byte   // of webhook.ParseSecret; every call is signed with each
	// Lost is told of what is tried again or was not delivered, a line each without
	// secrets and paths, by one goroutine at a time.
	Lost func(line string)
	// Transport is webhook.NewTransport's if nil.
	Transport *http.Transport
}

// Times of deliveries.
const (
	attemptTimeout = 10 * time.Second
	giveUp         = 24 * time.Hour // after which a message is dropped
)

var backoff = webhook.Backoff{First: time.Second, Most: 5 * time.Minute}

// maxWaiting bounds the messages that wait for one endpoint, of some kilobytes
// each.
const maxWaiting = 256

// Alerts posts to webhooks in the format of Standard Webhooks 1.0.0, as the board
// does:
//
//	{"type":"alarm","timestamp":"2026-11-03T08:00:00Z","data":{"election":"...","run":"...",...}}
//
// The type is "alarm", "over" or "verdict". The header webhook-id is the same in
// each attempt at one message, and of no other. What is not answered by 2xx is
// tried again after a random time that grows to 5 minutes, or that of Retry-After
// up to as much, for a day, in order. 410 ends what is sent to an endpoint. No
// redirect is followed. Of more than 256 messages that wait the oldest is dropped.
type Alerts struct {
	config Config
	run    string // told in every message: numbers of alarms are of one run
	client *http.Client
	ctx    context.Context // of attempts
	cut    context.CancelFunc
	all    []*delivery
	done   sync.WaitGroup

	mu     sync.Mutex
	sent   uint64     // under mu: messages so far
	closed bool       // under mu
	says   sync.Mutex // held while Lost is called
}

// New returns alerts that go out until Close.
func New(cfg Config) (*Alerts, error) {
	if cfg.Transport == nil {
		cfg.Transport = webhook.NewTransport()
	}
	if cfg.Election == "" || cfg.Lost == nil {
		return nil, errors.New("alerts need an election, and somebody to tell of what is lost")
	}
	a := &Alerts{config: cfg, client: webhook.NewClient(cfg.Transport, attemptTimeout)}
	var run [8]byte
	_, _ = rand.Read(run[:]) // never fails
	a.run = hex.EncodeToString(run[:])
	a.ctx, a.cut = context.WithCancel(context.Background())
	for _, u := range cfg.URLs {
		s, err := webhook.NewSender(a.client, u, cfg.Secrets)
		if err != nil {
			a.cut()
			return nil, err
		}
		a.all = append(a.all, &delivery{alerts: a, sender: s, wake: make(chan struct{}, 1)})
	}
	for _, d := range a.all {
		a.done.Go(d.run)
	}
	return a, nil
}

// Verdict is what is told when all checks pass, and when the monitor stops.
type Verdict struct {
	// Status is "pass", "fail" or "skipped", as monitor.Status has it.
	Status string `json:"status"`
	// Size and Root (hexadecimal) are those of the checkpoint that was judged, if
	// one was.
	Size uint64 `json:"size"`
	Root string `json:"root,omitempty"`
	// Alarm says whether there was one in this run.
	Alarm bool `json:"alarm"`
	// Ended says that the monitor stops here, with this exit code.
	Ended    bool `json:"ended"`
	ExitCode *int `json:"exit_code,omitempty"`
}

// common is what the data of every message begins with.
type common struct {
	Election string `json:"election"`
	Run      string `json:"run"`
}

// Event tells an alarm or the end of one. Notes are not told.
func (a *Alerts) Event(e monitor.Event) {
	if e.Level == monitor.Note {
		return
	}
	e.Evidence = fileName(e.Evidence)
	a.send(e.Level, e.Time, struct {
		common
		monitor.Event
	}{a.common(), e})
}

// fileName is the name of a file without where it lies on this machine.
func fileName(path string) string {
	if path == "" {
		return ""
	}
	return filepath.Base(path)
}

// Verdict tells a verdict.
func (a *Alerts) Verdict(at time.Time, v Verdict) {
	a.send("verdict", at, struct {
		common
		Verdict
	}{a.common(), v})
}

func (a *Alerts) common() common { return common{a.config.Election, a.run} }

// send queues a message for all endpoints, and never waits for one.
func (a *Alerts) send(kind string, at time.Time, data any) {
	var body bytes.Buffer
	e := json.NewEncoder(&body)
	e.SetEscapeHTML(false)
	if err := e.Encode(struct {
		Type      string    `json:"type"`
		Timestamp time.Time `json:"timestamp"`
		Data      any       `json:"data"`
	}{kind, at.UTC().Truncate(time.Second), data}); err != nil {
		panic("alert: " + err.Error()) // of types that have a form in JSON
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.closed {
		return
	}
	a.sent++
	m := message{
		id:    fmt.Sprintf("%s-monitor-%s-%d", a.config.Election, a.run, a.sent),
		kind:  kind,
		body:  bytes.TrimSpace(body.Bytes()),
		until: time.Now().Add(giveUp),
	}
	for _, d := range a.all {
		d.put(m)
	}
}

// Close lets what waits be delivered until ctx ends, and tells what was not.
func (a *Alerts) Close(ctx context.Context) {
	a.mu.Lock()
	a.closed = true
	a.mu.Unlock()
	for _, d := range a.all {
		d.last()
	}
	stop := context.AfterFunc(ctx, a.cut)
	a.done.Wait()
	stop()
	a.cut()
	a.client.CloseIdleConnections()
}

func (a *Alerts) lost(format string, args ...any) {
	a.says.Lock()
	defer a.says.Unlock()
	a.config.Lost(fmt.Sprintf(format, args...))
}
