package dtmf

import (
	"errors"
	"fmt"
	"mime"
	"strings"
)

// Media types of SIP INFO bodies that carry a key. Neither was ever standardised; application/dtmf-relay is
// Cisco's, and the plain one is what many telephones send.
const (
	TypeRelay = "application/dtmf-relay"
	TypePlain = "application/dtmf"
)

// MaxInfoSize is the largest SIP INFO body that ParseInfo reads, in bytes.
const MaxInfoSize = 256

// ErrMediaType says that a SIP INFO body is of a type that carries no key.
var ErrMediaType = errors.New("not a media type of key presses")

// ParseInfo reads the key from the body of a SIP INFO request with the Content-Type given. It returns ErrMediaType
// (wrapped) for any other type.
func ParseInfo(contentType string, body []byte) (digit byte, err error) {
	kind, _, err := mime.ParseMediaType(contentType)
	if err != nil {
		return 0, fmt.Errorf("content type: %w", ErrMediaType)
	}
	if len(body) > MaxInfoSize {
		return 0, fmt.Errorf("key press of %d bytes, at most %d", len(body), MaxInfoSize)
	}
	switch kind {
	case TypeRelay:
		return parseRelay(string(body))
	case TypePlain:
		return parseSignal(strings.TrimSpace(string(body)))
	}
	return 0, fmt.Errorf("content type: %w", ErrMediaType)
}

// parseRelay reads lines of "Signal=5" and "Duration=160". Other fields are allowed and not looked at.
func parseRelay(body string) (byte, error) {
	var digit byte
	for line := range strings.Lines(body) {
		name, value, ok := strings.Cut(line, "=")
		if !ok {
			if strings.TrimSpace(line) == "" {
				continue
			}
			return 0, errors.New("key press: line without '='")
		}
		if !strings.EqualFold(strings.TrimSpace(name), "Signal") {
			continue
		}
		if digit != 0 {
			return 0, errors.New("key press: more than one signal")
		}
		var err error
		if digit, err = parseSignal(strings.TrimSpace(value)); err != nil {
			return 0, err
		}
	}
	if digit == 0 {
		return 0, errors.New("key press: no signal")
	}
	return digit, nil
}

// parseSignal reads a key, either itself or, for '*' and '#', its event code: 10 and 11.
func parseSignal(s string) (byte, error) {
	switch {
	case len(s) == 1 && strings.Contains(keys, s):
		return s[0], nil
	case s == "10":
		return '*', nil
	case s == "11":
		return '#', nil
	}
	return 0, errors.New("key press: signal is not a digit, '*' or '#'")
}

// FormatInfo returns the application/dtmf-relay body that reports one press of a digit, 160 ms long.
func FormatInfo(digit byte) ([]byte, error) {
	if _, err := Code(digit); err != nil {
		return nil, err
	}
	return fmt.Appendf(nil, "Signal=%c\r\nDuration=160\r\n", digit), nil
}
