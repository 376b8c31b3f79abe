package api

import (
	"os/exec"
	"strings"
	"testing"
)

// TestImports holds what this package must not stand on: whoever serves the
// public neither hears calls nor knows the roll of people, and the board that
// it serves is files.
func TestImports(t *testing.T) {
	out, err := exec.CommandContext(t.Context(), "go", "list", "-deps", ".").Output()
	if err != nil {
		t.Skipf("go list: %v", err)
	}
	deps := strings.Fields(string(out))
	if len(deps) < 50 {
		t.Fatalf("only %d packages: %q", len(deps), deps)
	}
	for _, dep := range deps {
		for _, banned := range []string{"rollcall/phone", "rollcall/registrar", "rollcall/verifier", "rollcall/bulletin/store", "database/sql"} {
			if dep == banned || strings.HasPrefix(dep, banned+"/") && dep != "database/sql/driver" {
				t.Errorf("imports %s", dep)
			}
		}
	}
}
