// Command rollcall-verify judges the public record of an election. It needs
// nothing from whoever ran it: a board (a URL or a directory), the election id
// on the voters' letters, and a witness policy.
//
// It exits with 0 if the record is verified, 1 if anything that is there is
// wrong, 2 on wrong usage, and 3 if the record could not be fetched or is not
// complete yet. With --follow, 4 says that there was an alarm.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"

	"rollcall/verifier"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // whoever interrupts twice does not wait for what is told at the end
	c := &command{stdout: os.Stdout, stderr: os.Stderr}
	if os.Getenv("GOGC") == "" && os.Getenv("GOMEMLIMIT") == "" { // else somebody has chosen
		c.progress = verifier.BoundMemory
	}
	os.Exit(c.run(ctx, os.Args[1:]))
}
