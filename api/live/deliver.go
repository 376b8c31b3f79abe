package live

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strconv"
	"strings"
	"time"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"
)

// maxAnswer is how much of an answer is read, to use the connection again.
const maxAnswer = 16 << 10

// A delivery sends one endpoint its messages.
type delivery struct {
	to      Endpoint
	signers []*standardwebhooks.Webhook // one for each secret
	client  *http.Client
	pace    pace
	log     *slog.Logger
	queue   *queue
}

func newDelivery(e Endpoint, client *http.Client, p pace, log *slog.Logger) (*delivery, error) {
	if e.url == nil {
		return nil, errors.New("webhooks: an endpoint is not from ReadEndpoints")
	}
	d := &delivery{e, nil, client, p, log, newQueue()}
	for _, secret := range e.secrets {
		signer, err := standardwebhooks.NewWebhookRaw(secret)
		if err != nil {
			return nil, errors.New("webhooks: secret is not usable")
		}
		d.signers = append(d.signers, signer)
	}
	return d, nil
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
		o := d.attempt(ctx, m)
		switch {
		case o.delivered():
			d.queue.remove(m)
			failures = 0
			continue
		case o.status == http.StatusGone:
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
		case <-time.After(d.pace.wait(failures, o.retryAfter)):
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

// An outcome is how an attempt ended.
type outcome struct {
	status     int // 0 is no answer
	timedOut   bool
	retryAfter time.Duration
}

func (o outcome) delivered() bool { return o.status >= 200 && o.status < 300 }

// String is for the log: errors of net/http name paths and addresses.
func (o outcome) String() string {
	switch {
	case o.status != 0:
		return strconv.Itoa(o.status)
	case o.timedOut:
		return "no answer in time"
	}
	return "no connection"
}

// attempt sends m once, signed for now.
func (d *delivery) attempt(ctx context.Context, m message) outcome {
	now := time.Now()
	signatures := make([]string, len(d.signers))
	for i, s := range d.signers {
		var err error
		if signatures[i], err = s.Sign(m.id, now, m.body); err != nil {
			return outcome{}
		}
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, d.to.url.String(), bytes.NewReader(m.body))
	if err != nil {
		return outcome{}
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("User-Agent", "rollcall-webhooks")
	req.Header.Set(standardwebhooks.HeaderWebhookID, m.id)
	req.Header.Set(standardwebhooks.HeaderWebhookTimestamp, fmt.Sprint(now.Unix()))
	req.Header.Set(standardwebhooks.HeaderWebhookSignature, strings.Join(signatures, " ")) // any of them will do
	resp, err := d.client.Do(req)
	if err != nil {
		var fault net.Error
		return outcome{timedOut: errors.As(err, &fault) && fault.Timeout()}
	}
	defer resp.Body.Close()
	// What it says does not matter, only that the connection can be used again.
	io.CopyN(io.Discard, resp.Body, maxAnswer)
	return outcome{status: resp.StatusCode, retryAfter: retryAfter(resp.Header.Get("Retry-After"), time.Now())}
}

// retryAfter reads the header (RFC 9110, section 10.2.3): seconds or a date.
// What is neither, or past, is zero.
func retryAfter(value string, now time.Time) time.Duration {
	if seconds, err := strconv.ParseUint(value, 10, 31); err == nil {
		return time.Duration(seconds) * time.Second
	}
	at, err := http.ParseTime(value)
	if err != nil {
		return 0
	}
	return max(0, at.Sub(now))
}

// wait returns how long to wait after so many failures in a row, from 1: a
// random time below a bound that doubles, so that endpoints which failed
// together do not come back together; or what the endpoint asks for, if that is
// longer; never more than most.
func (p pace) wait(failures int, asked time.Duration) time.Duration {
	bound := p.most
	if n := failures - 1; n < 30 {
		bound = min(bound, p.first<<n)
	}
	return min(p.most, max(asked, random(bound)))
}

// random returns a time from 0 to below bound.
func random(bound time.Duration) time.Duration {
	var b [8]byte
	rand.Read(b[:])
	return time.Duration(binary.LittleEndian.Uint64(b[:]) % uint64(bound))
}
