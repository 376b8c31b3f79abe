package callflow

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// The machine is pure: it may import only what can not reach a network, a file,
// a database or a clock. Package time is there for Duration and its units.
func TestTheMachineIsPure(t *testing.T) {
	allowed := map[string]bool{
		"errors": true, "fmt": true, "slices": true, "strconv": true, "strings": true, "time": true, "rollcall/internal/text": true,
	}
	durations := map[string]bool{"Duration": true, "Second": true}
	names, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	files := 0
	for _, name := range names {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		files++
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		for _, spec := range file.Imports {
			if path, err := strconv.Unquote(spec.Path.Value); err != nil || !allowed[path] {
				t.Errorf("%s imports %s", name, spec.Path.Value)
			}
		}
		ast.Inspect(file, func(n ast.Node) bool {
			if s, ok := n.(*ast.SelectorExpr); ok {
				if x, ok := s.X.(*ast.Ident); ok && x.Name == "time" && !durations[s.Sel.Name] {
					t.Errorf("%s uses time.%s", name, s.Sel.Name)
				}
			}
			if _, ok := n.(*ast.GoStmt); ok {
				t.Errorf("%s starts a goroutine", name)
			}
			return true
		})
	}
	if files == 0 {
		t.Error("no files were looked at")
	}
}
