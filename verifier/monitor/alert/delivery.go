package alert

import (
	"net/http"
	"sync"
	"time"

	"rollcall/webhook"
)

// message is one webhook. Its id and body are the same in every attempt.
type message struct {
	id, kind string
	body     []byte
	until    time.Time // when to give up
}

// delivery sends one endpoint its messages.
type delivery struct {
	alerts *Alerts
	sender *webhook.Sender
	wake   chan struct{} // holds an element when something has come, or nothing will

	mu      sync.Mutex
	waiting []message // under mu
	closing bool      // under mu: nothing more comes
	gone    bool      // under mu: the endpoint wants nothing more
}

// put adds a message. It never waits.
func (d *delivery) put(m message) {
	d.mu.Lock()
	var dropped string
	switch {
	case d.gone:
		d.mu.Unlock()
		return
	case len(d.waiting) == maxWaiting:
		dropped = d.waiting[0].id
		d.waiting = append(d.waiting[:0], d.waiting[1:]...)
	}
	d.waiting = append(d.waiting, m)
	d.mu.Unlock()
	d.ring()
	if dropped != "" {
		d.alerts.lost("webhook to %s: not delivered, for too many wait: %s", d.sender.Host(), dropped)
	}
}

func (d *delivery) ring() {
	select {
	case d.wake <- struct{}{}:
	default:
	}
}

// last says that nothing more comes.
func (d *delivery) last() {
	d.mu.Lock()
	d.closing = true
	d.mu.Unlock()
	d.ring()
}

// run delivers until nothing is left and nothing more comes, or attempts are cut
// off. What is left then is told.
func (d *delivery) run() {
	failures := 0 // in a row
	for {
		m, ok := d.next()
		if !ok {
			return
		}
		o := d.sender.Send(d.alerts.ctx, m.id, m.body)
		switch {
		case o.Delivered():
			d.remove(m)
			failures = 0
			continue
		case o.Status == http.StatusGone:
			d.alerts.lost("webhook to %s: the endpoint is gone (%v), and nothing more is sent to it", d.sender.Host(), o)
			d.leave()
			return
		case d.alerts.ctx.Err() != nil:
			d.leave()
			return
		case !time.Now().Before(m.until):
			d.alerts.lost("webhook to %s: not delivered, and given up (%v): %s %s", d.sender.Host(), o, m.kind, m.id)
			d.remove(m)
		case failures == 0:
			d.alerts.lost("webhook to %s: not delivered yet (%v), it is tried again: %s %s", d.sender.Host(), o, m.kind, m.id)
		}
		failures++
		pause := time.NewTimer(backoff.Wait(failures, o.RetryAfter))
		select {
		case <-pause.C:
		case <-d.alerts.ctx.Done():
			pause.Stop()
			d.leave()
			return
		}
	}
}

// next waits for a message, and leaves it where it is. It reports false when
// none is left and none will come.
func (d *delivery) next() (message, bool) {
	for {
		d.mu.Lock()
		if len(d.waiting) > 0 {
			m := d.waiting[0]
			d.mu.Unlock()
			return m, true
		}
		closing := d.closing
		d.mu.Unlock()
		if closing {
			return message{}, false
		}
		<-d.wake
	}
}

// remove takes a message out, if it is still there.
func (d *delivery) remove(m message) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if len(d.waiting) > 0 && d.waiting[0].id == m.id {
		d.waiting = append(d.waiting[:0], d.waiting[1:]...)
	}
}

// leave tells what is not delivered, and takes nothing more.
func (d *delivery) leave() {
	d.mu.Lock()
	left := d.waiting
	d.waiting, d.gone = nil, true
	d.mu.Unlock()
	for _, m := range left {
		d.alerts.lost("webhook to %s: not delivered: %s %s", d.sender.Host(), m.kind, m.id)
	}
}
