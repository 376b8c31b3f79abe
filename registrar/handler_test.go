package registrar

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/hex"
	"errors"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"rollcall/crypto/credential"
	"rollcall/crypto/schnorr"
)

// wire is a registrar's service behind HTTP, with a clock, a booth and a
// second one.
type wire struct {
	service        *Service
	config         ServiceConfig
	clock          *testClock
	booth, another *schnorr.SecretKey
	server         *httptest.Server
	failed         atomic.Int32
}

func newWire(t testing.TB) *wire {
	t.Helper()
	w := &wire{clock: newTestClock(), booth: schnorr.GenerateKey(), another: schnorr.GenerateKey()}
	w.service, w.config = openService(t, func(c *ServiceConfig) { c.Now = w.clock.Now })
	w.server = httptest.NewServer(NewHandler(HandlerConfig{
		Evaluator: w.service, ElectionHash: testHash, Booths: []schnorr.PublicKey{w.booth.Public(), w.another.Public()},
		Now: w.clock.Now, Failed: func(error) { w.failed.Add(1) },
	}))
	t.Cleanup(w.server.Close)
	return w
}

func (w *wire) client(t testing.TB, change func(*ClientConfig)) *Client {
	t.Helper()
	config := ClientConfig{BaseURL: w.server.URL, BoothKey: w.booth, ElectionHash: testHash, Now: w.clock.Now}
	if change != nil {
		change(&config)
	}
	c, err := NewClient(config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c
}

// signed makes a request as the client does.
func (w *wire) signed(t testing.TB, body []byte) *http.Request {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, w.server.URL+evaluatePath, bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	signRequest(r, w.booth, testHash, freshNonce(t), w.clock.Now(), body)
	return r
}

func (w *wire) goodBody(t testing.TB) []byte {
	t.Helper()
	body, err := encodeRequest(newRequest(t, w.config.Key, pin, testVoter))
	if err != nil {
		t.Fatal(err)
	}
	return body
}

// send returns status and text.
func (w *wire) send(t testing.TB, r *http.Request) (int, string) {
	t.Helper()
	response, err := w.server.Client().Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return response.StatusCode, string(text)
}

// Every signed field altered, each refused, none counted.
func TestAlteredRequestIsRefused(t *testing.T) {
	w := newWire(t)
	flip := func(header string) func(*http.Request) {
		return func(r *http.Request) {
			b, err := hex.DecodeString(r.Header.Get(header))
			if err != nil {
				t.Fatal(err)
			}
			b[len(b)/2] ^= 1
			r.Header.Set(header, hex.EncodeToString(b))
		}
	}
	setBody := func(change func([]byte) []byte) func(*http.Request) {
		return func(r *http.Request) {
			b, err := io.ReadAll(r.Body)
			if err != nil {
				t.Fatal(err)
			}
			b = change(b)
			r.Body, r.ContentLength = io.NopCloser(bytes.NewReader(b)), int64(len(b))
		}
	}
	header := func(name, value string) func(*http.Request) {
		return func(r *http.Request) { r.Header.Set(name, value) }
	}
	for _, tc := range []struct {
		name   string
		alter  func(*http.Request)
		status int
	}{
		{"untouched", func(*http.Request) {}, 200},
		{"nonce", flip(headerNonce), 401},
		{"signature R", flip(headerSignature), 401},
		{"signature z", func(r *http.Request) {
			s := r.Header.Get(headerSignature)
			r.Header.Set(headerSignature, s[:70]+otherHex(s[70:71])+s[71:])
		}, 401},
		{"booth", flip(headerBooth), 401},
		{"the other booth's key", header(headerBooth, hex.EncodeToString(w.another.Public().Bytes())), 401},
		{"time", func(r *http.Request) {
			unix, err := strconv.ParseInt(r.Header.Get(headerTime), 10, 64)
			if err != nil {
				t.Fatal(err)
			}
			r.Header.Set(headerTime, strconv.FormatInt(unix+1, 10))
		}, 401},
		{"purpose", setBody(func(b []byte) []byte { b[0] = purposeCastByte; return b }), 401},
		{"voter number", setBody(func(b []byte) []byte { copy(b[1:], otherVoter); return b }), 401},
		{"body's nonce", setBody(func(b []byte) []byte { b[12] ^= 1; return b }), 401},
		{"body cut short", setBody(func(b []byte) []byte { return b[:len(b)-1] }), 401},
		{"body empty", setBody(func([]byte) []byte { return nil }), 401},
		{"body one byte too long", setBody(func(b []byte) []byte { return append(b, 0) }), 400},
		{"body of a megabyte", setBody(func([]byte) []byte { return make([]byte, 1<<20) }), 400},
		{"method PUT", func(r *http.Request) { r.Method = http.MethodPut }, 405},
		{"method GET", func(r *http.Request) { r.Method = http.MethodGet }, 405},
		{"path", func(r *http.Request) { r.URL.Path = "/v1/evaluate/" }, 404},
		{"path escaped", func(r *http.Request) { r.URL.RawPath = "/v1/%65valuate" }, 404},
		{"query", func(r *http.Request) { r.URL.RawQuery = "a=b" }, 404},
		{"no nonce", func(r *http.Request) { r.Header.Del(headerNonce) }, 401},
		{"no signature", func(r *http.Request) { r.Header.Del(headerSignature) }, 401},
		{"no time", func(r *http.Request) { r.Header.Del(headerTime) }, 401},
		{"no booth", func(r *http.Request) { r.Header.Del(headerBooth) }, 401},
		{"two nonces", func(r *http.Request) { r.Header.Add(headerNonce, r.Header.Get(headerNonce)) }, 401},
		{"two times", func(r *http.Request) { r.Header.Add(headerTime, r.Header.Get(headerTime)) }, 401},
		{"upper case", func(r *http.Request) { r.Header.Set(headerBooth, strings.ToUpper(r.Header.Get(headerBooth))) }, 401},
		{"time with a plus", func(r *http.Request) { r.Header.Set(headerTime, "+"+r.Header.Get(headerTime)) }, 401},
		{"time with a zero", func(r *http.Request) { r.Header.Set(headerTime, "0"+r.Header.Get(headerTime)) }, 401},
		{"time negative", header(headerTime, "-1"), 401},
		{"time of the far future", header(headerTime, "9223372036854775807"), 401},
		{"time out of range", header(headerTime, "99999999999999999999"), 401},
		{"identity as the booth", header(headerBooth, strings.Repeat("0", 64)), 401},
	} {
		r := w.signed(t, w.goodBody(t))
		tc.alter(r)
		status, text := w.send(t, r)
		if status != tc.status {
			t.Errorf("%s: status %d (%s), want %d", tc.name, status, strings.TrimSpace(text), tc.status)
		}
		if status != 200 && (strings.Contains(text, testVoter) || len(text) > 60) {
			t.Errorf("%s: the answer says too much: %q", tc.name, text)
		}
	}
	if left := triesLeft(t, w.service, w.config, pin, testVoter); left != PINPerHour-1 {
		t.Errorf("%d tries left, want %d: only the untouched one counts", left, PINPerHour-1)
	}
	if left := triesLeft(t, w.service, w.config, cast, testVoter); left != CastPerHour {
		t.Errorf("%d cast tries left", left)
	}
}

func otherHex(digit string) string {
	if digit == "0" {
		return "1"
	}
	return "0"
}

// A request signed for another method or path is not one for this.
func TestSignatureCoversMethodAndPath(t *testing.T) {
	w := newWire(t)
	for name, change := range map[string]func(method, path *string){
		"method": func(method, _ *string) { *method = http.MethodPut },
		"path":   func(_, path *string) { *path = "/v1/refill" },
	} {
		body := w.goodBody(t)
		r := w.signed(t, body)
		method, path := r.Method, r.URL.Path
		change(&method, &path)
		nonce := freshNonce(t)
		r.Header.Set(headerNonce, hex.EncodeToString(nonce[:]))
		r.Header.Set(headerSignature, hex.EncodeToString(w.booth.Sign(
			requestMessage(testHash, nonce, w.clock.Now().Unix(), method, path, body))))
		if status, _ := w.send(t, r); status != http.StatusUnauthorized {
			t.Errorf("%s: status %d, want 401", name, status)
		}
	}
}

func TestReplayIsRefused(t *testing.T) {
	w := newWire(t)
	body := w.goodBody(t)
	first := w.signed(t, body)
	send := func() int {
		r := first.Clone(t.Context())
		r.Body, r.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
		status, _ := w.send(t, r)
		return status
	}
	if status := send(); status != 200 {
		t.Fatalf("first: status %d", status)
	}
	for _, at := range []time.Duration{0, 30 * time.Second, 30 * time.Second} {
		w.clock.advance(at)
		if status := send(); status != http.StatusConflict {
			t.Errorf("replay: status %d, want 409", status)
		}
	}
	w.clock.advance(time.Second)
	if status := send(); status != http.StatusUnauthorized {
		t.Errorf("replay after the window: status %d, want 401", status)
	}
}

// A request signed by a clock a window ahead can be replayed until two windows
// later; its nonce must be remembered across the change of generations.
func TestNonceOutlivesTheWindow(t *testing.T) {
	now := newTestClock().Now()
	for offset := time.Duration(0); offset <= 3*requestWindow; offset += 7 * time.Second {
		b := &booth{}
		if err := b.remember([NonceSize]byte{1}, now); err != nil {
			t.Fatal(err)
		}
		at := now.Add(offset)
		if err := b.remember([NonceSize]byte{2}, at); err != nil {
			t.Fatal(err)
		}
		for after := time.Duration(0); after <= 2*requestWindow; after += time.Second {
			if err := b.remember([NonceSize]byte{2}, at.Add(after)); !errors.Is(err, ErrReplay) {
				t.Fatalf("nonce of %s after %s: %v, want ErrReplay", offset, after, err)
			}
			// Other requests go on in between.
			if err := b.remember(freshNonce(t), at.Add(after)); err != nil {
				t.Fatal(err)
			}
		}
	}
}

func TestNoncesAreBoundedPerBooth(t *testing.T) {
	now := newTestClock().Now()
	b := &booth{since: now, young: map[[NonceSize]byte]bool{}}
	for i := range maxNonces {
		b.young[[NonceSize]byte{byte(i), byte(i >> 8), byte(i >> 16)}] = true
	}
	if err := b.remember(freshNonce(t), now); !errors.Is(err, ErrUnavailable) {
		t.Errorf("one nonce too many: %v, want ErrUnavailable", err)
	}
	if err := b.remember(freshNonce(t), now.Add(2*requestWindow+1)); err != nil {
		t.Errorf("in the next generation: %v", err)
	}
}

func TestMalformedRequestsChangeNothing(t *testing.T) {
	w := newWire(t)
	source := rand.New(rand.NewPCG(1, 2))
	for i := range 200 {
		body := w.goodBody(t)
		switch source.IntN(4) {
		case 0: // signed, but garbage
			body = make([]byte, source.IntN(requestSize+20))
			for j := range body {
				body[j] = byte(source.Uint32())
			}
		case 1: // signed, a field out of its range
			body[source.IntN(1+credential.VoterNumberDigits)] = byte(128 + source.IntN(128))
		case 2: // signed, the element no element
			body[requestSize-1] |= 0x80
		case 3: // signed, cut short
			body = body[:source.IntN(len(body))]
		}
		r := w.signed(t, body)
		if source.IntN(3) == 0 { // and a header broken as well
			name := []string{headerBooth, headerTime, headerNonce, headerSignature}[source.IntN(4)]
			value := []byte(r.Header.Get(name))
			value[source.IntN(len(value))] = "xyz!"[source.IntN(4)]
			r.Header.Set(name, string(value))
		}
		if status, text := w.send(t, r); status != 400 && status != 401 {
			t.Fatalf("request %d: status %d (%s)", i, status, text)
		}
	}
	if n := count(t, w.service, `SELECT (SELECT count(*) FROM budget) + (SELECT count(*) FROM answer)`); n != 0 {
		t.Errorf("malformed requests left %d rows", n)
	}
	if left := triesLeft(t, w.service, w.config, pin, testVoter); left != PINPerHour {
		t.Errorf("%d tries left", left)
	}
}

func TestPlainHTTPIsForLoopback(t *testing.T) {
	w := newWire(t)
	for _, tc := range []struct {
		remote string
		tls    bool
		ok     bool
	}{
		{"127.0.0.1:5000", false, true}, {"[::1]:5000", false, true}, {"127.8.8.8:5000", false, true},
		{"192.0.2.7:5000", false, false}, {"[2001:db8::1]:5000", false, false}, {"@", false, false}, {"", false, false},
		{"192.0.2.7:5000", true, true},
	} {
		r := w.signed(t, w.goodBody(t))
		r.RemoteAddr = tc.remote
		if tc.tls {
			r.TLS = new(tls.ConnectionState)
		}
		recorder := httptest.NewRecorder()
		w.server.Config.Handler.ServeHTTP(recorder, r)
		if ok := recorder.Code == 200; ok != tc.ok || !ok && recorder.Code != http.StatusForbidden {
			t.Errorf("from %q, TLS %v: status %d", tc.remote, tc.tls, recorder.Code)
		}
	}
}

func TestNewServerServes(t *testing.T) {
	w := newWire(t)
	server := NewServer(w.server.Config.Handler)
	if server.ReadHeaderTimeout == 0 || server.ReadTimeout == 0 || server.WriteTimeout == 0 || server.MaxHeaderBytes == 0 {
		t.Error("the server is not bounded")
	}
	if err := server.Shutdown(context.Background()); err != nil {
		t.Error(err)
	}
}

func FuzzDecodeRequest(f *testing.F) {
	key, err := credential.GenerateOPRFKey()
	if err != nil {
		f.Fatal(err)
	}
	good, err := encodeRequest(newRequest(f, key, pin, testVoter))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(good)
	f.Add(good[:20])
	f.Fuzz(func(t *testing.T, b []byte) {
		r, err := decodeRequest(b)
		if err != nil {
			if !errors.Is(err, ErrRequest) {
				t.Errorf("error %v does not wrap ErrRequest", err)
			}
			return
		}
		again, err := encodeRequest(r)
		if err != nil || !bytes.Equal(again, b) {
			t.Errorf("a second encoding of one request (%v)", err)
		}
	})
}
