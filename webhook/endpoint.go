package webhook

import (
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"net/url"
	"os"
	"strings"
)

// Bounds of an endpoint.
const (
	// MaxSecrets is how many an endpoint has at most: the one in use, and the one
	// that takes its place.
	MaxSecrets = 2
	maxURL     = 2048
	minSecret  = 24 // bytes, as Standard Webhooks wants
	maxSecret  = 64
)

const secretPrefix = "whsec_"

// ParseSecret returns the bytes of a secret as a file has it: "whsec_" and 24 to
// 64 random bytes in base64. Errors go on after "secret 1" and hold nothing of it.
func ParseSecret(text string) ([]byte, error) {
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

// ParseURL reads the address of an endpoint: https, or http on the loopback.
// Errors hold nothing of it.
func ParseURL(address string) (*url.URL, error) {
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

// ReadPrivate reads a file of secrets, which nobody but its owner may read. Of a
// longer one it returns limit+1 bytes.
func ReadPrivate(path string, limit int) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("%s is not a regular file", path)
	}
	if mode := info.Mode().Perm(); mode&0o077 != 0 {
		return nil, fmt.Errorf("mode of %s is %04o: others can read its secrets; run chmod 600 on it", path, mode)
	}
	return io.ReadAll(io.LimitReader(f, int64(limit)+1))
}
