package demo

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"strings"
)

// serve starts board, pages and phone line anew, now at the speed at which
// people talk, prints the letter of a voter who has not called, and waits for
// an interrupt.
func (d *demo) serve(ctx context.Context) error {
	http := strings.TrimPrefix(d.service.URL(), "http://")
	sip, _ := d.service.SIP()
	if err := d.service.Close(); err != nil {
		return err
	}
	if err := d.startService(ctx, http, sip.String(), 1); err != nil {
		return err
	}
	line, _ := d.service.SIP()
	l := d.letters[len(d.letters)-1]
	fmt.Fprintf(d.Err, `
  A letter for you

    Call             sip:rollcall@%s   (any softphone on this machine)
    Voter number     %s
    PIN              %s
    Cast code        %s
    Ballot number    %s
    Election id      %s

    Look up your receipt code at %s
    Press Ctrl-C to close the election and count, your vote included.

`, line, l.Number, l.PIN, l.CastCode, l.BallotNumber, d.remote.ID, d.service.URL())
	<-ctx.Done()
	return nil
}

// linger leaves the board and its pages up until another interrupt.
func (d *demo) linger() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	fmt.Fprintf(d.Err, "\nThe board and its pages stay at %s. Press Ctrl-C to end.\n", d.service.URL())
	<-ctx.Done()
}
