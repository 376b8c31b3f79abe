// Command rollcall-verify judges the public record of an election. It needs
// nothing from whoever ran it: a board (a URL or a directory), the election id
// on the voters' letters, and a witness policy.
//
// It exits with 0 if the record is verified, 1 if anything that is there is
// wrong, 2 on wrong usage, and 3 if the record could not be fetched or is not
// complete yet.
package main

import (
	"context"
	"os"
	"os/signal"
	"runtime/debug"
)

// gcPercent is by how much the heap may grow over what is in use before the
// collector runs. What is in use is a large sum of small things that live to
// the end of the record, so Go's own 100 would double the memory of a nation;
// what is thrown away with each bundle is small beside it. Between 15 and 50
// the processor time hardly differs.
const gcPercent = 15

func main() {
	// GOGC is for whoever has memory to spare.
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(gcPercent)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	code := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}
