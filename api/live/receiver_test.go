package live

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"rollcall/webhook"
)

// secretPrefix is what secrets begin with in files.
const secretPrefix = "whsec_"

// election is the id of the election in tests.
const election = "0123456789ABCDEFGHJKMNPQRS*"

var testSecret = bytes.Repeat([]byte("key!"), 8)

// A request is what a receiver has got, its signature being right.
type request struct {
	id, body string
	at       time.Time
}

// A receiver is a subscriber's server. It answers with what answer says, 200
// without one.
type receiver struct {
	t      testing.TB
	answer func(w http.ResponseWriter, r *http.Request, n int) // of the n-th request, from 0

	mu  sync.Mutex
	got []request // under mu
}

func (v *receiver) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		v.t.Errorf("body: %v", err)
	}
	checkSigned(v.t, r, body)
	v.mu.Lock()
	n := len(v.got)
	v.got = append(v.got, request{r.Header.Get("webhook-id"), string(body), time.Now()})
	v.mu.Unlock()
	if v.answer != nil {
		v.answer(w, r, n)
	}
}

// checkSigned verifies a request with the library of Standard Webhooks, and
// with what its specification says.
func checkSigned(t testing.TB, r *http.Request, body []byte) {
	t.Helper()
	if r.Method != http.MethodPost || r.Header.Get("Content-Type") != "application/json" || r.ContentLength != int64(len(body)) {
		t.Errorf("%s of %q, length %d", r.Method, r.Header.Get("Content-Type"), r.ContentLength)
	}
	verifier, err := standardwebhooks.NewWebhook(secretPrefix + base64.StdEncoding.EncodeToString(testSecret))
	if err != nil {
		t.Fatal(err)
	}
	if err := verifier.Verify(body, r.Header); err != nil {
		t.Errorf("signature: %v", err)
	}
	id, seconds := r.Header.Get("webhook-id"), r.Header.Get("webhook-timestamp")
	mac := hmac.New(sha256.New, testSecret)
	io.WriteString(mac, id+"."+seconds+"."+string(body))
	if want := "v1," + base64.StdEncoding.EncodeToString(mac.Sum(nil)); r.Header.Get("webhook-signature") != want {
		t.Errorf("signature %q, want %q", r.Header.Get("webhook-signature"), want)
	}
	if _, err := strconv.ParseInt(seconds, 10, 64); err != nil || strings.Contains(id, ".") || !strings.HasPrefix(id, election+"-") {
		t.Errorf("id %q, timestamp %q", id, seconds)
	}
	var payload struct {
		Type      string
		Timestamp time.Time
		Data      data
	}
	dec := json.NewDecoder(bytes.NewReader(body))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&payload); err != nil || payload.Data.Election != election || payload.Timestamp.IsZero() ||
		!strings.HasPrefix(id, election+"-"+payload.Type+"-") {
		t.Errorf("payload of %q: %v: %s", id, err, body)
	}
}

// ids are those of the requests so far, without the election's.
func (v *receiver) ids() []string {
	v.mu.Lock()
	defer v.mu.Unlock()
	ids := make([]string, len(v.got))
	for i, r := range v.got {
		ids[i] = strings.TrimPrefix(r.id, election+"-")
	}
	return ids
}

// wait waits for n requests and returns their ids.
func (v *receiver) wait(n int) []string {
	v.t.Helper()
	for {
		if ids := v.ids(); len(ids) >= n {
			return ids
		}
		if v.t.Context().Err() != nil {
			v.t.Fatal("test is over")
		}
		time.Sleep(time.Millisecond)
	}
}

// listen serves v over TCP and returns an endpoint for it.
func (v *receiver) listen(kinds ...kind) Endpoint {
	v.t.Helper()
	server := httptest.NewServer(v)
	v.t.Cleanup(server.Close)
	return endpoint(v.t, server.URL+"/hook/token-of-path?key=token-of-query", kinds...)
}

func endpoint(t testing.TB, address string, kinds ...kind) Endpoint {
	t.Helper()
	u, err := webhook.ParseURL(address)
	if err != nil {
		t.Fatal(err)
	}
	return Endpoint{u, [][]byte{testSecret}, kinds}
}

// A logbook is a log for tests.
type logbook struct {
	mu sync.Mutex
	b  bytes.Buffer // under mu
}

func (l *logbook) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *logbook) logger() *slog.Logger { return slog.New(slog.NewTextHandler(l, nil)) }

func (l *logbook) lines() []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return strings.Split(strings.TrimSpace(l.b.String()), "\n")
}

// check holds that the log has so many lines, each with all words, and nothing
// that is secret.
func (l *logbook) check(t testing.TB, n int, words ...string) {
	t.Helper()
	lines := l.lines()
	if len(lines) != n {
		t.Errorf("%d lines of log, want %d: %q", len(lines), n, lines)
	}
	for _, line := range lines {
		for _, w := range words {
			if !strings.Contains(line, w) {
				t.Errorf("log says no %q: %s", w, line)
			}
		}
		for _, secret := range []string{"token", "hook/", "key!", base64.StdEncoding.EncodeToString(testSecret), "dial"} {
			if strings.Contains(line, secret) {
				t.Errorf("log says %q: %s", secret, line)
			}
		}
	}
}
