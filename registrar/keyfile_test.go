package registrar

import (
	"bytes"
	"encoding/hex"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func writeTestKeys(t *testing.T) (string, *Keys) {
	t.Helper()
	keys, err := GenerateKeys()
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "registrar.key")
	if err := WriteKeys(path, keys); err != nil {
		t.Fatal(err)
	}
	return path, keys
}

func TestKeyFile(t *testing.T) {
	path, keys := writeTestKeys(t)
	got, err := ReadKeys(path)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got.OPRF.Bytes(), keys.OPRF.Bytes()) || !bytes.Equal(got.Sign.Bytes(), keys.Sign.Bytes()) {
		t.Error("other keys came back")
	}
	if err := WriteKeys(path, keys); !errors.Is(err, fs.ErrExist) {
		t.Errorf("overwriting: %v, want ErrExist", err)
	}
	mustBeAlone(t, path)
}

func TestKeyFileRefuses(t *testing.T) {
	path, keys := writeTestKeys(t)
	good, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	replace := func(old, with string) func() []byte {
		return func() []byte { return []byte(strings.Replace(string(good), old, with, 1)) }
	}
	oprf, sign := hex.EncodeToString(keys.OPRF.Bytes()), hex.EncodeToString(keys.Sign.Bytes())
	for name, change := range map[string]func() []byte{
		"empty":                 func() []byte { return nil },
		"cut short":             func() []byte { return good[:len(good)-1] },
		"trailing byte":         func() []byte { return append(bytes.Clone(good), '\n') },
		"another version":       replace("key v1", "key v2"),
		"lines swapped":         replace("oprf ", "sign "),
		"no hexadecimal":        replace(oprf[:1]+oprf[1:], "g"+oprf[1:]),
		"sign no hexadecimal":   replace(sign, "g"+sign[1:]),
		"OPRF key over order":   replace(oprf, strings.Repeat("f", 64)),
		"signing key is zero":   replace(sign, strings.Repeat("0", 64)),
		"signing key too large": replace(sign, strings.Repeat("f", 64)),
	} {
		bad := filepath.Join(t.TempDir(), "bad.key")
		if err := os.WriteFile(bad, change(), 0o600); err != nil {
			t.Fatal(err)
		}
		_, err := ReadKeys(bad)
		if err == nil || !strings.Contains(err.Error(), bad) {
			t.Errorf("%s: error %v, want one that names the file", name, err)
		}
		mustNotTell(t, err, oprf, sign, oprf[1:], sign[1:])
	}
	if err := os.Chmod(path, 0o640); err != nil {
		t.Fatal(err)
	}
	if _, err := ReadKeys(path); err == nil || !strings.Contains(err.Error(), "0640") {
		t.Errorf("readable by others: %v", err)
	}
	if _, err := ReadSigningKey(path); err == nil || !strings.Contains(err.Error(), "0640") {
		t.Errorf("signing key readable by others: %v", err)
	}
	if _, err := ReadKeys(t.TempDir()); err == nil {
		t.Error("a folder: taken")
	}
}

func TestDestroyOPRFKey(t *testing.T) {
	path, keys := writeTestKeys(t)
	if k, err := ReadSigningKey(path); err != nil || !bytes.Equal(k.Bytes(), keys.Sign.Bytes()) {
		t.Errorf("the signing key before destroying: %v", err)
	}
	for range 2 {
		if err := DestroyOPRFKey(path); err != nil {
			t.Fatal(err)
		}
		if k, err := ReadKeys(path); !errors.Is(err, ErrDestroyed) || k != nil {
			t.Errorf("after destroying: %v, want ErrDestroyed", err)
		}
		if k, err := ReadSigningKey(path); err != nil || !bytes.Equal(k.Bytes(), keys.Sign.Bytes()) {
			t.Errorf("the signing key after destroying: %v", err)
		}
	}
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(string(b), hex.EncodeToString(keys.OPRF.Bytes())) {
		t.Error("the OPRF key is still in the file")
	}
	if !strings.Contains(string(b), hex.EncodeToString(keys.Sign.Bytes())) {
		t.Error("the signing key is gone as well")
	}
	other := filepath.Join(t.TempDir(), "other")
	if err := os.WriteFile(other, []byte("not a key file"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := DestroyOPRFKey(other); err == nil {
		t.Error("another file was overwritten")
	}
	if b, _ := os.ReadFile(other); string(b) != "not a key file" {
		t.Error("another file was changed")
	}
	if err := DestroyOPRFKey(other + "none"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("no file: %v", err)
	}
}
