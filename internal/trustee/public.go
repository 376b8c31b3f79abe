package trustee

import (
	"bytes"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"unicode"
	"unicode/utf8"

	"rollcall/bulletin/entry"
	"rollcall/crypto/group"
	"rollcall/crypto/schnorr"
	"rollcall/internal/strictjson"
)

// maxPublic bounds a public file in bytes.
const maxPublic = 16 << 10

// Hex is bytes that JSON holds as hexadecimal text.
type Hex []byte

// MarshalText implements encoding.TextMarshaler.
func (h Hex) MarshalText() ([]byte, error) { return []byte(hex.EncodeToString(h)), nil }

// UnmarshalText implements encoding.TextUnmarshaler. Its error repeats nothing
// of the text, which may be a secret.
func (h *Hex) UnmarshalText(b []byte) error {
	v, err := hex.DecodeString(string(b))
	if err != nil {
		return errors.New("not hexadecimal")
	}
	*h = v
	return nil
}

// Public is what a trustee hands to the authority.
type Public struct {
	Name     string `json:"name"`
	Signing  Hex    `json:"signing"`
	Ceremony Hex    `json:"ceremony"`
}

// check refuses what no trustee's tool has written.
func (p *Public) check() error {
	if err := checkName(p.Name); err != nil {
		return err
	}
	if _, err := schnorr.ParsePublicKey(p.Signing); err != nil {
		return fmt.Errorf("signing: %w", err)
	}
	if _, err := group.ParseElement(p.Ceremony); err != nil {
		return fmt.Errorf("ceremony: %w", err)
	}
	if bytes.Equal(p.Signing, p.Ceremony) {
		return errors.New("signing and ceremony keys are the same")
	}
	return nil
}

// checkName holds that a name fits into a manifest and can be printed anywhere.
func checkName(name string) error {
	if name == "" || len(name) > 100 || !utf8.ValidString(name) {
		return errors.New("a trustee needs a name of at most 100 bytes of UTF-8")
	}
	for _, r := range name {
		if !unicode.IsPrint(r) {
			return fmt.Errorf("a trustee's name can not hold the character %U", r)
		}
	}
	return nil
}

// ReadPublic reads the public file of a trustee, which comes from somebody
// else's machine: at most 16 KiB of JSON with exactly the fields of Public and
// nothing after it, with keys that decode.
func ReadPublic(path string) (entry.Trustee, error) {
	f, err := os.Open(path)
	if err != nil {
		return entry.Trustee{}, err
	}
	defer f.Close()
	b, err := io.ReadAll(io.LimitReader(f, maxPublic+1))
	if err != nil {
		return entry.Trustee{}, fmt.Errorf("reading %s: %w", path, err)
	}
	p, err := parsePublic(b)
	if err != nil {
		return entry.Trustee{}, fmt.Errorf("%s: not a trustee's public file: %w", path, err)
	}
	return entry.Trustee{Name: p.Name, Signing: p.Signing, Ceremony: p.Ceremony}, nil
}

func parsePublic(b []byte) (*Public, error) {
	if len(b) > maxPublic {
		return nil, fmt.Errorf("over %d bytes", maxPublic)
	}
	var p Public
	if err := strictjson.Decode(b, &p); err != nil {
		return nil, err
	}
	return &p, p.check()
}
