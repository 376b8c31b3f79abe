package main

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"testing"

	"rollcall/internal/command"
)

// version tells the hash of the very file that runs, in each form.
func TestVersionTellsTheHash(t *testing.T) {
	name, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	content, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	want := fmt.Sprintf("%x", sha256.Sum256(content))
	for _, form := range []string{"", "--json", "--sbom"} {
		var out, errs bytes.Buffer
		if code := command.Main(strings.Fields("version "+form), nil, &out, &errs); code != 0 {
			t.Fatalf("version %s: exit code %d: %s", form, code, errs.String())
		}
		if !strings.Contains(out.String(), want) {
			t.Errorf("version %s: no %s in\n%s", form, want, out.String())
		}
		if form == "" {
			continue
		}
		var v map[string]any
		if err := json.Unmarshal(out.Bytes(), &v); err != nil {
			t.Errorf("version %s: %v", form, err)
		}
		if form == "--json" && v["sha256"] != want {
			t.Errorf("version --json: sha256 %q, want %q", v["sha256"], want)
		}
	}
}
