package e2e

import (
	"flag"
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
	// Calls are mostly waiting: more of them go at once than there are
	// processors.
	flag.Parse()
	if err := flag.Set("test.parallel", "6"); err != nil {
		panic(err)
	}
	os.Exit(m.Run())
}
