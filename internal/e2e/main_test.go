package e2e

import (
	"os"
	"testing"

	"rollcall/internal/command"
)

// asRollcall in the environment makes this test program the rollcall command,
// for tests that need it as a process of its own.
const asRollcall = "ROLLCALL_E2E_COMMAND"

func TestMain(m *testing.M) {
	if os.Getenv(asRollcall) != "" {
		os.Exit(command.Main(os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
	}
	os.Exit(m.Run())
}
