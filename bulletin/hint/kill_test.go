package hint_test

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"rollcall/bulletin/hint"
	"rollcall/bulletin/tlog"
)

// fillDir names the directory that a child process of TestFillKilled fills.
const fillDir = "ROLLCALL_TEST_FILL"

// TestFillKilled: a process that is killed while it makes hints leaves none that
// is not whole, and the next one goes on from there.
func TestFillKilled(t *testing.T) {
	if dir := os.Getenv(fillDir); dir != "" {
		if _, err := hint.Fill(t.Context(), dir, nil); err != nil {
			t.Fatal(err)
		}
		return
	}
	const bundles = 24
	dir := writeBundles(t, bundles)
	data, err := os.ReadFile(filepath.Join(dir, "tile", "entries", "000"))
	if err != nil {
		t.Fatal(err)
	}
	entries, err := tlog.ParseBundle(data, tlog.TileWidth)
	if err != nil {
		t.Fatal(err)
	}
	want := hint.Make(entries) // all bundles are equal
	there := func() []string {
		names, err := filepath.Glob(filepath.Join(dir, "hint", "[0-9]*"))
		if err != nil {
			t.Fatal(err)
		}
		return names
	}
	for before := 0; before < bundles; before = len(there()) {
		child := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestFillKilled$")
		child.Env = append(os.Environ(), fillDir+"="+dir)
		if err := child.Start(); err != nil {
			t.Fatal(err)
		}
		until(t, "next hint file", func() bool { return len(there()) > before })
		_ = child.Process.Kill() // it may have ended
		_ = child.Wait()         // by a signal, which is no error here
		for _, name := range there() {
			if got, err := os.ReadFile(name); err != nil || !bytes.Equal(got, want) {
				t.Fatalf("%s is there, and not whole: %v", name, err)
			}
		}
	}
}
