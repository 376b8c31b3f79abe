package main

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"rollcall/bulletin/entry"
	"rollcall/verifier"
)

// followStore keeps the state between two rounds: in the file of --save, or in
// one of its own that goes with the program, so that not all of it is in memory
// twice.
type followStore struct {
	path string
	temp string // a directory of its own, if nobody named a file
	id   entry.ElectionID
	// first is what was in the file at the start, until somebody takes it.
	first *verifier.State
}

func newFollowStore(path string, id entry.ElectionID) (*followStore, error) {
	if path != "" {
		// That it can be written, and read, is found out now and not after hours.
		f, err := newStateFile(path)
		if err != nil {
			return nil, err
		}
		s := &followStore{path: path, id: id}
		if s.first, err = s.read(); err != nil {
			return nil, errors.Join(err, f.drop())
		}
		return s, f.drop()
	}
	dir, err := os.MkdirTemp("", "rollcall-verify-") // of mode 0700
	if err != nil {
		return nil, err
	}
	return &followStore{path: filepath.Join(dir, "state"), temp: dir, id: id}, nil
}

func (s *followStore) close() {
	if s.temp != "" {
		_ = os.RemoveAll(s.temp) // what is left there says nothing that the board does not
	}
}

// Load implements monitor.Store. What was read at the start is not read again.
func (s *followStore) Load() (*verifier.State, error) {
	if first := s.first; first != nil {
		s.first = nil
		return first, nil
	}
	return s.read()
}

func (s *followStore) read() (*verifier.State, error) {
	state, err := readState("--save", s.path, s.id, "begin anew with another file, or without this one")
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	return state, err
}

// Save implements monitor.Store.
func (s *followStore) Save(snapshot *verifier.Snapshot) error {
	f, err := newStateFile(s.path)
	if err != nil {
		return err
	}
	return f.save(snapshot)
}

// keepEvidence writes evidence to a new file, durably and whole or not at all,
// for everybody to read, and returns its path. Its name has the file's hash: the
// same evidence is written once, and no other file is ever replaced.
func keepEvidence(dir string, b []byte) (string, error) {
	sum := sha256.Sum256(b)
	path := filepath.Join(dir, fmt.Sprintf("evidence-%x.txt", sum[:8]))
	tmp, err := os.CreateTemp(dir, ".evidence-")
	if err != nil {
		return "", err
	}
	defer os.Remove(tmp.Name())
	_, err = tmp.Write(b)
	if err == nil {
		err = tmp.Chmod(0o644)
	}
	if err == nil {
		err = tmp.Sync()
	}
	if err = errors.Join(err, tmp.Close()); err != nil {
		return "", err
	}
	// A link, unlike a rename, fails where there is a file.
	if err := os.Link(tmp.Name(), path); errors.Is(err, fs.ErrExist) {
		if there, err := readFile(path); err != nil || !bytes.Equal(there, b) {
			return "", fmt.Errorf("%s: another file has this name", path)
		}
		return path, nil
	} else if err != nil {
		return "", err
	}
	d, err := os.Open(dir)
	if err != nil {
		return "", err
	}
	return path, errors.Join(d.Sync(), d.Close())
}
