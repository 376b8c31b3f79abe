package webhook

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// TestJitter holds that waits are spread over their whole range.
func TestJitter(t *testing.T) {
	const n = 4000
	pace := Backoff{First: time.Second, Most: 5 * time.Minute}
	for _, test := range []struct {
		failures int
		bound    time.Duration
	}{{1, time.Second}, {2, 2 * time.Second}, {9, 256 * time.Second}, {10, 5 * time.Minute}, {64, 5 * time.Minute}, {1 << 40, 5 * time.Minute}} {
		quarters := make([]int, 4)
		for range n {
			w := pace.Wait(test.failures, 0)
			if w < 0 || w >= test.bound {
				t.Fatalf("%d failures: wait %v, bound %v", test.failures, w, test.bound)
			}
			quarters[4*w/test.bound]++
		}
		for _, q := range quarters {
			if q < n/4-200 || q > n/4+200 { // seven standard deviations
				t.Errorf("%d failures: quarters %v", test.failures, quarters)
			}
		}
	}
	for _, asked := range []time.Duration{time.Minute, 5 * time.Minute, time.Hour} {
		if w := pace.Wait(1, asked); w != min(asked, 5*time.Minute) {
			t.Errorf("asked to wait %v: %v", asked, w)
		}
	}
}

func TestRetryAfter(t *testing.T) {
	now := time.Date(2026, 11, 3, 8, 0, 0, 0, time.UTC)
	for value, want := range map[string]time.Duration{
		"": 0, "0": 0, "120": 2 * time.Minute, "2147483647": 2147483647 * time.Second,
		"Tue, 03 Nov 2026 08:01:30 GMT": 90 * time.Second, "Tue, 03 Nov 2026 07:00:00 GMT": 0, "Sunday, 06-Nov-94 08:49:37 GMT": 0,
		"-1": 0, "1.5": 0, "soon": 0, "99999999999999999999": 0, "Fri, 31 Dec 9999 23:59:59 GMT": 1<<63 - 1,
	} {
		if got := retryAfter(value, now); got != want {
			t.Errorf("%q: %v, want %v", value, got, want)
		}
	}
}

// TestSend holds what a request is: signed with each secret, in their order, and
// sent to its endpoint alone. The signature is that of Standard Webhooks 1.0.0,
// computed by hand.
func TestSend(t *testing.T) {
	secrets := [][]byte{[]byte(strings.Repeat("a", 24)), []byte(strings.Repeat("b", 64))}
	elsewhere := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("a redirect is followed") }))
	defer elsewhere.Close()
	answer := http.StatusOK
	got := make(chan *http.Request, 1)
	var body string
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		b, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		body = string(b)
		got <- r
		w.Header().Set("Location", elsewhere.URL)
		w.Header().Set("Retry-After", "7")
		w.WriteHeader(answer)
	}))
	defer server.Close()
	to, err := ParseURL(server.URL + "/path?token=x")
	if err != nil {
		t.Fatal(err)
	}
	transport := NewTransport()
	defer transport.CloseIdleConnections()
	s, err := NewSender(NewClient(transport, time.Minute), to, secrets)
	if err != nil {
		t.Fatal(err)
	}
	for _, answer = range []int{200, 204, 302, 307, 410, 429, 500} {
		o := s.Send(t.Context(), "id-1", []byte(`{"a":1}`))
		r := <-got
		if o.Delivered() != (answer < 300) || o.Status != answer || o.RetryAfter != 7*time.Second || o.String() != fmt.Sprint(answer) {
			t.Errorf("%d: outcome %+v", answer, o)
		}
		var want []string
		for _, secret := range secrets {
			mac := hmac.New(sha256.New, secret)
			fmt.Fprintf(mac, "id-1.%s.%s", r.Header.Get("webhook-timestamp"), `{"a":1}`)
			want = append(want, "v1,"+base64.StdEncoding.EncodeToString(mac.Sum(nil)))
		}
		if r.Method != "POST" || body != `{"a":1}` || r.Header.Get("webhook-id") != "id-1" || r.Header.Get("webhook-signature") != strings.Join(want, " ") {
			t.Errorf("%s %q, %v", r.Method, body, r.Header)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if o := s.Send(ctx, "id-1", nil); o.Delivered() || o.String() != "no connection" {
		t.Errorf("after its end: %+v", o)
	}
	if s.Host() != to.Host {
		t.Errorf("host %q", s.Host())
	}
	if _, err := NewSender(nil, to, nil); err == nil {
		t.Error("a sender without a secret")
	}
	if _, err := NewSender(nil, nil, secrets); err == nil {
		t.Error("a sender to nobody")
	}
}

// TestReadPrivate holds that others may not read a file of secrets. What a file
// may hold is tested where it is read.
func TestReadPrivate(t *testing.T) {
	path := filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(path, []byte("0123456789"), 0o600); err != nil {
		t.Fatal(err)
	}
	for limit, want := range map[int]string{20: "0123456789", 4: "01234"} {
		if b, err := ReadPrivate(path, limit); err != nil || string(b) != want {
			t.Errorf("%q, %v", b, err)
		}
	}
	for _, mode := range []os.FileMode{0o640, 0o604, 0o620, 0o601} {
		if err := os.Chmod(path, mode); err != nil {
			t.Fatal(err)
		}
		if _, err := ReadPrivate(path, 20); err == nil || !strings.Contains(err.Error(), "chmod 600") {
			t.Errorf("%v: %v", mode, err)
		}
	}
	if _, err := ReadPrivate(t.TempDir(), 20); err == nil || !strings.Contains(err.Error(), "not a regular file") {
		t.Errorf("a directory: %v", err)
	}
}
