package registrar

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"time"

	"rollcall/crypto/credential"
	"rollcall/crypto/schnorr"
)

// ClientConfig configures a Client.
type ClientConfig struct {
	// BaseURL is the registrar's scheme and host, such as
	// "https://registrar.example" or "http://127.0.0.1:8081". Plain HTTP is
	// refused but to a loopback address.
	BaseURL      string
	BoothKey     *schnorr.SecretKey
	ElectionHash [64]byte
	TLS          *tls.Config   // the system's roots where nil
	Timeout      time.Duration // of one request; 5 s where zero
	// Now is the clock; time.Now where nil.
	Now func() time.Time
}

// Client is a booth's Evaluator over HTTP. It is safe for concurrent use.
type Client struct {
	config ClientConfig
	url    string
	http   *http.Client
}

// NewClient checks the configuration and returns a client.
func NewClient(config ClientConfig) (*Client, error) {
	base, err := url.Parse(config.BaseURL)
	if err != nil {
		return nil, fmt.Errorf("registrar's address: %w", err)
	}
	if base.User != nil || base.RawQuery != "" || base.Fragment != "" || base.Host == "" || base.Path != "" && base.Path != "/" {
		return nil, errors.New("registrar's address: want a scheme and a host and nothing else")
	}
	switch {
	case base.Scheme == "https":
	case base.Scheme == "http" && isLoopbackHost(base.Hostname()):
	default:
		return nil, fmt.Errorf("registrar's address %s: %w", base.Redacted(), errInsecure)
	}
	if config.BoothKey == nil {
		return nil, errors.New("registrar's client: no booth key")
	}
	if config.Now == nil {
		config.Now = time.Now
	}
	if config.Timeout == 0 {
		config.Timeout = 5 * time.Second
	}
	return &Client{config: config, url: base.Scheme + "://" + base.Host + evaluatePath, http: &http.Client{
		Timeout: config.Timeout,
		// A transport of its own: no proxy of the environment in between.
		Transport: &http.Transport{TLSClientConfig: config.TLS, MaxIdleConnsPerHost: 8, IdleConnTimeout: time.Minute,
			TLSHandshakeTimeout: config.Timeout, MaxResponseHeaderBytes: 16 << 10, ForceAttemptHTTP2: true},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}, nil
}

// Close closes idle connections.
func (c *Client) Close() { c.http.CloseIdleConnections() }

// Evaluate sends one request, signed anew. Whatever is no answer of the
// registrar is ErrUnavailable; sending the same request again then counts
// nothing twice.
func (c *Client) Evaluate(ctx context.Context, request Request) (Response, error) {
	body, err := encodeRequest(request)
	if err != nil {
		return Response{}, err
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, c.url, bytes.NewReader(body))
	if err != nil {
		return Response{}, fmt.Errorf("%w: %w", ErrUnavailable, err)
	}
	r.GetBody = nil // net/http must not send a nonce twice by itself
	var nonce [NonceSize]byte
	if _, err := rand.Read(nonce[:]); err != nil {
		return Response{}, fmt.Errorf("drawing a nonce: %w", err)
	}
	signRequest(r, c.config.BoothKey, c.config.ElectionHash, nonce, c.config.Now(), body)
	response, err := c.http.Do(r)
	if err != nil {
		return Response{}, fmt.Errorf("%w: %w", ErrUnavailable, err)
	}
	defer response.Body.Close()
	answer, err := io.ReadAll(io.LimitReader(response.Body, responseSize+1))
	if err != nil {
		return Response{}, fmt.Errorf("%w: reading the answer: %w", ErrUnavailable, err)
	}
	if response.StatusCode != http.StatusOK {
		return Response{}, statusError(response.StatusCode)
	}
	if len(answer) != responseSize {
		return Response{}, fmt.Errorf("%w: answer is not of %d bytes", ErrUnavailable, responseSize)
	}
	return Response{Evaluated: answer[:credential.ElementSize], Proof: answer[credential.ElementSize:]}, nil
}

func statusError(status int) error {
	for _, s := range statuses {
		if s.status == status {
			return s.err
		}
	}
	return fmt.Errorf("%w: status %d", ErrUnavailable, status)
}

// isLoopbackHost takes "localhost" at its word and else only addresses.
func isLoopbackHost(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}
