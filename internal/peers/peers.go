// Package peers runs telephones that nobody here wrote, sipp and baresip, against a SIP server on this machine. It is
// for tests only: it starts the program with a configuration in a folder of its own, lets it dial, press keys and
// hang up, and hands back what it recorded.
//
// It contains no SIP, and no knowledge of calls to Rollcall.
package peers

import (
	"os"
	"os/exec"
	"testing"
)

// Need skips the test if program is not installed, naming the Debian package that has it. With ROLLCALL_PEERS=1 in the
// environment the test fails instead, so that a machine which should have all peers does not pass without them.
func Need(t testing.TB, program, debianPackage string) {
	t.Helper()
	if _, err := exec.LookPath(program); err == nil {
		return
	}
	missing(t, program+" is not installed (Debian package "+debianPackage+")")
}

// missing skips the test, or fails it with ROLLCALL_PEERS=1, for the reason given.
func missing(t testing.TB, reason string) {
	t.Helper()
	if os.Getenv("ROLLCALL_PEERS") == "1" {
		t.Fatal(reason)
	}
	t.Skip(reason)
}
