package tlog

import (
	"errors"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"sync/atomic"
	"testing"
)

func TestHintPaths(t *testing.T) {
	for index, path := range map[uint64]string{
		0: "hint/000", 67: "hint/067", 1000: "hint/x001/000", 1234067: "hint/x001/x234/067",
	} {
		if got := HintPath(index); got != path {
			t.Errorf("path of %d: %s, want %s", index, got, path)
		}
		if got, err := ParseHintPath(path); err != nil || got != index {
			t.Errorf("%s: parsed %d, %v", path, got, err)
		}
	}
	for _, path := range []string{
		"", "hint", "hint/", "hint/0", "hint/00", "hint/0000", "hint//000", "/hint/000", "hint/000/", "hint/000 ", "hint/000.p/3", "hint/.tmp",
		"hint/x000/001", "hint/x001", "hint/001/002", "hint/0/000", "hint/entries/000", "hint/../000", "hint/xx01/000", "tile/entries/000", "hints/000",
		"hint/hint/000", "hint/x018/x446/x744/x073/x709/x551/616", "000", "Hint/000", "hint/-01",
	} {
		if got, err := ParseHintPath(path); !errors.Is(err, ErrWrong) {
			t.Errorf("%q: parsed %d, error %v, want ErrWrong", path, got, err)
		}
	}
}

func FuzzParseHintPath(f *testing.F) {
	f.Add("hint/000")
	f.Add("hint/x001/x234/067")
	f.Add("hint/000.p/3")
	f.Fuzz(func(t *testing.T, path string) {
		if index, err := ParseHintPath(path); err == nil && HintPath(index) != path {
			t.Fatal("read but not written")
		}
	})
}

// TestHintReaders: both readers have hints, bounded, and one that fails is not
// asked again: what is missing is sooner computed than waited for.
func TestHintReaders(t *testing.T) {
	dir := t.TempDir()
	if err := os.MkdirAll(filepath.Join(dir, "hint", "x001"), 0o755); err != nil {
		t.Fatal(err)
	}
	for name, b := range map[string][]byte{"000": []byte("hints"), "001": {}, "002": make([]byte, TileWidth*MaxEntry+1), "x001/234": []byte("deep")} {
		if err := os.WriteFile(filepath.Join(dir, "hint", filepath.FromSlash(name)), b, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	onDisk, err := OpenDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var asked, broken atomic.Int64
	files := http.StripPrefix("/board", http.FileServer(http.Dir(dir)))
	overURL := serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if asked.Add(1); broken.Load() > 0 {
			w.WriteHeader(int(broken.Load()))
			return
		}
		files.ServeHTTP(w, r)
	}))
	for name, r := range map[string]Reader{"directory": onDisk, "URL": overURL} {
		h, ok := r.(HintReader)
		if !ok {
			t.Fatalf("a %s has no hints", name)
		}
		for index, want := range map[uint64]string{0: "hints", 1: "", 1234: "deep"} {
			if got, err := h.Hints(t.Context(), index); err != nil || string(got) != want {
				t.Errorf("%s, hints %d: %q, %v", name, index, got, err)
			}
		}
		if _, err := h.Hints(t.Context(), 2); !errors.Is(err, ErrWrong) {
			t.Errorf("%s, too large: %v", name, err)
		}
		if _, err := h.Hints(t.Context(), 3); !errors.Is(err, ErrFetch) || !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("%s, missing: %v", name, err)
		}
	}
	for _, status := range []int{429, 500, 503} {
		broken.Store(int64(status))
		before := asked.Load()
		if _, err := overURL.(HintReader).Hints(t.Context(), 0); !errors.Is(err, ErrFetch) || asked.Load() != before+1 {
			t.Errorf("status %d: %v, asked %d times", status, err, asked.Load()-before)
		}
	}
}
