package operate

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"rollcall/internal/service"
	"rollcall/internal/software"
	"rollcall/internal/workspace"
)

// files lists a directory tree by path and contents.
func files(t *testing.T, dir string) map[string]string {
	t.Helper()
	list := map[string]string{}
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		b, err := os.ReadFile(path)
		list[path] = string(b)
		return err
	})
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		t.Fatal(err)
	}
	return list
}

// TestInitRefuses holds that Init touches no directory that has anything of an
// election.
func TestInitRefuses(t *testing.T) {
	_, trustees := newTrustees(t, 3)
	for _, name := range []string{"manifest.cbor", "board.db", "board/checkpoint", "policy", "election", "letters.csv",
		"registrar.db", "roll.entries", "keys/authority.key", "keys/board.key", "keys/booth.key", "keys/registrar.key", "keys/log.key"} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			path := filepath.Join(dir, name)
			if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(path, []byte("precious"), 0o600); err != nil {
				t.Fatal(err)
			}
			_, err := Init(t.Context(), workspace.Dir(dir), describe(t), trustees)
			if err == nil || !strings.Contains(err.Error(), "there is an election in "+dir+" already") {
				t.Errorf("error %v", err)
			}
			if got := files(t, dir); len(got) != 1 || got[path] != "precious" {
				t.Errorf("the directory now holds %v", got)
			}
		})
	}
}

func TestInitTwice(t *testing.T) {
	_, trustees := newTrustees(t, 3)
	dir := workspace.Dir(filepath.Join(t.TempDir(), "vote"))
	id, err := Init(t.Context(), dir, describe(t), trustees)
	if err != nil {
		t.Fatal(err)
	}
	before := files(t, string(dir))
	if got := before[dir.Election()]; got != string(id)+"\n" {
		t.Errorf("file election holds %q, want %s", got, id)
	}
	for path := range before {
		if !strings.HasPrefix(path, dir.Keys()) {
			continue
		}
		if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%s: mode %v, error %v; want 0600", path, info.Mode(), err)
		}
	}
	m, _, err := service.ReadManifest(dir)
	if err != nil {
		t.Fatal(err)
	}
	if r, err := software.Compare(m); err != nil || !r.Named || len(m.Software) != 1 {
		t.Errorf("the manifest names %v, and this program is %v, %v", m.Software, r, err)
	}
	if _, err := Init(t.Context(), dir, describe(t), trustees); err == nil {
		t.Fatal("a second election in the same directory")
	}
	for path, text := range files(t, string(dir)) {
		if before[path] != text {
			t.Errorf("%s has changed", path)
		}
	}
}

// TestInitBadManifest writes nothing at all.
func TestInitBadManifest(t *testing.T) {
	_, trustees := newTrustees(t, 3)
	dir := filepath.Join(t.TempDir(), "vote")
	for name, try := range map[string]func() error{
		"fewer trustees than are needed": func() error {
			_, err := Init(t.Context(), workspace.Dir(dir), describe(t), trustees[:1])
			return err
		},
		"one trustee twice": func() error {
			_, err := Init(t.Context(), workspace.Dir(dir), describe(t), append(trustees[:2:2], trustees[0]))
			return err
		},
		"no title": func() error {
			f := describe(t)
			f.Languages = append(f.Languages, "")
			_, err := Init(t.Context(), workspace.Dir(dir), f, trustees)
			return err
		},
	} {
		if err := try(); err == nil {
			t.Errorf("%s: no error", name)
		}
		if _, err := os.Stat(dir); !errors.Is(err, fs.ErrNotExist) {
			t.Fatalf("%s: the directory was made", name)
		}
	}
}
