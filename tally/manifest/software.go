package manifest

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"

	"rollcall/bulletin/entry"
)

// buildSoftware lists the programs that run, then those of the file. A file may name
// one that runs as well, and then must have its hash: somebody would otherwise run
// another program than the one they wrote down.
func (f *File) buildSoftware(m *entry.Manifest, running []entry.Software) error {
	m.Software = append(m.Software, running...)
	for i, p := range f.Software {
		sum, err := hex.DecodeString(p.SHA256)
		if err != nil || len(sum) != sha256.Size {
			return fmt.Errorf("software, number %d: sha256 must have 64 hexadecimal digits, as \"version\" of the program prints them", i+1)
		}
		known := false
		for _, r := range running {
			if r.Name != p.Name {
				continue
			}
			if !bytes.Equal(r.SHA256, sum) {
				return fmt.Errorf("software, number %d: %q that runs here has the hash %x: run the other one, or correct the file", i+1, p.Name, r.SHA256)
			}
			known = true
		}
		if !known {
			m.Software = append(m.Software, entry.Software{Name: p.Name, SHA256: sum})
		}
	}
	return nil
}
