package software

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"os"
	"strings"
	"testing"

	"rollcall/bulletin/entry"
)

// TestCompare hashes the file of this test by itself.
func TestCompare(t *testing.T) {
	path, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	file, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	sum := sha256.Sum256(file)
	own, err := Own()
	if err != nil || own.Name == "" || !bytes.Equal(own.SHA256, sum[:]) {
		t.Fatalf("own %+v, %v; the file has %x", own, err, sum)
	}
	other := sum
	other[31] ^= 1
	for _, c := range []struct {
		name  string
		list  []entry.Software
		named bool
		want  string
	}{
		{"by itself", []entry.Software{own}, true, ", which the manifest names"},
		{"among others, under another name", []entry.Software{{Name: own.Name, SHA256: other[:]}, {Name: "other", SHA256: sum[:]}}, true, ", which the manifest names"},
		{"with another hash", []entry.Software{{Name: own.Name, SHA256: other[:]}}, false, ", which the manifest does NOT name"},
		{"not at all", nil, false, ", which the manifest does NOT name"},
	} {
		r, err := Compare(&entry.Manifest{Software: c.list})
		if err != nil || r.Named != c.named || r.SHA256 != hex.EncodeToString(sum[:]) || r.Program != own.Name || !strings.HasSuffix(r.String(), r.SHA256+c.want) {
			t.Errorf("%s: %+v, %q, %v", c.name, r, r, err)
		}
	}
}
