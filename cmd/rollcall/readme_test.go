package main

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// TestREADME holds that every rollcall command of README.md is run by a script,
// with the same arguments and perhaps some more. Two things are spelled
// otherwise there: quotes, and the directory of an authority that has moved to
// a machine of its own.
func TestREADME(t *testing.T) {
	readme, err := os.ReadFile(filepath.Join("..", "..", "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	scripts, err := filepath.Glob(filepath.Join("testdata", "*.txtar"))
	if err != nil || len(scripts) == 0 {
		t.Fatalf("no scripts: %v", err)
	}
	var run []string
	for _, path := range scripts {
		script, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		for line := range strings.Lines(strings.ReplaceAll(string(script), "--dir authority", "--dir vote")) {
			line = strings.TrimSpace(line)
			if strings.HasPrefix(line, "serve ") || strings.HasPrefix(line, "witness ") {
				run = append(run, "rollcall "+line)
			}
			// 3 is what a verifier says of an election that goes on.
			for _, runner := range []string{"exec ", "code 0 ", "code 3 "} {
				if rest, ok := strings.CutPrefix(line, runner); ok {
					run = append(run, rest)
				}
			}
		}
	}
	spelled := strings.NewReplacer(`"`, "", "1234567890123456", "$CODE")
	commands := 0
	for line := range strings.Lines(shellBlocks(string(readme))) {
		line = spelled.Replace(strings.TrimSpace(line))
		if !strings.HasPrefix(line, "rollcall") {
			continue
		}
		commands++
		if !slices.ContainsFunc(run, func(r string) bool { return r == line || strings.HasPrefix(r, line+" ") }) {
			t.Errorf("no script runs %q of README.md", line)
		}
	}
	if commands < 15 {
		t.Errorf("only %d commands found in README.md", commands)
	}
}

// shellBlocks returns the lines of the blocks that start with ```sh.
func shellBlocks(markdown string) string {
	var out strings.Builder
	for i, part := range strings.Split(markdown, "```") {
		if code, ok := strings.CutPrefix(part, "sh\n"); ok && i%2 == 1 {
			out.WriteString(code)
		}
	}
	return out.String()
}
