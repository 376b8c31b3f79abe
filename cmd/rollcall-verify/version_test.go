package main

import (
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"testing"
)

// version tells the hash of the very file that runs, in each form.
func TestVersion(t *testing.T) {
	name, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	content, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	want := fmt.Sprintf("%x", sha256.Sum256(content))
	for _, args := range [][]string{{"version"}, {"version", "--json"}, {"version", "--sbom"}} {
		code, out, errs := call(t, args...)
		if code != exitVerified || errs != "" {
			t.Fatalf("%q: exit code %d: %s", args, code, errs)
		}
		if !strings.Contains(out, want) {
			t.Errorf("%q: no %s in\n%s", args, want, out)
		}
		if len(args) > 1 && !json.Valid([]byte(out)) {
			t.Errorf("%q: no JSON:\n%s", args, out)
		}
	}
}

// --version is a question, with or without a board; a version of something else
// is wrong usage.
func TestVersionIsNoJudgement(t *testing.T) {
	for _, test := range []struct {
		args []string
		code int
		out  string
	}{
		{[]string{"--version"}, exitVerified, "rollcall-verify version "},
		{[]string{"version", "board"}, exitUsage, ""},
		{[]string{"version", "--election", "x"}, exitUsage, ""},
		{nil, exitUsage, ""},
	} {
		code, out, errs := call(t, test.args...)
		if code != test.code || !strings.HasPrefix(out, test.out) || (code == exitVerified) != (errs == "") {
			t.Errorf("%q: exit code %d, want %d; output %q, errors %q", test.args, code, test.code, out, errs)
		}
	}
}
