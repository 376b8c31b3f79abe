package live

import (
	"context"
	"log/slog"
	"net/http"
	"time"

	"rollcall/webhook"
)

// A delivery sends one endpoint its messages.
type delivery struct {
	to     Endpoint
	sender *webhook.Sender
	pace   pace
	log    *slog.Logger
	queue  *queue
}

func newDelivery(e Endpoint, client *http.Client, p pace, log *slog.Logger) (*delivery, error) {
	sender, err := webhook.NewSender(client, e.url, e.secrets)
	if err != nil {
		return nil, err
	}
	return &delivery{e, sender, p, log, newQueue()}, nil
}

// run delivers until stop is closed or the endpoint is gone. Attempts end with
// ctx.
func (d *delivery) run(ctx context.Context, stop <-chan struct{}) {
	defer d.queue.close()
	var boardFrom time.Time // when the board may be sent again
	failures := 0           // in a row
	for {
		m, ok := d.next(stop, boardFrom)
		if !ok {
			return
		}
		if m.kind == board {
			boardFrom = time.Now().Add(d.pace.boards)
		}
		o := d.sender.Send(ctx, m.id, m.body)
		switch {
		case o.Delivered():
			d.queue.remove(m)
			failures = 0
			continue
		case o.Status == http.StatusGone:
			d.log.Warn("webhook endpoint is gone, nothing more is sent to it", "host", d.to.host(), "status", o)
			return
		case ctx.Err() != nil:
			return
		case !time.Now().Before(m.until):
			d.log.Error("webhook given up", "host", d.to.host(), "status", o, "id", m.id)
			d.queue.remove(m)
		case failures == 0:
			d.log.Warn("webhook not delivered, it is tried again", "host", d.to.host(), "status", o, "id", m.id)
		}
		failures++
		select {
		case <-time.After(d.pace.Wait(failures, o.RetryAfter)):
		case <-stop:
			return
		}
	}
}

// next waits for a message, and reports false when stop is closed.
func (d *delivery) next(stop <-chan struct{}, boardFrom time.Time) (message, bool) {
	for {
		select {
		case <-stop:
			return message{}, false
		default:
		}
		m, ok, again := d.queue.first(time.Now(), boardFrom)
		if ok {
			return m, true
		}
		var due <-chan time.Time // never, if there is nothing
		if !again.IsZero() {
			due = time.After(time.Until(again))
		}
		select {
		case <-d.queue.wake:
		case <-due:
		case <-stop:
			return message{}, false
		}
	}
}
