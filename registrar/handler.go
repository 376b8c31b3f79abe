package registrar

import (
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"time"

	"rollcall/crypto/schnorr"
)

// evaluatePath is the one path of the service.
const evaluatePath = "/v1/evaluate"

// errInsecure says that a request came over a network in the clear.
var errInsecure = errors.New("plain HTTP is for loopback only")

// HandlerConfig configures a handler.
type HandlerConfig struct {
	Evaluator    Evaluator
	ElectionHash [64]byte
	Booths       []schnorr.PublicKey // the booths of the manifest
	// Now is the clock; time.Now where nil.
	Now func() time.Time
	// Failed, where set, is told of every request that could not be answered
	// by the registrar's own fault. The errors hold nothing of the request.
	Failed func(error)
}

type handler struct {
	config HandlerConfig
	auth   *authenticator
}

// NewHandler returns the booth's way to an evaluator: POST /v1/evaluate, a body
// of 58 bytes, signed by a booth of the manifest; the answer has 96 bytes.
// Plain HTTP is answered on loopback only.
func NewHandler(config HandlerConfig) http.Handler {
	if config.Now == nil {
		config.Now = time.Now
	}
	return &handler{config, newAuthenticator(config.ElectionHash, config.Booths)}
}

// NewServer returns a server for the handler with times and sizes bounded. The
// caller serves and shuts it down.
func NewServer(h http.Handler) *http.Server {
	return &http.Server{
		Handler:           h,
		ReadHeaderTimeout: 5 * time.Second,
		ReadTimeout:       10 * time.Second,
		WriteTimeout:      20 * time.Second,
		IdleTimeout:       2 * time.Minute,
		MaxHeaderBytes:    8 << 10,
	}
}

func (h *handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	answer, err := h.answer(w, r)
	if err != nil {
		h.fail(w, err)
		return
	}
	w.Header().Set("Content-Type", "application/octet-stream")
	// The booth may be gone; its next try gets the same answer.
	_, _ = w.Write(answer)
}

func (h *handler) answer(w http.ResponseWriter, r *http.Request) ([]byte, error) {
	if r.TLS == nil && !isLoopback(r.RemoteAddr) {
		return nil, errInsecure
	}
	if r.URL.Path != evaluatePath || r.URL.RawPath != "" || r.URL.RawQuery != "" {
		return nil, errNotFound
	}
	if r.Method != http.MethodPost {
		return nil, errMethod
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, requestSize))
	if err != nil {
		return nil, fmt.Errorf("body: %w: %w", err, ErrRequest)
	}
	if err := h.auth.verify(r, body, h.config.Now()); err != nil {
		return nil, err
	}
	request, err := decodeRequest(body)
	if err != nil {
		return nil, err
	}
	response, err := h.config.Evaluator.Evaluate(r.Context(), request)
	if err != nil {
		return nil, err
	}
	return append(append(make([]byte, 0, responseSize), response.Evaluated...), response.Proof...), nil
}

var (
	errNotFound = errors.New("no such path")
	errMethod   = errors.New("want POST")
)

// statuses is the one place where errors become statuses, and for the client
// statuses become errors again: the first line that fits counts.
var statuses = []struct {
	err    error
	status int
}{
	{errInsecure, http.StatusForbidden},
	{errNotFound, http.StatusNotFound},
	{errMethod, http.StatusMethodNotAllowed},
	{ErrRequest, http.StatusBadRequest},
	{ErrUnauthorized, http.StatusUnauthorized},
	{ErrReplay, http.StatusConflict},
	{ErrNonce, http.StatusUnprocessableEntity},
	{ErrBudget, http.StatusTooManyRequests},
	{ErrUnavailable, http.StatusServiceUnavailable},
}

// fail answers with a status and the fixed text of its error, never with what
// led to it.
func (h *handler) fail(w http.ResponseWriter, err error) {
	text, status := ErrUnavailable.Error(), http.StatusServiceUnavailable
	for _, s := range statuses {
		if errors.Is(err, s.err) {
			text, status = s.err.Error(), s.status
			break
		}
	}
	if status == http.StatusMethodNotAllowed {
		w.Header().Set("Allow", http.MethodPost)
	}
	if status == http.StatusServiceUnavailable && h.config.Failed != nil {
		h.config.Failed(err)
	}
	http.Error(w, text, status)
}

// isLoopback reads the address that net/http gives of a connection.
func isLoopback(remote string) bool {
	host, _, err := net.SplitHostPort(remote)
	if err != nil {
		return false
	}
	ip := net.ParseIP(host)
	return ip != nil && ip.IsLoopback()
}
