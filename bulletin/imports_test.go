package bulletin

import (
	"go/parser"
	"go/token"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// What the board's packages may import of Rollcall, and what a verifier must
// not get with them.
func TestImports(t *testing.T) {
	allowed := map[string][]string{
		".":          {"rollcall/bulletin/checkpoint", "rollcall/bulletin/filelock", "rollcall/bulletin/store", "rollcall/bulletin/tlog", "rollcall/bulletin/witness"},
		"store":      {"rollcall/bulletin/tlog"},
		"hint":       {"rollcall/bulletin/entry", "rollcall/bulletin/tlog", "rollcall/crypto/group"},
		"tlog":       {"rollcall/bulletin/checkpoint"},
		"checkpoint": nil,
		"filelock":   nil,
		"witness":    {"rollcall/bulletin/checkpoint", "rollcall/bulletin/tlog"},
		"witness/server": {"rollcall/bulletin/checkpoint", "rollcall/bulletin/filelock", "rollcall/bulletin/tlog",
			"rollcall/bulletin/witness"},
	}
	for dir, ours := range allowed {
		files, err := filepath.Glob(filepath.Join(dir, "*.go"))
		if err != nil || len(files) == 0 {
			t.Fatalf("no files in %s: %v", dir, err)
		}
		for _, name := range files {
			if strings.HasSuffix(name, "_test.go") {
				continue
			}
			f, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.ImportsOnly)
			if err != nil {
				t.Fatal(err)
			}
			for _, imp := range f.Imports {
				path, err := strconv.Unquote(imp.Path.Value)
				if err != nil {
					t.Fatal(err)
				}
				if strings.HasPrefix(path, "rollcall/") && !strings.Contains(strings.Join(ours, " ")+" ", path+" ") {
					t.Errorf("%s imports %s: the board knows nothing of what is above it", name, path)
				}
				sql := strings.HasPrefix(path, "database/") || strings.HasPrefix(path, "modernc.org/")
				if sql && dir != "store" && dir != "witness/server" {
					t.Errorf("%s imports %s: verifiers import this package and must not need a database", name, path)
				}
			}
		}
	}
}
