package live

import (
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"net/url"
	"os"
	"slices"
	"strings"

	"github.com/goccy/go-yaml"
)

// Bounds of a file of endpoints.
const (
	maxEndpointFile = 16 << 10 // the parser's time grows with the square of brackets that are open
	maxEndpoints    = 32
	maxURL          = 2048
	maxSecrets      = 2  // of one endpoint: the one in use, and the one that takes its place
	minSecret       = 24 // bytes, as Standard Webhooks wants
	maxSecret       = 64
)

const secretPrefix = "whsec_"

// Endpoint is one subscriber of webhooks. It holds secrets, so it prints as
// its host.
type Endpoint struct {
	url     *url.URL
	secrets [][]byte // one or two
	kinds   []kind
}

// Format implements fmt.Formatter for every verb.
func (e Endpoint) Format(s fmt.State, _ rune) { io.WriteString(s, e.host()) }

// host is what may be logged of an endpoint: paths and queries often hold a token.
func (e Endpoint) host() string {
	if e.url == nil {
		return ""
	}
	return e.url.Host
}

func (e Endpoint) wants(k kind) bool { return slices.Contains(e.kinds, k) }

// ReadEndpoints reads a YAML file of endpoints, which nobody but its owner may
// read:
//
//   - url: https://example.org/hooks/election
//     secrets: [whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw]
//     events: [phase, result]
//
// A url is https, or http on the loopback. A secret is "whsec_" and 24 to 64
// random bytes in base64; openssl rand -base64 32 makes them. There is a second
// one while it takes the place of the first: each call is signed with both, in
// their order, so that a receiver may have either. Events are of "phase", "result"
// and "board". Errors say the line or the endpoint, and hold nothing of a secret
// or a url.
func ReadEndpoints(path string) ([]Endpoint, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("webhooks: %w", err)
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, fmt.Errorf("webhooks: %w", err)
	}
	if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("webhooks: %s is not a regular file", path)
	}
	if mode := info.Mode().Perm(); mode&0o077 != 0 {
		return nil, fmt.Errorf("webhooks: mode of %s is %04o: others can read its secrets; run chmod 600 on it", path, mode)
	}
	raw, err := io.ReadAll(io.LimitReader(f, maxEndpointFile+1))
	if err != nil {
		return nil, fmt.Errorf("webhooks: %w", err)
	}
	endpoints, err := parseEndpoints(raw)
	if err != nil {
		return nil, fmt.Errorf("webhooks: %s: %w", path, err)
	}
	return endpoints, nil
}

func parseEndpoints(raw []byte) ([]Endpoint, error) {
	if len(raw) > maxEndpointFile {
		return nil, fmt.Errorf("file is over %d bytes", maxEndpointFile)
	}
	list, err := decodeYAML(raw)
	if err != nil {
		return nil, err
	}
	if len(list) == 0 {
		return nil, errors.New("no endpoint in it")
	}
	if len(list) > maxEndpoints {
		return nil, fmt.Errorf("%d endpoints, more than %d", len(list), maxEndpoints)
	}
	endpoints := make([]Endpoint, len(list))
	seen := map[string]bool{}
	for i, e := range list {
		if endpoints[i], err = newEndpoint(e.URL, e.Secrets, e.Events); err != nil {
			return nil, fmt.Errorf("endpoint %d: %w", i+1, err)
		}
		if name := endpoints[i].url.String(); seen[name] {
			return nil, fmt.Errorf("endpoint %d: its url is another's too", i+1)
		} else {
			seen[name] = true
		}
	}
	return endpoints, nil
}

// item is an endpoint as the file has it.
type item struct {
	URL     string   `yaml:"url"`
	Secrets []string `yaml:"secrets"`
	Events  []string `yaml:"events"`
}

// errShape says what a file should be, where the library does not say better.
var errShape = errors.New("not a list of endpoints, each with url, a list of secrets and a list of events")

// decodeYAML reads the one document of a file, strictly. The library panics on
// some malformed ones, such as a scalar under a tag where a list should be.
func decodeYAML(raw []byte) (list []item, err error) {
	defer func() {
		if recover() != nil {
			list, err = nil, errShape
		}
	}()
	d := yaml.NewDecoder(bytes.NewReader(raw), yaml.Strict())
	if err := d.Decode(&list); err != nil {
		return nil, yamlError(err)
	}
	if err := d.Decode(new(any)); !errors.Is(err, io.EOF) {
		return nil, errors.New("more than one document in it")
	}
	return list, nil
}

// yamlError says what is wrong with a file in our own words: the library's
// would quote lines, and with them secrets.
func yamlError(err error) error {
	if errors.Is(err, io.EOF) {
		return errors.New("file is empty")
	}
	var (
		unknown *yaml.UnknownFieldError
		syntax  *yaml.SyntaxError
		what    = errShape.Error()
		at      yaml.Error
	)
	switch {
	case errors.As(err, &unknown):
		what = "unknown key; an endpoint has url, secrets and events"
	case errors.As(err, &syntax):
		what = "not YAML, or a key stands twice"
	}
	if errors.As(err, &at) && at.GetToken() != nil && at.GetToken().Position != nil {
		return fmt.Errorf("line %d: %s", at.GetToken().Position.Line, what)
	}
	return errors.New(what)
}

func newEndpoint(address string, secrets, events []string) (Endpoint, error) {
	var e Endpoint
	var err error
	if e.url, err = parseURL(address); err != nil {
		return Endpoint{}, err
	}
	if len(secrets) == 0 {
		return Endpoint{}, errors.New("no secrets; want one, and a second only while it takes the place of the first")
	}
	if len(secrets) > maxSecrets {
		return Endpoint{}, fmt.Errorf("%d secrets, more than %d: the one in use, and the one that takes its place", len(secrets), maxSecrets)
	}
	for i, text := range secrets {
		secret, err := parseSecret(text)
		if err != nil {
			return Endpoint{}, fmt.Errorf("secret %d %w", i+1, err)
		}
		if slices.ContainsFunc(e.secrets, func(s []byte) bool { return bytes.Equal(s, secret) }) {
			return Endpoint{}, fmt.Errorf("secret %d stands twice", i+1)
		}
		e.secrets = append(e.secrets, secret)
	}
	for _, name := range events {
		k := kind(slices.Index(kindNames[:], name))
		if k < 0 {
			return Endpoint{}, errors.New("events are of phase, result and board")
		}
		if e.wants(k) {
			return Endpoint{}, fmt.Errorf("event %s stands twice", k)
		}
		e.kinds = append(e.kinds, k)
	}
	if len(e.kinds) == 0 {
		return Endpoint{}, errors.New("no events; want some of phase, result and board")
	}
	return e, nil
}

// parseSecret returns the bytes of a secret as a file has it. Errors go on after
// "secret 1".
func parseSecret(text string) ([]byte, error) {
	coded, ok := strings.CutPrefix(text, secretPrefix)
	if !ok {
		return nil, fmt.Errorf("does not begin with %s", secretPrefix)
	}
	// The decoder would skip line ends.
	secret, err := base64.StdEncoding.Strict().DecodeString(coded)
	if err != nil || strings.ContainsAny(coded, "\r\n") {
		return nil, fmt.Errorf("is not base64 after %s", secretPrefix)
	}
	if n := len(secret); n < minSecret || n > maxSecret {
		return nil, fmt.Errorf("has %d bytes, want %d to %d; openssl rand -base64 32 makes one", n, minSecret, maxSecret)
	}
	return secret, nil
}

func parseURL(address string) (*url.URL, error) {
	if len(address) > maxURL {
		return nil, fmt.Errorf("url is over %d bytes", maxURL)
	}
	u, err := url.Parse(address)
	switch {
	case err != nil: // which would quote it
		return nil, errors.New("url is malformed")
	case u.Hostname() == "" || u.Opaque != "":
		return nil, errors.New("url has no host")
	case u.User != nil:
		return nil, errors.New("url holds a user; the signature says who sends")
	case u.Fragment != "":
		return nil, errors.New("url has a fragment, which is never sent")
	case u.Scheme == "http" && !loopback(u.Hostname()):
		return nil, errors.New("url is http, which only the loopback may be; want https")
	case u.Scheme != "http" && u.Scheme != "https":
		return nil, errors.New("url is not https")
	}
	return u, nil
}

func loopback(host string) bool {
	addr, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && addr.IsLoopback()
}
