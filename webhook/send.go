package webhook

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"
)

// maxAnswer is how much of an answer is read, to use the connection again.
const maxAnswer = 16 << 10

// NewTransport returns what senders use: a proxy of the environment
// (HTTPS_PROXY), and bounds for what an endpoint can have us keep.
func NewTransport() *http.Transport {
	return &http.Transport{
		Proxy:                  http.ProxyFromEnvironment,
		ForceAttemptHTTP2:      true,
		MaxIdleConnsPerHost:    1,
		IdleConnTimeout:        90 * time.Second,
		MaxResponseHeaderBytes: 16 << 10,
	}
}

// NewClient returns a client whose attempts end after some time and which
// follows no redirect: a signed message is for its endpoint alone.
func NewClient(t *http.Transport, timeout time.Duration) *http.Client {
	return &http.Client{
		Transport:     t,
		Timeout:       timeout,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// Sender signs with one or two secrets and posts to one address.
type Sender struct {
	to      *url.URL
	signers []*standardwebhooks.Webhook
	client  *http.Client
}

// NewSender returns a sender to an address of ParseURL, with secrets of
// ParseSecret. Each call is signed with each of them, in their order, and any
// will do for who receives it.
func NewSender(client *http.Client, to *url.URL, secrets [][]byte) (*Sender, error) {
	if to == nil || len(secrets) == 0 {
		return nil, errors.New("webhooks: an endpoint without address or secret")
	}
	s := &Sender{to: to, client: client}
	for _, secret := range secrets {
		signer, err := standardwebhooks.NewWebhookRaw(secret)
		if err != nil {
			return nil, errors.New("webhooks: secret is not usable")
		}
		s.signers = append(s.signers, signer)
	}
	return s, nil
}

// Host is what may be told of the endpoint: paths and queries often hold a token.
func (s *Sender) Host() string { return s.to.Host }

// Outcome is how an attempt ended.
type Outcome struct {
	Status     int // 0 is no answer
	TimedOut   bool
	RetryAfter time.Duration // what the endpoint asks for, 0 if nothing
}

// Delivered reports whether the endpoint has taken the message.
func (o Outcome) Delivered() bool { return o.Status >= 200 && o.Status < 300 }

// String is for logs: errors of net/http name paths and addresses.
func (o Outcome) String() string {
	switch {
	case o.Status != 0:
		return strconv.Itoa(o.Status)
	case o.TimedOut:
		return "no answer in time"
	}
	return "no connection"
}

// Send posts a body of JSON once, signed for now. The id is the same in each
// attempt at one message; it holds no full stop, which separates what is signed.
func (s *Sender) Send(ctx context.Context, id string, body []byte) Outcome {
	now := time.Now()
	signatures := make([]string, len(s.signers))
	for i, signer := range s.signers {
		var err error
		if signatures[i], err = signer.Sign(id, now, body); err != nil {
			return Outcome{}
		}
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, s.to.String(), bytes.NewReader(body))
	if err != nil {
		return Outcome{}
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("User-Agent", "rollcall-webhooks")
	req.Header.Set(standardwebhooks.HeaderWebhookID, id)
	req.Header.Set(standardwebhooks.HeaderWebhookTimestamp, fmt.Sprint(now.Unix()))
	req.Header.Set(standardwebhooks.HeaderWebhookSignature, strings.Join(signatures, " "))
	resp, err := s.client.Do(req)
	if err != nil {
		var fault net.Error
		return Outcome{TimedOut: errors.As(err, &fault) && fault.Timeout()}
	}
	defer resp.Body.Close()
	// What it says does not matter, only that the connection can be used again.
	io.CopyN(io.Discard, resp.Body, maxAnswer)
	return Outcome{Status: resp.StatusCode, RetryAfter: retryAfter(resp.Header.Get("Retry-After"), time.Now())}
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

// Backoff says how long to wait before another attempt.
type Backoff struct {
	First time.Duration // most that is waited after the first failure; doubled after each
	Most  time.Duration // that is ever waited
}

// Wait returns how long to wait after so many failures in a row, from 1: a
// random time below a bound that doubles, so that endpoints which failed
// together do not come back together; or what the endpoint asks for, if that is
// longer; never more than Most.
func (b Backoff) Wait(failures int, asked time.Duration) time.Duration {
	bound := b.Most
	if n := failures - 1; n < 30 {
		bound = min(bound, b.First<<n)
	}
	return min(b.Most, max(asked, random(bound)))
}

// random returns a time from 0 to below bound.
func random(bound time.Duration) time.Duration {
	var b [8]byte
	rand.Read(b[:])
	return time.Duration(binary.LittleEndian.Uint64(b[:]) % uint64(bound))
}
