package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

// TestScripts runs the programs as people do, each command a process: built without
// the race detector, under which a trustee's key file takes six seconds to open. The
// booths of scripts run in this process, see booth.
func TestScripts(t *testing.T) {
	bin := t.TempDir()
	out, err := exec.CommandContext(t.Context(), "go", "build", "-o", bin, "rollcall/cmd/rollcall", "rollcall/cmd/rollcall-verify").CombinedOutput()
	if err != nil {
		t.Fatalf("building the programs: %v\n%s", err, out)
	}
	testscript.Run(t, testscript.Params{
		Dir: "testdata",
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"serve": serve, "witness": witness, "booth": booth, "stop": stop, "logged": logged, "calls": calls, "readenv": readenv, "code": code, "waitfor": waitFor,
		},
		Setup: func(env *testscript.Env) error {
			env.Setenv("PATH", bin+string(os.PathListSeparator)+env.Getenv("PATH"))
			return copyExamples(env.Getenv("WORK"))
		},
	})
}

// hurried are the changes to the example manifest that let a test wait for
// seconds instead of minutes, at any date, with three voters.
var hurried = strings.NewReplacer("decision_seconds: 600", "decision_seconds: 10", "minimum: 10", "minimum: 2",
	"from: 2026-", "from: 2000-", "to: 2036-", "to: 2999-")

// copyExamples puts the example files of the documentation where a script
// finds them under the names that README.md uses.
func copyExamples(work string) error {
	dir := filepath.Join(work, "docs", "examples")
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	for _, name := range []string{"manifest.yaml", "roll.csv"} {
		b, err := os.ReadFile(filepath.Join("..", "..", "docs", "examples", name))
		if err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(dir, name), []byte(hurried.Replace(string(b))), 0o644); err != nil {
			return err
		}
	}
	return nil
}

// readenv sets a variable to what a file holds: readenv NAME FILE.
func readenv(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: readenv NAME FILE")
	}
	ts.Setenv(args[0], strings.TrimSpace(ts.ReadFile(args[1])))
}
