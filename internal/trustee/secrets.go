// Package trustee is one trustee's tool: its secrets on its own machine, its
// part in the key ceremony, and its decryption of an ended election. It talks
// to others through the board only.
//
// It takes sums from nobody: before it decrypts, it verifies the record itself
// and binds its key file to the one tree it has verified. No process ever
// holds the secrets of two trustees. SPEC.md, sections 13 and 14.
package trustee

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"filippo.io/age"

	"rollcall/bulletin/entry"
	"rollcall/crypto/group"
	"rollcall/crypto/schnorr"
)

// Files of a trustee's directory.
const (
	secretsFile = "trustee.key"    // encrypted with a passphrase
	publicFile  = "trustee.public" // to be sent to the authority
)

// DefaultWork is the scrypt work factor, as a power of two, of a key file: about a
// second to open.
const DefaultWork = 18

// maxSecrets bounds a decrypted key file in bytes.
const maxSecrets = 1 << 20

// Hex is bytes that JSON holds as hexadecimal text.
type Hex []byte

// MarshalText implements encoding.TextMarshaler.
func (h Hex) MarshalText() ([]byte, error) { return []byte(hex.EncodeToString(h)), nil }

// UnmarshalText implements encoding.TextUnmarshaler.
func (h *Hex) UnmarshalText(b []byte) error {
	v, err := hex.DecodeString(string(b))
	*h = v
	return err
}

// Public is what a trustee hands to the authority.
type Public struct {
	Name     string `json:"name"`
	Signing  Hex    `json:"signing"`
	Ceremony Hex    `json:"ceremony"`
}

// secrets are the contents of a key file.
type secrets struct {
	Version  int    `json:"version"`
	Work     int    `json:"work"`
	Name     string `json:"name"`
	Signing  Hex    `json:"signing"`
	Ceremony Hex    `json:"ceremony"`
	// Election binds the file to the first election whose ceremony it joined.
	Election Hex `json:"election,omitempty"`
	// Attempt and Message are of the attempt under way: a second message for
	// one attempt must never exist.
	Attempt uint64 `json:"attempt,omitempty"`
	Message Hex    `json:"message,omitempty"`
	// Share is the trustee's share of the key of ShareAttempt.
	Share        Hex    `json:"share,omitempty"`
	ShareAttempt uint64 `json:"share_attempt,omitempty"`
	// Pinned is the one tree this key ever decrypts.
	Pinned *pin `json:"pinned,omitempty"`
}

// pin names the tree up to a valid end entry.
type pin struct {
	End  uint64 `json:"end"`
	Root Hex    `json:"root"`
}

// Trustee is an opened key file.
type Trustee struct {
	dir        string
	passphrase string
	s          secrets
	signing    *schnorr.SecretKey
}

// Create makes a trustee's keys in a directory and returns its public part.
// work is the scrypt work factor of the key file.
func Create(dir, name, passphrase string, work int) (*Public, error) {
	if name == "" || len(name) > 100 {
		return nil, errors.New("a trustee needs a name of at most 100 bytes")
	}
	if passphrase == "" {
		return nil, errors.New("a trustee's key file needs a passphrase")
	}
	if _, err := os.Stat(filepath.Join(dir, secretsFile)); !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("%s is there already and is not overwritten", filepath.Join(dir, secretsFile))
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	signing, ceremony := schnorr.GenerateKey(), group.RandomScalar()
	t := &Trustee{dir: dir, passphrase: passphrase, signing: signing, s: secrets{
		Version: 1, Work: work, Name: name, Signing: signing.Bytes(), Ceremony: ceremony.Bytes()}}
	if err := t.save(); err != nil {
		return nil, err
	}
	public := &Public{Name: name, Signing: signing.Public().Bytes(), Ceremony: group.MulBase(ceremony).Bytes()}
	b, err := json.MarshalIndent(public, "", "  ")
	if err != nil {
		return nil, err
	}
	return public, writeFile(filepath.Join(dir, publicFile), append(b, '\n'), 0o644)
}

// ReadPublic reads the public file of a trustee.
func ReadPublic(path string) (entry.Trustee, error) {
	b, err := os.ReadFile(path)
	if err != nil {
		return entry.Trustee{}, err
	}
	var p Public
	d := json.NewDecoder(bytes.NewReader(b))
	d.DisallowUnknownFields()
	if err := d.Decode(&p); err != nil {
		return entry.Trustee{}, fmt.Errorf("%s: not a trustee's public file: %w", path, err)
	}
	return entry.Trustee{Name: p.Name, Signing: p.Signing, Ceremony: p.Ceremony}, nil
}

// Open decrypts the key file in a directory.
func Open(dir, passphrase string) (*Trustee, error) {
	path := filepath.Join(dir, secretsFile)
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	id, err := age.NewScryptIdentity(passphrase)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	r, err := age.Decrypt(f, id)
	if err != nil {
		return nil, fmt.Errorf("%s: the passphrase does not open it, or it is damaged", path)
	}
	b, err := io.ReadAll(io.LimitReader(r, maxSecrets))
	if err != nil {
		return nil, fmt.Errorf("%s: damaged: %w", path, err)
	}
	defer clear(b)
	t := &Trustee{dir: dir, passphrase: passphrase}
	if err := json.Unmarshal(b, &t.s); err != nil || t.s.Version != 1 {
		return nil, fmt.Errorf("%s: not a trustee's key file of version 1", path)
	}
	if t.signing, err = schnorr.ParseSecretKey(t.s.Signing); err != nil {
		return nil, fmt.Errorf("%s: signing key is damaged", path)
	}
	return t, nil
}

// Close wipes what can be wiped.
func (t *Trustee) Close() {
	t.signing.Wipe()
	clear(t.s.Signing)
	clear(t.s.Ceremony)
	clear(t.s.Share)
}

// save writes the key file anew, durably and at once or not at all.
func (t *Trustee) save() error {
	b, err := json.Marshal(&t.s)
	if err != nil {
		return err
	}
	defer clear(b)
	r, err := age.NewScryptRecipient(t.passphrase)
	if err != nil {
		return err
	}
	r.SetWorkFactor(t.s.Work)
	var out bytes.Buffer
	w, err := age.Encrypt(&out, r)
	if err != nil {
		return err
	}
	if _, err := w.Write(b); err != nil {
		return err
	}
	if err := w.Close(); err != nil {
		return err
	}
	return writeFile(filepath.Join(t.dir, secretsFile), out.Bytes(), 0o600)
}

// writeFile replaces a file durably: write, sync, rename, sync the directory.
func writeFile(path string, b []byte, mode os.FileMode) error {
	tmp := path + ".new"
	f, err := os.OpenFile(tmp, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, mode)
	if err != nil {
		return err
	}
	_, err = f.Write(b)
	if err := errors.Join(err, f.Sync(), f.Close()); err != nil {
		return err
	}
	if err := os.Rename(tmp, path); err != nil {
		return err
	}
	d, err := os.Open(filepath.Dir(path))
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
