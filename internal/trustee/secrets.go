// Package trustee is one trustee's tool: its secrets on its own machine, its
// part in the key ceremony, and its decryption of an ended election. It talks
// to others through the board only.
//
// It takes sums from nobody: before it decrypts, it verifies the record itself
// and binds its key file to the one tree it has verified. No process ever
// holds the secrets of two trustees. SPEC.md, sections 13 and 14.
package trustee

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"rollcall/bulletin/filelock"
	"rollcall/crypto/group"
	"rollcall/crypto/schnorr"
)

// Files of a trustee's directory.
const (
	secretsFile = "trustee.key"    // encrypted with a passphrase
	publicFile  = "trustee.public" // to be sent to the authority
	lockFile    = "trustee.lock"   // locked while the key file is open
)

// Work factors of a key file, for scrypt, as powers of two. The default takes
// about a second to open, the greatest a gibibyte of memory.
const (
	DefaultWork = 18
	maxWork     = 20
)

// maxSecrets bounds a decrypted key file in bytes.
const maxSecrets = 1 << 20

// ErrInUse says that another process has the key file open. Two at once could
// each bind it to another record.
var ErrInUse = errors.New("another command of this trustee is running")

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
	// Commitments are all trustees' when Message was made public: 64 bytes
	// each. A board that shows others later has let somebody choose afterwards.
	Commitments Hex `json:"commitments,omitempty"`
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

// Trustee is an opened key file. It is not safe for concurrent use.
type Trustee struct {
	dir        string
	passphrase string
	s          secrets
	signing    *schnorr.SecretKey
	unlock     func() error
}

// Create makes a trustee's keys in a directory and returns its public part.
// passphrase encrypts the key file; work is its scrypt work factor, 1 to 20.
// Files that are there are never overwritten.
func Create(dir, name, passphrase string, work int) (_ *Public, err error) {
	if err := checkName(name); err != nil {
		return nil, err
	}
	if passphrase == "" {
		return nil, errors.New("a trustee's key file needs a passphrase")
	}
	if work < 1 || work > maxWork {
		return nil, fmt.Errorf("work factor %d is not between 1 and %d", work, maxWork)
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	unlock, err := lock(dir)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, unlock()) }()
	for _, name := range []string{secretsFile, publicFile} {
		path := filepath.Join(dir, name)
		if _, err := os.Lstat(path); err == nil {
			return nil, fmt.Errorf("%s is there already and is not overwritten", path)
		} else if !errors.Is(err, fs.ErrNotExist) {
			return nil, err
		}
	}
	signing, ceremony := schnorr.GenerateKey(), group.RandomScalar()
	t := &Trustee{dir: dir, passphrase: passphrase, signing: signing, s: secrets{
		Version: 1, Work: work, Name: name, Signing: signing.Bytes(), Ceremony: ceremony.Bytes()}}
	defer t.wipe()
	if err := t.save(&t.s); err != nil {
		return nil, err
	}
	public := &Public{Name: name, Signing: signing.Public().Bytes(), Ceremony: group.MulBase(ceremony).Bytes()}
	b, err := json.MarshalIndent(public, "", "  ")
	if err != nil {
		return nil, err
	}
	return public, writeFile(filepath.Join(dir, publicFile), append(b, '\n'), 0o644)
}

// lock takes the lock of a trustee's directory.
func lock(dir string) (unlock func() error, err error) {
	unlock, err = filelock.Lock(filepath.Join(dir, lockFile))
	if errors.Is(err, filelock.ErrLocked) {
		err = fmt.Errorf("%w: %w", ErrInUse, err)
	}
	return unlock, err
}

// Open decrypts the key file in a directory, for one process at a time: the
// error wraps ErrInUse while another has it. Errors hold nothing of the file's
// contents. Close gives it back.
func Open(dir, passphrase string) (_ *Trustee, err error) {
	path := filepath.Join(dir, secretsFile)
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if mode := info.Mode().Perm(); mode&0o077 != 0 {
		return nil, fmt.Errorf("%s can be read by others (mode %04o): run chmod 600 on it", path, mode)
	}
	unlock, err := lock(dir)
	if err != nil {
		return nil, err
	}
	t := &Trustee{dir: dir, passphrase: passphrase, unlock: unlock}
	if err := t.load(path); err != nil {
		t.Close()
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return t, nil
}

// Close wipes what can be wiped and lets others open the key file.
func (t *Trustee) Close() {
	t.wipe()
	// Nothing is written to the lock file, so closing it can not lose anything.
	_ = t.unlock()
}

func (t *Trustee) wipe() {
	if t.signing != nil {
		t.signing.Wipe()
	}
	clear(t.s.Signing)
	clear(t.s.Ceremony)
	clear(t.s.Share)
}
