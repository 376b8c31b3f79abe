package script_test

import (
	"bytes"
	"compress/gzip"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"rollcall/api/script"
	"rollcall/internal/peers"
)

// TestDistIsBuiltFromSource holds that what is served is what the sources give,
// byte for byte.
func TestDistIsBuiltFromSource(t *testing.T) {
	peers.Need(t, "node", "nodejs")
	peers.Need(t, "npm", "npm")
	out := t.TempDir()
	if b, err := exec.CommandContext(t.Context(), "./build", out).CombinedOutput(); err != nil {
		if os.Getenv("ROLLCALL_PEERS") == "1" {
			t.Fatalf("build: %v\n%s", err, b)
		}
		t.Skipf("build: %v (it needs a network, or npm's cache)\n%s", err, b)
	}
	for name, served := range map[string][]byte{"proof.js": script.Proof, "maths.js": script.Maths} {
		built, err := os.ReadFile(filepath.Join(out, name))
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(built, served) {
			t.Errorf("dist/%s is not what src gives: run go generate ./api/script", name)
		}
	}
}

// TestSizes holds that a voter with a slow line gets the scripts in seconds.
func TestSizes(t *testing.T) {
	for _, s := range []struct {
		name  string
		bytes []byte
		most  int
	}{{"proof.js", script.Proof, 6_000}, {"maths.js", script.Maths, 20_000}} {
		var b bytes.Buffer
		w, err := gzip.NewWriterLevel(&b, gzip.BestCompression)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write(s.bytes); err != nil {
			t.Fatal(err)
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		if b.Len() > s.most {
			t.Errorf("%s: %d bytes compressed, at most %d", s.name, b.Len(), s.most)
		}
		t.Logf("%s: %d bytes, %d compressed", s.name, len(s.bytes), b.Len())
	}
}

// TestScriptsNeedNoLeave holds that nothing in them is what the policy of the
// page forbids, or makes markup out of data.
func TestScriptsNeedNoLeave(t *testing.T) {
	for name, b := range map[string][]byte{"proof.js": script.Proof, "maths.js": script.Maths} {
		for _, word := range []string{"innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", "Function(", "https://", "http://"} {
			if bytes.Contains(b, []byte(word)) {
				t.Errorf("%s has %s in it", name, word)
			}
		}
		if !bytes.HasPrefix(b, []byte("/*! Rollcall")) {
			t.Errorf("%s does not say what it is", name)
		}
	}
	if !bytes.Contains(script.Maths[:300], []byte("MIT License, (c) 2022 Paul Miller")) {
		t.Error("maths.js does not name whose libraries it contains")
	}
}
