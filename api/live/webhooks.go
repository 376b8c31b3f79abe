package live

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"time"

	"rollcall/webhook"
)

// WebhooksConfig says whom to tell.
type WebhooksConfig struct {
	Election  string // id of the election: printable ASCII without space or full stop
	Endpoints []Endpoint
	Log       *slog.Logger // of endpoints that do not take what they are sent; nil is none
}

// pace is the times of deliveries.
type pace struct {
	timeout time.Duration // of one attempt
	webhook.Backoff
	giveUp time.Duration // after which a message is dropped
	boards time.Duration // least time between two states of the board
}

var defaultPace = pace{10 * time.Second, webhook.Backoff{First: time.Second, Most: 5 * time.Minute}, 24 * time.Hour, time.Minute}

// Webhooks posts news to endpoints in the format of Standard Webhooks 1.0.0:
//
//	{"type":"phase","timestamp":"2026-11-03T08:00:00Z","data":{"election":"...","phase":"open",...}}
//
// where data is that of the event in a stream, with the election's id. The
// header webhook-id is of the election and the event ("ID-phase-open",
// "ID-result-1", "ID-board-1234"), and so the same in each attempt and after a
// restart. A subscriber that has seen an id has nothing to do. Each call is signed
// for the time of its attempt, with each secret of the endpoint: webhook-signature
// has a signature for each, and any of them will do.
//
// Nothing is kept on disk: after a restart the present phase and the present
// result are sent again to all, under the same ids, with the timestamp and the
// size of then. What came between, and was not delivered before, is lost.
//
// Each endpoint has a goroutine and a queue of its own, so one that hangs delays
// no other. Phases and results are delivered in their order, each before the
// next is tried; of the board the newest state, at most once a minute. What is
// not answered by 2xx is tried again after a random time that grows to 5
// minutes, or that of Retry-After up to as much, for 24 hours. 410 ends
// deliveries to an endpoint until the next start. Redirects are not followed.
// A proxy of the environment (HTTPS_PROXY) is used.
type Webhooks struct {
	config     WebhooksConfig
	pace       pace
	client     *http.Client
	deliveries []*delivery
	stop       chan struct{} // closed by Close: no further attempts
	cut        context.CancelFunc
	running    sync.WaitGroup

	mu     sync.Mutex
	last   cursor // under mu
	closed bool   // under mu
}

// NewWebhooks begins to deliver what is published from now on, until Close.
func NewWebhooks(cfg WebhooksConfig) (*Webhooks, error) {
	return newWebhooks(cfg, defaultPace, webhook.NewTransport())
}

func newWebhooks(cfg WebhooksConfig, p pace, t *http.Transport) (*Webhooks, error) {
	if !plain(cfg.Election) {
		return nil, errors.New("webhooks: the election's id is not 1 to 64 printable ASCII characters without a full stop")
	}
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	ctx, cut := context.WithCancel(context.Background())
	client := webhook.NewClient(t, p.timeout)
	w := &Webhooks{config: cfg, pace: p, client: client, stop: make(chan struct{}), cut: cut}
	for _, e := range cfg.Endpoints {
		d, err := newDelivery(e, client, p, cfg.Log)
		if err != nil {
			cut()
			return nil, err
		}
		w.deliveries = append(w.deliveries, d)
	}
	for _, d := range w.deliveries {
		w.running.Go(func() { d.run(ctx, w.stop) })
	}
	return w, nil
}

// plain reports whether an election's id can be part of a webhook-id. The full
// stop separates what is signed.
func plain(id string) bool {
	odd := func(r rune) bool { return r <= ' ' || r > '~' || r == '.' }
	return id != "" && len(id) <= 64 && !strings.ContainsFunc(id, odd)
}

// Publish queues what is new in s. It never waits for an endpoint. States are
// left out as by Hub.Publish.
func (w *Webhooks) Publish(s State) {
	w.mu.Lock()
	defer w.mu.Unlock()
	to := s.cursor()
	if w.closed || !s.valid() || !w.last.before(to) {
		return
	}
	news := w.last.news(to)
	if news[0] == board { // last into a queue, or it could be sent before what goes first there
		news = append(news[1:], board)
	}
	for _, k := range news {
		m := w.message(k, s)
		for _, d := range w.deliveries {
			if !d.to.wants(k) {
				continue
			}
			if lost, full := d.queue.put(m); full {
				w.config.Log.Error("webhook dropped: too many wait", "host", d.to.host(), "id", lost.id)
			}
		}
	}
	w.last = to
}

func (w *Webhooks) message(k kind, s State) message {
	now := time.Now().UTC()
	var event string
	switch k {
	case board:
		event = fmt.Sprint(s.Size)
	case phase:
		event = s.Phase
	case result:
		event = fmt.Sprint(s.Result)
	}
	body := encode(struct {
		Type      string `json:"type"`
		Timestamp string `json:"timestamp"`
		Data      data   `json:"data"`
	}{k.String(), now.Format(time.RFC3339), s.tell(k, w.config.Election)})
	return message{k, fmt.Sprintf("%s-%s-%s", w.config.Election, k, event), body, now.Add(w.pace.giveUp)}
}

// Close begins no further attempt and returns when those under way have ended.
// When ctx is done first it cuts them off, and returns an error.
func (w *Webhooks) Close(ctx context.Context) error {
	w.mu.Lock()
	if !w.closed {
		w.closed = true
		close(w.stop)
	}
	w.mu.Unlock()
	defer w.client.CloseIdleConnections()
	defer w.cut()
	ended := make(chan struct{})
	go func() {
		w.running.Wait()
		close(ended)
	}()
	select {
	case <-ended:
		return nil
	case <-ctx.Done():
		w.cut()
		<-ended
		return fmt.Errorf("webhooks: cut off: %w", ctx.Err())
	}
}
