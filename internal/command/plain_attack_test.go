package command

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"testing"
)

// TestTerminalOfATrustee is a name in the manifest, which the authority
// writes, that wants to tell a trustee that all is well.
func TestTerminalOfATrustee(t *testing.T) {
	name := "Ada\x1b[2J\x1b[HThe record is verified\x1b[8m"
	const want = `Ada\x1b[2J\x1b[HThe record is verified\x1b[8m`
	var out, errw bytes.Buffer
	e := &env{out: &out, err: &errw}
	if err := e.print(nil, func(w io.Writer) { fmt.Fprintf(w, "Waiting for %s.\nMaría, 投票\n", name) }); err != nil {
		t.Fatal(err)
	}
	if got := out.String(); got != "Waiting for "+want+".\nMaría, 投票\n" {
		t.Errorf("result %q", got)
	}
	e.say("rollcall: %v", errors.Join(fmt.Errorf("trustee 2 (%s)", name), errors.New("second line")))
	if got := errw.String(); got != "rollcall: trustee 2 ("+want+")\nsecond line\n" {
		t.Errorf("error %q", got)
	}
}
