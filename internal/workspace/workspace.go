// Package workspace is the directory of one election on an operator's machine:
// which file lies where, and how signing keys are kept.
//
//	DIR/manifest.yaml   what staff wrote
//	DIR/manifest.cbor   the manifest entry, signed
//	DIR/board.db        the log, with claims
//	DIR/board/          the public files: checkpoint, tile/, hint/
//	DIR/policy          whom a checkpoint must be signed by (tlog-policy)
//	DIR/witnesses       where the policy's witnesses are asked, if it has any
//	DIR/election        the election id
//	DIR/letters.csv     one line a voter, secret until mailed (0600)
//	DIR/audit-letters.csv  the same for auditors, if there are any (0600)
//	DIR/audit.json      which credentials are auditors', to be opened at the end (0600)
//	DIR/roll.entries    the roll as it is posted, to go on after a break
//	DIR/registrar.db    tries at PINs and cast codes
//	DIR/keys/ROLE.key   one key each (0600)
//	DIR/lookups         how many ballots were looked up, at least
//	DIR/reports/N       when report N came out, and the checkpoint of then
//	DIR/recordings/     recorded prompts, if any
//	DIR/webhooks.yaml   whom to tell of phases and results, if anybody (0600)
//
// It reads and writes files and knows nothing of what is in them but keys.
package workspace

import (
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"rollcall/crypto/schnorr"
)

// Roles whose keys are schnorr keys in a file of this package.
const (
	Authority = "authority"
	Board     = "board"
	Booth     = "booth"
)

// Dir is the path of an election's directory.
type Dir string

// The files of a directory.
func (d Dir) ManifestFile() string    { return d.path("manifest.yaml") }
func (d Dir) ManifestEntry() string   { return d.path("manifest.cbor") }
func (d Dir) Database() string        { return d.path("board.db") }
func (d Dir) Public() string          { return d.path("board") }
func (d Dir) Policy() string          { return d.path("policy") }
func (d Dir) Witnesses() string       { return d.path("witnesses") }
func (d Dir) Election() string        { return d.path("election") }
func (d Dir) Letters() string         { return d.path("letters.csv") }
func (d Dir) AuditLetters() string    { return d.path("audit-letters.csv") }
func (d Dir) Audit() string           { return d.path("audit.json") }
func (d Dir) Webhooks() string        { return d.path("webhooks.yaml") }
func (d Dir) Lookups() string         { return d.path("lookups") }
func (d Dir) Recordings() string      { return d.path("recordings") }
func (d Dir) Budgets() string         { return d.path("registrar.db") }
func (d Dir) Keys() string            { return d.path("keys") }
func (d Dir) Key(role string) string  { return filepath.Join(d.Keys(), role+".key") }
func (d Dir) Trustee(i int) string    { return d.path(filepath.Join("trustees", fmt.Sprint(i))) }
func (d Dir) Report(n int) string     { return d.path(filepath.Join("reports", fmt.Sprint(n))) }
func (d Dir) path(name string) string { return filepath.Join(string(d), name) }

const keyHeader = "rollcall-key-v1"

// WriteKey writes the key of a role to the directory. It never overwrites one.
func (d Dir) WriteKey(role string, k *schnorr.SecretKey) error {
	secret := k.Bytes()
	defer clear(secret)
	text := fmt.Appendf(nil, "%s %s %x\n", keyHeader, role, secret)
	defer clear(text)
	return WriteSecret(d.Key(role), text)
}

// ReadKey reads the key of a role. Errors hold nothing of the file's contents.
func (d Dir) ReadKey(role string) (*schnorr.SecretKey, error) {
	path := d.Key(role)
	b, err := ReadSecret(path)
	if err != nil {
		return nil, err
	}
	defer clear(b)
	fields := strings.Fields(string(b))
	if len(fields) != 3 || fields[0] != keyHeader {
		return nil, fmt.Errorf("%s: not a %s file", path, keyHeader)
	}
	if fields[1] != role {
		return nil, fmt.Errorf("%s: is the key of another role, want %s", path, role)
	}
	secret, err := hex.DecodeString(fields[2])
	if err != nil {
		return nil, fmt.Errorf("%s: the key is damaged", path)
	}
	defer clear(secret)
	k, err := schnorr.ParseSecretKey(secret)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return k, nil
}

// WriteSecret writes a new file that only its owner can read, durably. It is
// an error if the file exists.
func WriteSecret(path string, b []byte) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return fmt.Errorf("writing %s: %w", path, err)
	}
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("%s is there already and is not overwritten", path)
	}
	if err != nil {
		return err
	}
	_, err = f.Write(b)
	if err = errors.Join(err, f.Sync(), f.Close()); err == nil {
		err = syncDir(filepath.Dir(path))
	}
	if err != nil {
		// Half a secret is worth nothing and would bar the way of the next try.
		return errors.Join(fmt.Errorf("writing %s: %w", path, err), os.Remove(path))
	}
	return nil
}

// WriteNew writes a new file that everybody can read, durably: it is there whole or
// not at all. It is an error if the file exists.
func WriteNew(path string, b []byte) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return fmt.Errorf("writing %s: %w", path, err)
	}
	if _, err := os.Lstat(path); err == nil {
		return fmt.Errorf("%s is there already and is not overwritten", path)
	}
	return Replace(path, b)
}

// Replace writes a file that everybody can read, durably, in place of one that may
// be there: readers see the old one or the new one.
func Replace(path string, b []byte) error { return replace(path, b, 0o644) }

// ReplaceSecret is Replace of a file that only its owner can read.
func ReplaceSecret(path string, b []byte) error { return replace(path, b, 0o600) }

func replace(path string, b []byte, mode fs.FileMode) error {
	f, err := os.CreateTemp(filepath.Dir(path), ".new-*")
	if err != nil {
		return err
	}
	_, err = f.Write(b)
	err = errors.Join(err, f.Chmod(mode), f.Sync(), f.Close())
	if err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		return errors.Join(fmt.Errorf("writing %s: %w", path, err), os.Remove(f.Name()))
	}
	return syncDir(filepath.Dir(path))
}

// syncDir makes a new name in a directory durable.
func syncDir(path string) error {
	d, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

// ReadSecret reads a file, refusing one that others than its owner can read.
func ReadSecret(path string) ([]byte, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if info.Mode().Perm()&0o077 != 0 {
		return nil, fmt.Errorf("%s can be read by others (mode %04o): run chmod 600 on it", path, info.Mode().Perm())
	}
	return os.ReadFile(path)
}
