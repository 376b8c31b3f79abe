package trustee

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"rollcall/crypto/group"
	"rollcall/crypto/schnorr"
)

// newKeyFile makes a trustee's directory.
func newKeyFile(t *testing.T) (dir, path string) {
	t.Helper()
	dir = filepath.Join(t.TempDir(), "trustee")
	if _, err := Create(dir, "Ada", testPass, testWork); err != nil {
		t.Fatal(err)
	}
	return dir, filepath.Join(dir, secretsFile)
}

func TestCreateAndOpen(t *testing.T) {
	dir, path := newKeyFile(t)
	public, err := ReadPublic(filepath.Join(dir, publicFile))
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{secretsFile, lockFile} {
		info, err := os.Stat(filepath.Join(dir, name))
		if err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%s: mode %v, error %v; want 0600", name, info.Mode(), err)
		}
	}
	trustee, err := Open(dir, testPass)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(trustee.signing.Public().Bytes(), public.Signing) || public.Name != "Ada" {
		t.Error("the public file is of other keys")
	}
	secret, err := group.ParseScalar(trustee.s.Ceremony)
	if err != nil || !bytes.Equal(group.MulBase(secret).Bytes(), public.Ceremony) {
		t.Errorf("the public file is of another ceremony key (error %v)", err)
	}
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if leak := findSecrets(string(raw), &trustee.s); leak != "" {
		t.Errorf("the key file holds the %s in the clear", leak)
	}
	if _, err := Open(dir, testPass); !errors.Is(err, ErrInUse) {
		t.Errorf("opened twice: error %v, want ErrInUse", err)
	}
	signing := trustee.s.Signing
	trustee.Close()
	if !bytes.Equal(signing, make([]byte, len(signing))) {
		t.Error("Close leaves the signing key in memory")
	}
	again, err := Open(dir, testPass)
	if err != nil {
		t.Fatalf("after Close: %v", err)
	}
	again.Close()
}

// findSecrets says which secret a text holds, raw or in hexadecimal or base64.
func findSecrets(s string, of *secrets) string {
	for name, secret := range map[string][]byte{"signing key": of.Signing, "ceremony key": of.Ceremony, "share": of.Share} {
		if len(secret) == 0 {
			continue
		}
		for _, form := range []string{string(secret), hex.EncodeToString(secret), base64.StdEncoding.EncodeToString(secret)} {
			if strings.Contains(strings.ToLower(s), strings.ToLower(form[:len(form)/2])) {
				return name
			}
		}
	}
	return ""
}

func TestCreateRefuses(t *testing.T) {
	tests := []struct {
		name, trustee, pass string
		work                int
		want                string
	}{
		{"no name", "", testPass, 1, "name"},
		{"long name", strings.Repeat("a", 101), testPass, 1, "name"},
		{"name that is no text", "\xff", testPass, 1, "name"},
		{"name that moves a cursor", "Ada\x1b[2J", testPass, 1, "U+001B"},
		{"no passphrase", "Ada", "", 1, "passphrase"},
		{"no work", "Ada", testPass, 0, "work"},
		{"too much work", "Ada", testPass, 21, "work"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), "trustee")
			if _, err := Create(dir, test.trustee, test.pass, test.work); err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("error %v, want one about %q", err, test.want)
			}
			if _, err := os.Stat(dir); !errors.Is(err, fs.ErrNotExist) {
				t.Error("a directory was made all the same")
			}
		})
	}
}

func TestCreateNeverOverwrites(t *testing.T) {
	for _, name := range []string{secretsFile, publicFile} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			path := filepath.Join(dir, name)
			if err := os.WriteFile(path, []byte("precious"), 0o600); err != nil {
				t.Fatal(err)
			}
			if _, err := Create(dir, "Ada", testPass, testWork); err == nil || !strings.Contains(err.Error(), name+" is there already") {
				t.Errorf("error %v, want that the file is there", err)
			}
			if b, err := os.ReadFile(path); err != nil || string(b) != "precious" {
				t.Errorf("%s now holds %q (error %v)", name, b, err)
			}
		})
	}
}

// TestDamagedKeyFile changes one byte at every place, and cuts the file at
// every place: nothing opens, nothing panics, no error tells a secret.
func TestDamagedKeyFile(t *testing.T) {
	dir, path := newKeyFile(t)
	good, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	trustee, err := Open(dir, testPass)
	if err != nil {
		t.Fatal(err)
	}
	signing := bytes.Clone(trustee.s.Signing)
	ceremony := bytes.Clone(trustee.s.Ceremony)
	trustee.Close()
	kept := secrets{Signing: signing, Ceremony: ceremony}
	refused := func(what string, at int, b []byte) {
		t.Helper()
		if err := os.WriteFile(path, b, 0o600); err != nil {
			t.Fatal(err)
		}
		trustee, err := Open(dir, testPass)
		if err == nil {
			trustee.Close()
			t.Fatalf("%s at byte %d: opened", what, at)
		}
		if !strings.Contains(err.Error(), path) {
			t.Errorf("%s at byte %d: error %q does not name the file", what, at, err)
		}
		if leak := findSecrets(err.Error(), &kept); leak != "" {
			t.Fatalf("%s at byte %d: the error tells the %s", what, at, leak)
		}
	}
	for i := range good {
		b := bytes.Clone(good)
		b[i] ^= 1
		refused("flipped", i, b)
	}
	for i := 0; i < len(good); i += 7 {
		refused("cut", i, good[:i])
	}
	refused("continued", len(good), append(bytes.Clone(good), '\n'))

	if err := os.WriteFile(path, good, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(dir, "wrong"); err == nil || !strings.Contains(err.Error(), "passphrase does not open it") {
		t.Errorf("wrong passphrase: error %v", err)
	}
	if _, err := Open(dir, ""); err == nil {
		t.Error("opened without a passphrase")
	}
	if err := os.Chmod(path, 0o640); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(dir, testPass); err == nil || !strings.Contains(err.Error(), "chmod 600") {
		t.Errorf("readable by others: error %v", err)
	}
	if _, err := Open(t.TempDir(), testPass); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("no key file: error %v", err)
	}
}

// TestDamagedSecrets opens key files whose contents, rightly encrypted, are
// not those of a trustee.
func TestDamagedSecrets(t *testing.T) {
	tests := []struct {
		name string
		edit func(s *secrets)
		want string
	}{
		{"another version", func(s *secrets) { s.Version = 2 }, "version 1"},
		{"signing key of 31 bytes", func(s *secrets) { s.Signing = s.Signing[:31] }, "signing key is damaged"},
		{"signing key above the order", func(s *secrets) { s.Signing = bytes.Repeat([]byte{0xff}, 32) }, "signing key is damaged"},
		{"signing key zero", func(s *secrets) { s.Signing = make([]byte, 32) }, "signing key is damaged"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			dir, _ := newKeyFile(t)
			trustee, err := Open(dir, testPass)
			if err != nil {
				t.Fatal(err)
			}
			if err := trustee.change(test.edit); err != nil {
				t.Fatal(err)
			}
			trustee.Close()
			if _, err := Open(dir, testPass); err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("error %v, want one with %q", err, test.want)
			}
		})
	}
}

// TestSaveIsAtomic cuts a save off before its rename: the old file stands, and
// the next save is not hindered, nor misled, by what was left.
func TestSaveIsAtomic(t *testing.T) {
	dir, path := newKeyFile(t)
	before, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	// What a killed process leaves: half a file, with a mode that is too wide.
	if err := os.WriteFile(path+".new", before[:len(before)/2], 0o644); err != nil {
		t.Fatal(err)
	}
	trustee, err := Open(dir, testPass)
	if err != nil {
		t.Fatalf("the old file does not open: %v", err)
	}
	defer trustee.Close()
	if err := trustee.change(func(s *secrets) { s.Attempt = 7 }); err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("after the next save: mode %v, error %v; want 0600", info.Mode(), err)
	}

	// A link in the place of the new file leads nowhere.
	victim := filepath.Join(t.TempDir(), "victim")
	if err := os.WriteFile(victim, []byte("precious"), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(victim, path+".new"); err != nil {
		t.Fatal(err)
	}
	if err := trustee.change(func(s *secrets) { s.Attempt = 8 }); err != nil {
		t.Fatal(err)
	}
	if b, _ := os.ReadFile(victim); string(b) != "precious" {
		t.Error("a save has followed a link")
	}

	// A save that can not replace the file changes neither disk nor memory.
	trustee.dir = filepath.Join(dir, "gone")
	if err := trustee.change(func(s *secrets) { s.Attempt = 9 }); err == nil {
		t.Error("no error though the file could not be written")
	}
	if trustee.s.Attempt != 8 {
		t.Errorf("memory is ahead of the disk: attempt %d", trustee.s.Attempt)
	}
}

func TestReadPublicRefuses(t *testing.T) {
	key := func() string { return hex.EncodeToString(schnorr.GenerateKey().Public().Bytes()) }
	a, b := key(), key()
	file := func(name, signing, ceremony string) string {
		return `{"name":"` + name + `","signing":"` + signing + `","ceremony":"` + ceremony + `"}`
	}
	tests := []struct{ name, text, want string }{
		{"empty", "", "EOF"},
		{"not JSON", "hello", "invalid character"},
		{"cut short", file("Ada", a, b)[:90], "EOF"},
		{"something after it", file("Ada", a, b) + file("Eve", b, a), "stands after its end"},
		{"unknown field", `{"name":"Ada","secret":"00"}`, "unknown field"},
		{"no name", file("", a, b), "name"},
		{"name with an escape sequence", file(`Ada\u001b[2J`, a, b), "U+001B"},
		{"not hexadecimal", file("Ada", "xyz", b), "not hexadecimal"},
		{"short key", file("Ada", a[:62], b), "signing"},
		{"identity", file("Ada", a, strings.Repeat("0", 64)), "ceremony"},
		{"no element", file("Ada", strings.Repeat("f", 64), b), "signing"},
		{"one key for both", file("Ada", a, a), "the same"},
		{"too long", file("Ada", a, b) + strings.Repeat(" ", maxPublic), "over"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), publicFile)
			if err := os.WriteFile(path, []byte(test.text), 0o644); err != nil {
				t.Fatal(err)
			}
			if _, err := ReadPublic(path); err == nil || !strings.Contains(err.Error(), test.want) || !strings.Contains(err.Error(), path) {
				t.Errorf("error %v, want one with %q that names the file", err, test.want)
			}
		})
	}
	if _, err := ReadPublic(filepath.Join(t.TempDir(), "none")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("no file: error %v", err)
	}
}

// FuzzReadPublic holds that whatever comes from another machine is refused or
// has two keys that decode and a name that can be printed.
func FuzzReadPublic(f *testing.F) {
	f.Fuzz(func(t *testing.T, b []byte) {
		p, err := parsePublic(b)
		if err != nil {
			return
		}
		if len(p.Name) == 0 || len(p.Name) > 100 {
			t.Errorf("name of %d bytes", len(p.Name))
		}
		if _, err := schnorr.ParsePublicKey(p.Signing); err != nil {
			t.Error(err)
		}
		if _, err := group.ParseElement(p.Ceremony); err != nil {
			t.Error(err)
		}
	})
}
