package registrar

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"rollcall/crypto/schnorr"
)

func TestClientDerives(t *testing.T) {
	w := newWire(t)
	client := w.client(t, nil)
	overHTTP, err := DeriveCastKey(t.Context(), client, w.config.Key.Public(), testHash, testVoter, testPIN, testCode)
	if err != nil {
		t.Fatal(err)
	}
	inProcess, err := DeriveCastKey(t.Context(), w.service, w.config.Key.Public(), testHash, testVoter, testPIN, testCode)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(overHTTP.Bytes(), inProcess.Bytes()) {
		t.Error("HTTP and in-process derive different keys")
	}
}

func TestClientErrors(t *testing.T) {
	w := newWire(t)
	good := func() Request { return newRequest(t, w.config.Key, pin, testVoter) }
	first := good()
	if _, err := w.client(t, nil).Evaluate(t.Context(), first); err != nil {
		t.Fatal(err)
	}
	for _, tc := range []struct {
		name    string
		change  func(*ClientConfig)
		request Request
		want    error
	}{
		{"stranger's key", func(c *ClientConfig) { c.BoothKey = schnorr.GenerateKey() }, good(), ErrUnauthorized},
		{"other election", func(c *ClientConfig) { c.ElectionHash[5]++ }, good(), ErrUnauthorized},
		{"clock slow", func(c *ClientConfig) { c.Now = func() time.Time { return w.clock.Now().Add(-61 * time.Second) } }, good(), ErrUnauthorized},
		{"clock fast", func(c *ClientConfig) { c.Now = func() time.Time { return w.clock.Now().Add(61 * time.Second) } }, good(), ErrUnauthorized},
		{"nonce for two elements", nil, Request{pin, testVoter, good().Blinded, first.Nonce}, ErrNonce},
		{"identity", nil, Request{pin, testVoter, make([]byte, 32), first.Nonce}, ErrRequest},
		{"nobody there", func(c *ClientConfig) { c.BaseURL = "http://127.0.0.1:1" }, good(), ErrUnavailable},
	} {
		_, err := w.client(t, tc.change).Evaluate(t.Context(), tc.request)
		if !errors.Is(err, tc.want) {
			t.Errorf("%s: error %v, want %v", tc.name, err, tc.want)
		}
		mustNotTell(t, err, testVoter)
	}
	// All of that cost one try. Both ends of the window are inside it.
	for _, skew := range []time.Duration{-requestWindow, requestWindow} {
		c := w.client(t, func(c *ClientConfig) { c.Now = func() time.Time { return w.clock.Now().Add(skew) } })
		if _, err := c.Evaluate(t.Context(), good()); err != nil {
			t.Errorf("clock off by %s: %v", skew, err)
		}
	}
	if left := triesLeft(t, w.service, w.config, pin, testVoter); left != PINPerHour-3 {
		t.Errorf("%d tries left, want %d", left, PINPerHour-3)
	}
	if _, err := w.client(t, nil).Evaluate(t.Context(), good()); !errors.Is(err, ErrBudget) {
		t.Errorf("spent: %v, want ErrBudget", err)
	}
	if w.failed.Load() != 0 {
		t.Errorf("%d of these were told as the registrar's fault", w.failed.Load())
	}
	w.service.Close()
	if _, err := w.client(t, nil).Evaluate(t.Context(), good()); !errors.Is(err, ErrUnavailable) {
		t.Errorf("closed: %v, want ErrUnavailable", err)
	}
	if w.failed.Load() != 1 {
		t.Errorf("the operator was told %d times", w.failed.Load())
	}
}

func TestClientRefusesAddresses(t *testing.T) {
	for _, tc := range []struct {
		url string
		ok  bool
	}{
		{"http://127.0.0.1:8081", true}, {"http://[::1]:8081/", true}, {"http://localhost:8081", true},
		{"https://registrar.example", true},
		{"http://registrar.example", false}, {"http://192.0.2.1", false}, {"http://127.0.0.1.example", false},
		{"http://localhost.example", false}, {"ftp://127.0.0.1", false}, {"", false}, {"127.0.0.1:8081", false},
		{"https://user:secret@registrar.example", false}, {"https://registrar.example/path", false},
		{"https://registrar.example?a=b", false}, {"https://registrar.example#a", false}, {"https://", false}, {"http://%zz", false},
	} {
		_, err := NewClient(ClientConfig{BaseURL: tc.url, BoothKey: schnorr.GenerateKey()})
		if tc.ok != (err == nil) {
			t.Errorf("%q: %v", tc.url, err)
		}
		mustNotTell(t, err, "secret")
	}
	if _, err := NewClient(ClientConfig{BaseURL: "http://127.0.0.1:1"}); err == nil {
		t.Error("a client without a key")
	}
}

// Whatever a false registrar answers, the client neither follows nor takes it.
func TestClientBoundsAnswers(t *testing.T) {
	for name, answer := range map[string]http.HandlerFunc{
		"redirect": func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "/v1/evaluate", http.StatusTemporaryRedirect)
		},
		"short":         func(w http.ResponseWriter, _ *http.Request) { w.Write(make([]byte, responseSize-1)) },
		"one byte more": func(w http.ResponseWriter, _ *http.Request) { w.Write(make([]byte, responseSize+1)) },
		"huge":          func(w http.ResponseWriter, _ *http.Request) { w.Write(make([]byte, 1<<20)) },
		"teapot":        func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusTeapot) },
		"hangs": func(_ http.ResponseWriter, r *http.Request) {
			_, _ = io.Copy(io.Discard, r.Body) // else the server does not see that the client is gone
			<-r.Context().Done()
		},
	} {
		server := httptest.NewServer(answer)
		client, err := NewClient(ClientConfig{BaseURL: server.URL, BoothKey: schnorr.GenerateKey(), Timeout: 300 * time.Millisecond})
		if err != nil {
			t.Fatal(err)
		}
		_, config := openService(t, nil)
		if _, err := client.Evaluate(t.Context(), newRequest(t, config.Key, pin, testVoter)); !errors.Is(err, ErrUnavailable) {
			t.Errorf("%s: %v, want ErrUnavailable", name, err)
		}
		client.Close()
		server.Close()
	}
}

func TestClientOverTLS(t *testing.T) {
	w := newWire(t)
	server := httptest.NewTLSServer(w.server.Config.Handler)
	t.Cleanup(server.Close)
	roots := x509.NewCertPool()
	roots.AddCert(server.Certificate())
	trusting := w.client(t, func(c *ClientConfig) { c.BaseURL, c.TLS = server.URL, &tls.Config{RootCAs: roots} })
	if _, err := trusting.Evaluate(t.Context(), newRequest(t, w.config.Key, pin, testVoter)); err != nil {
		t.Error(err)
	}
	stranger := w.client(t, func(c *ClientConfig) { c.BaseURL, c.TLS = server.URL, &tls.Config{RootCAs: x509.NewCertPool()} })
	if _, err := stranger.Evaluate(t.Context(), newRequest(t, w.config.Key, pin, testVoter)); !errors.Is(err, ErrUnavailable) {
		t.Errorf("unknown certificate: %v", err)
	}
}
