// Package command is the command line of rollcall: what is asked of a person,
// and what a person is told. The work is done elsewhere: see internal/service,
// internal/trustee and tally.
//
// Results go to standard output, as text or with --json; everything else goes
// to standard error. Exit codes: 0 done, 1 failed, 2 wrong usage, 3 not complete.
package command

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"github.com/spf13/cobra"

	"rollcall/buildinfo"
)

// Exit codes.
const (
	exitOK     = 0
	exitFailed = 1
	exitUsage  = 2
	exitPart   = 3
)

// errUsage marks errors of usage, for the exit code.
var errUsage = errors.New("usage")

// usageError is an error of usage with its own text.
type usageError struct{ error }

func (usageError) Is(target error) bool { return target == errUsage }

func usagef(format string, args ...any) error { return usageError{fmt.Errorf(format, args...)} }

// incomplete marks what goes on when the command is run again.
type incomplete struct{ error }

// env is what commands share: where they read and write.
type env struct {
	in       io.Reader
	out, err io.Writer
	json     bool
}

// print writes a result: v as JSON with --json, else what text writes.
func (e *env) print(v any, text func(w io.Writer)) error {
	if !e.json {
		text(plain{e.out})
		return nil
	}
	enc := json.NewEncoder(e.out)
	enc.SetIndent("", "  ")
	return enc.Encode(v)
}

// say tells the person something on standard error.
func (e *env) say(format string, args ...any) { fmt.Fprintf(plain{e.err}, format+"\n", args...) }

// Main runs the command line and returns the exit code. A first interrupt
// stops a command in good order, a second at once.
func Main(args []string, in io.Reader, out, errw io.Writer) int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	go func() {
		<-ctx.Done()
		stop()
	}()
	e := &env{in: in, out: out, err: errw}
	root := newRoot(e)
	root.SetArgs(args)
	root.SetIn(in)
	root.SetOut(out)
	root.SetErr(errw)
	err := root.ExecuteContext(ctx)
	var part incomplete
	switch {
	case err == nil:
		return exitOK
	case errors.Is(err, errUsage):
		e.say("rollcall: %v", err)
		return exitUsage
	case errors.As(err, &part):
		e.say("rollcall: %v", err)
		return exitPart
	}
	e.say("rollcall: %v", err)
	return exitFailed
}

func newRoot(e *env) *cobra.Command {
	root := &cobra.Command{
		Use:   "rollcall",
		Short: "Votes by telephone that everyone can check",
		Long: "Rollcall takes votes over an ordinary telephone and lets everyone check the result.\n\n" +
			"Try it:            rollcall demo\n" +
			"A real election:   see README.md, \"Running a real election\"\n" +
			"Verifying one:     rollcall-verify --help",
		Version:       buildinfo.Version(),
		SilenceUsage:  true,
		SilenceErrors: true,
		Args:          noArgs,
		RunE:          func(c *cobra.Command, _ []string) error { return c.Help() },
	}
	root.PersistentFlags().BoolVar(&e.json, "json", false, "print the result as JSON on standard output")
	root.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return usageError{err} })
	root.CompletionOptions.HiddenDefaultCmd = true
	root.AddCommand(newTrustee(e), newInit(e), newServe(e), newCeremony(e), newRoll(e), newAuditOpen(e), newRefill(e), newPrompts(e),
		newOpen(e), newClose(e), newTally(e), newResult(e), newStatus(e), newHints(e), newWitness(e), newSimulate(e), newAuditCalls(e), newDemo(e),
		newVersion(e))
	return root
}

// noArgs and exactArgs are cobra's, as errors of usage.
func noArgs(c *cobra.Command, args []string) error { return exactArgs(0)(c, args) }

func exactArgs(n int) cobra.PositionalArgs {
	return func(c *cobra.Command, args []string) error {
		if len(args) > n && c.HasSubCommands() {
			return usagef("there is no command %q: see %s --help", args[0], c.CommandPath())
		}
		if len(args) != n {
			return usagef("%s takes %d arguments, not %d: see %s --help", c.CommandPath(), n, len(args), c.CommandPath())
		}
		return nil
	}
}
