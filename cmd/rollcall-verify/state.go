package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"rollcall/bulletin/entry"
	"rollcall/verifier"
)

// readState reads the state that a flag names, which is called by its name in
// errors; anew says what to do without that file. The state must be of the
// election that is asked about, if one is.
func readState(flag, path string, id entry.ElectionID, anew string) (*verifier.State, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", flag, err)
	}
	defer f.Close()
	s, err := verifier.ReadState(f)
	if err != nil {
		return nil, fmt.Errorf("%s: %s: %w: %s", flag, path, err, anew)
	}
	if got := s.ElectionID(); id != "" && got != id {
		return nil, fmt.Errorf("%s: %s: is of election %s, and --election is %s: %s", flag, path, got, id, anew)
	}
	return s, nil
}

// readSince reads the state that --since names.
func readSince(path string, id entry.ElectionID) (*verifier.State, error) {
	s, err := readState("--since", path, id, "verify anew, without --since")
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("%w: for the first time, verify without it", err)
	}
	return s, err
}

// stateFile is where --save puts a state. It is made before anything is judged,
// so that nobody waits for hours to learn that there is no room or no
// permission, and takes the place of an older one only when it is whole.
type stateFile struct {
	path string
	tmp  *os.File // of mode 0600
}

func newStateFile(path string) (*stateFile, error) {
	// A link is followed, so that what it names is replaced, and not it.
	if target, err := filepath.EvalSymlinks(path); err == nil {
		path = target
	}
	if info, err := os.Stat(path); err == nil && !info.Mode().IsRegular() {
		return nil, fmt.Errorf("--save: %s: not a regular file", path)
	}
	tmp, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+".")
	if err != nil {
		return nil, fmt.Errorf("--save: %w", err)
	}
	return &stateFile{path, tmp}, nil
}

// save writes a snapshot, durably and whole or not at all.
func (s *stateFile) save(snapshot *verifier.Snapshot) error {
	err := snapshot.Save(s.tmp)
	if err == nil {
		err = s.tmp.Sync()
	}
	if err = errors.Join(err, s.tmp.Close()); err == nil {
		err = os.Rename(s.tmp.Name(), s.path)
	}
	if err != nil {
		return fmt.Errorf("--save: %s: %w", s.path, errors.Join(err, os.Remove(s.tmp.Name())))
	}
	return nil
}

// drop leaves what stood there before.
func (s *stateFile) drop() error {
	return errors.Join(s.tmp.Close(), os.Remove(s.tmp.Name()))
}
