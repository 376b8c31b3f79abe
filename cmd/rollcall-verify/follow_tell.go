package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"rollcall/bulletin/entry"
	"rollcall/verifier"
	"rollcall/verifier/monitor"
	"rollcall/verifier/monitor/alert"
	"rollcall/verifier/monitor/page"
	"rollcall/webhook"
)

const (
	// maxWebhooks is how many endpoints may be told.
	maxWebhooks = 32
	// maxSecretFile is the most bytes of a file of secrets.
	maxSecretFile = 4096
	// lastCalls is for how long what is not delivered yet is tried at the end.
	lastCalls = 15 * time.Second
)

// told is who is told beside standard output. The zero told is nobody.
type told struct {
	alerts  *alert.Alerts
	page    *page.Page
	verdict verifier.Status // that was told last
	served  chan struct{}
}

// tell begins to tell whom the flags name.
func (c *command) tell(id entry.ElectionID) (*told, error) {
	t, o := &told{}, &c.follow
	var saying sync.Mutex // others say something, too
	say := func(line string) {
		saying.Lock()
		defer saying.Unlock()
		fmt.Fprintf(c.stderr, "rollcall-verify: %s\n", line)
	}
	urls, secrets, err := o.endpoints()
	if err != nil {
		return nil, err
	}
	var listener net.Listener
	if o.listen != "" {
		if listener, err = net.Listen("tcp", o.listen); err != nil {
			return nil, fmt.Errorf("--status-listen: %w", err)
		}
	}
	if len(urls) > 0 {
		if t.alerts, err = alert.New(alert.Config{Election: string(id), URLs: urls, Secrets: secrets, Lost: say}); err != nil {
			if listener != nil {
				err = errors.Join(err, listener.Close())
			}
			return nil, err
		}
	}
	if listener != nil {
		say(fmt.Sprintf("status page at http://%s/", listener.Addr()))
		t.page = page.New(page.Config{Election: string(id), Now: o.now, Late: 2*max(o.every, maxWait) + time.Minute})
		t.served = make(chan struct{})
		go func() {
			defer close(t.served)
			if err := t.page.Serve(listener); err != nil {
				say(fmt.Sprintf("the status page is not served any more: %v", err))
			}
		}()
	}
	return t, nil
}

// progress is what is told while entries are judged, next being told it too.
func (t *told) progress(next func(done, total uint64)) func(done, total uint64) {
	if t.page == nil {
		return next
	}
	return func(done, total uint64) {
		t.page.Progress(done, total)
		next(done, total)
	}
}

// round tells what came of a round.
func (t *told) round(m *monitor.Monitor, events []monitor.Event) {
	if t.page == nil && t.alerts == nil {
		return
	}
	status := m.Status()
	if t.page != nil {
		t.page.Show(status)
	}
	if t.alerts == nil {
		return
	}
	for _, e := range events {
		t.alerts.Event(e)
	}
	if v := m.Verdict(); v != t.verdict {
		if t.verdict = v; v == verifier.Pass {
			t.alerts.Verdict(status.Looked, verdictOf(m, status))
		}
	}
}

// end tells how it ended.
func (t *told) end(m *monitor.Monitor, now time.Time, code int) {
	if t.alerts == nil {
		return
	}
	v := verdictOf(m, m.Status())
	v.Ended, v.ExitCode = true, &code
	t.alerts.Verdict(now, v)
}

func verdictOf(m *monitor.Monitor, s *monitor.Status) alert.Verdict {
	v := alert.Verdict{Status: string(m.Verdict()), Alarm: m.Raised()}
	if s.Judged != nil {
		v.Size, v.Root = s.Judged.Size, s.Judged.Root
	}
	return v
}

// close returns when what was told is delivered, or has not been for a while.
func (t *told) close() {
	if t.alerts != nil {
		ctx, cancel := context.WithTimeout(context.Background(), lastCalls)
		defer cancel()
		t.alerts.Close(ctx)
	}
	if t.page != nil {
		_ = t.page.Close() // whoever is just reading can ask again
		<-t.served
	}
}

// endpoints reads the webhooks that the flags name. Errors hold nothing of a
// secret, and nothing of an address, which may hold a token.
func (o *follow) endpoints() ([]*url.URL, [][]byte, error) {
	if len(o.webhooks) == 0 {
		return nil, nil, nil
	}
	if len(o.webhooks) > maxWebhooks {
		return nil, nil, fmt.Errorf("--webhook: %d of them, more than %d", len(o.webhooks), maxWebhooks)
	}
	var urls []*url.URL
	for i, address := range o.webhooks {
		u, err := webhook.ParseURL(address)
		if err != nil {
			return nil, nil, fmt.Errorf("--webhook %d: %w", i+1, err)
		}
		if slices.Contains(o.webhooks[:i], address) {
			return nil, nil, fmt.Errorf("--webhook %d: its url stands there before", i+1)
		}
		urls = append(urls, u)
	}
	b, err := webhook.ReadPrivate(o.webhookSecret, maxSecretFile)
	if err != nil {
		return nil, nil, fmt.Errorf("--webhook-secret: %w", err)
	}
	secrets, err := parseSecrets(b)
	if err != nil {
		return nil, nil, fmt.Errorf("--webhook-secret: %s: %w", o.webhookSecret, err)
	}
	return urls, secrets, nil
}

// parseSecrets reads a file of one secret, or of two while the second takes the
// place of the first, each on a line.
func parseSecrets(b []byte) ([][]byte, error) {
	if len(b) > maxSecretFile {
		return nil, fmt.Errorf("over %d bytes", maxSecretFile)
	}
	lines := strings.Fields(string(b))
	if len(lines) == 0 || len(lines) > webhook.MaxSecrets {
		return nil, fmt.Errorf("%d secrets, want one, or two while the second takes the place of the first", len(lines))
	}
	var secrets [][]byte
	for i, line := range lines {
		secret, err := webhook.ParseSecret(line)
		if err != nil {
			return nil, fmt.Errorf("secret %d %w", i+1, err)
		}
		if slices.ContainsFunc(secrets, func(s []byte) bool { return bytes.Equal(s, secret) }) {
			return nil, fmt.Errorf("secret %d stands twice", i+1)
		}
		secrets = append(secrets, secret)
	}
	return secrets, nil
}
