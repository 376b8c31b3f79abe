package live

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/url"
	"slices"

	"github.com/goccy/go-yaml"

	"rollcall/webhook"
)

// Bounds of a file of endpoints.
const (
	maxEndpointFile = 16 << 10 // the parser's time grows with the square of brackets that are open
	maxEndpoints    = 32
)

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
	raw, err := webhook.ReadPrivate(path, maxEndpointFile)
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
	if e.url, err = webhook.ParseURL(address); err != nil {
		return Endpoint{}, err
	}
	if len(secrets) == 0 {
		return Endpoint{}, errors.New("no secrets; want one, and a second only while it takes the place of the first")
	}
	if len(secrets) > webhook.MaxSecrets {
		return Endpoint{}, fmt.Errorf("%d secrets, more than %d: the one in use, and the one that takes its place", len(secrets), webhook.MaxSecrets)
	}
	for i, text := range secrets {
		secret, err := webhook.ParseSecret(text)
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
