package workspace

import (
	"bytes"
	"encoding/hex"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"rollcall/crypto/schnorr"
)

func TestKeyRoundTrip(t *testing.T) {
	d := Dir(t.TempDir())
	k := schnorr.GenerateKey()
	if err := d.WriteKey(Board, k); err != nil {
		t.Fatal(err)
	}
	got, err := d.ReadKey(Board)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got.Public().Bytes(), k.Public().Bytes()) {
		t.Error("another key")
	}
	info, err := os.Stat(d.Key(Board))
	if err != nil {
		t.Fatal(err)
	}
	if info.Mode().Perm() != 0o600 {
		t.Errorf("mode %04o, want 0600", info.Mode().Perm())
	}
	folder, err := os.Stat(d.Keys())
	if err != nil {
		t.Fatal(err)
	}
	if folder.Mode().Perm() != 0o700 {
		t.Errorf("mode of the folder %04o, want 0700", folder.Mode().Perm())
	}
}

// TestKeyNotOverwritten holds that a second key never takes the first one's
// place.
func TestKeyNotOverwritten(t *testing.T) {
	d := Dir(t.TempDir())
	if err := d.WriteKey(Booth, schnorr.GenerateKey()); err != nil {
		t.Fatal(err)
	}
	before, err := os.ReadFile(d.Key(Booth))
	if err != nil {
		t.Fatal(err)
	}
	if err := d.WriteKey(Booth, schnorr.GenerateKey()); err == nil || !strings.HasSuffix(err.Error(), "is there already and is not overwritten") {
		t.Errorf("second key: %v", err)
	}
	after, err := os.ReadFile(d.Key(Booth))
	if err != nil || !bytes.Equal(before, after) {
		t.Error("the file has changed")
	}
}

// TestKeyRefused reads damaged files. No error may hold anything of a key.
func TestKeyRefused(t *testing.T) {
	secret := hex.EncodeToString(schnorr.GenerateKey().Bytes())
	for _, c := range []struct{ name, text, want string }{
		{"empty", "", "not a rollcall-key-v1 file"},
		{"another header", "rollcall-key-v2 authority " + secret, "not a rollcall-key-v1 file"},
		{"no header", secret, "not a rollcall-key-v1 file"},
		{"a word more", keyHeader + " authority " + secret + " x", "not a rollcall-key-v1 file"},
		{"another role", keyHeader + " board " + secret, "is the key of another role, want authority"},
		{"no hexadecimal", keyHeader + " authority x" + secret[1:], "the key is damaged"},
		{"cut short", keyHeader + " authority " + secret[:40], "secret key"},
		{"too long", keyHeader + " authority " + secret + "00", "secret key"},
		{"zero", keyHeader + " authority " + strings.Repeat("00", 32), "secret key is zero"},
		{"not canonical", keyHeader + " authority " + strings.Repeat("ff", 32), "secret key"},
	} {
		t.Run(c.name, func(t *testing.T) {
			d := Dir(t.TempDir())
			if err := WriteSecret(d.Key(Authority), []byte(c.text)); err != nil {
				t.Fatal(err)
			}
			_, err := d.ReadKey(Authority)
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Fatalf("error %v, want %s", err, c.want)
			}
			if strings.Contains(err.Error(), secret[2:30]) {
				t.Errorf("the error holds the key: %v", err)
			}
		})
	}
}

// TestReadableByOthers refuses a key that has been anybody's to read.
func TestReadableByOthers(t *testing.T) {
	d := Dir(t.TempDir())
	if err := d.WriteKey(Authority, schnorr.GenerateKey()); err != nil {
		t.Fatal(err)
	}
	for _, mode := range []os.FileMode{0o640, 0o604, 0o620, 0o601} {
		if err := os.Chmod(d.Key(Authority), mode); err != nil {
			t.Fatal(err)
		}
		if _, err := d.ReadKey(Authority); err == nil || !strings.Contains(err.Error(), "run chmod 600 on it") {
			t.Errorf("mode %04o: %v", mode, err)
		}
	}
	if err := os.Chmod(d.Key(Authority), 0o400); err != nil {
		t.Fatal(err)
	}
	if _, err := d.ReadKey(Authority); err != nil {
		t.Errorf("mode 0400: %v", err)
	}
	if _, err := d.ReadKey(Board); err == nil {
		t.Error("a key that is not there is read")
	}
}

// TestWriteSecretFails leaves nothing behind when it can not write.
func TestWriteSecretFails(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := WriteSecret(file, nil); err != nil {
		t.Fatal(err)
	}
	if err := WriteSecret(filepath.Join(file, "below"), []byte("x")); err == nil {
		t.Error("a secret below a file is written")
	}
}

func TestPaths(t *testing.T) {
	d := Dir("e")
	seen := map[string]bool{}
	for _, p := range []string{d.ManifestFile(), d.ManifestEntry(), d.Database(), d.Public(), d.Policy(), d.Election(), d.Letters(),
		d.Recordings(), d.Budgets(), d.Key(Authority), d.Key(Board), d.Key(Booth), d.Trustee(1), d.Trustee(2)} {
		if !strings.HasPrefix(p, "e"+string(filepath.Separator)) || seen[p] {
			t.Errorf("path %s", p)
		}
		seen[p] = true
	}
}
