package trustee

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"filippo.io/age"

	"rollcall/crypto/schnorr"
)

// load reads the key file.
func (t *Trustee) load(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	id, err := age.NewScryptIdentity(t.passphrase)
	if err != nil {
		return err
	}
	id.SetMaxWorkFactor(maxWork)
	r, err := age.Decrypt(f, id)
	if err != nil {
		return errors.New("the passphrase does not open it, or it is damaged")
	}
	b, err := io.ReadAll(io.LimitReader(r, maxSecrets))
	if err != nil {
		return fmt.Errorf("damaged: %w", err)
	}
	defer clear(b)
	// The errors of package json could repeat what they could not read.
	if err := json.Unmarshal(b, &t.s); err != nil || t.s.Version != 1 || t.s.Work < 1 || t.s.Work > maxWork {
		return errors.New("not a trustee's key file of version 1")
	}
	if t.signing, err = schnorr.ParseSecretKey(t.s.Signing); err != nil {
		return errors.New("signing key is damaged")
	}
	return nil
}

// change writes changed secrets into the key file, and only then believes in
// them: what is posted must never be ahead of the disk.
func (t *Trustee) change(f func(s *secrets)) error {
	next := t.s
	f(&next)
	if err := t.save(&next); err != nil {
		return fmt.Errorf("writing the key file: %w", err)
	}
	t.s = next
	return nil
}

// save writes the key file anew, durably and at once or not at all.
func (t *Trustee) save(s *secrets) error {
	b, err := json.Marshal(s)
	if err != nil {
		return err
	}
	defer clear(b)
	r, err := age.NewScryptRecipient(t.passphrase)
	if err != nil {
		return err
	}
	r.SetWorkFactor(s.Work)
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
// What an earlier try left beside it is removed first, so that neither its mode
// nor a link in its place decides who can read the new file.
func writeFile(path string, b []byte, mode os.FileMode) error {
	tmp := path + ".new"
	if err := os.Remove(tmp); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	f, err := os.OpenFile(tmp, os.O_WRONLY|os.O_CREATE|os.O_EXCL, mode)
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
