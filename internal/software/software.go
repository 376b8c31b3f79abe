// Package software compares the program that runs with those that a manifest names,
// so that a change in the middle of an election is seen. Nothing is refused: an urgent
// mend must be possible. It tells what the program says of itself; whoever wants to
// be sure takes the hash of the file.
package software

import (
	"encoding/hex"
	"fmt"
	"sync"

	"rollcall/buildinfo"
	"rollcall/bulletin/entry"
)

// Running is the program that runs, beside a manifest.
type Running struct {
	Program string `json:"program"` // as "rollcall version" has it
	SHA256  string `json:"sha256"`  // of its file, in hexadecimal
	Named   bool   `json:"named"`   // by the manifest
}

// Own returns the program that runs as a manifest names it. The file is hashed once.
var Own = sync.OnceValues(func() (entry.Software, error) {
	i, err := buildinfo.Read()
	if err != nil {
		return entry.Software{}, err
	}
	sum, err := hex.DecodeString(i.SHA256)
	if err != nil {
		return entry.Software{}, fmt.Errorf("hash of this program: %w", err)
	}
	return entry.Software{Name: i.Program, SHA256: sum}, nil
})

// Compare looks for the program that runs in a manifest.
func Compare(m *entry.Manifest) (Running, error) {
	own, err := Own()
	if err != nil {
		return Running{}, err
	}
	_, named := m.NameOf(own.SHA256)
	return Running{Program: own.Name, SHA256: hex.EncodeToString(own.SHA256), Named: named}, nil
}

// String says it in a line.
func (r Running) String() string {
	if r.Named {
		return fmt.Sprintf("%s, sha256 %s, which the manifest names", r.Program, r.SHA256)
	}
	return fmt.Sprintf("%s, sha256 %s, which the manifest does NOT name", r.Program, r.SHA256)
}
