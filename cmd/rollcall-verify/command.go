package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
	"golang.org/x/term"

	"rollcall/buildinfo"
	"rollcall/bulletin/checkpoint"
	"rollcall/bulletin/entry"
	"rollcall/bulletin/tlog"
	"rollcall/verifier"
)

// Exit codes, SPEC.md, section 17.
const (
	exitVerified    = 0
	exitNotVerified = 1
	exitUsage       = 2
	exitIncomplete  = 3
	exitAlarm       = 4 // only of --follow
)

// maxFile is the most bytes that a policy, checkpoint or counts file may have.
const maxFile = 1 << 20

// command is one call of the program.
type command struct {
	stdout, stderr io.Writer
	election       string
	policy         string
	checkpoints    []string
	expected       string
	since, save    string
	arithmetic     string
	json           bool
	follow         follow
	code           int
	// progress wraps what is told of the progress, for whoever owns the process.
	progress func(next func(done, total uint64)) func(done, total uint64)
}

// run runs the program and returns its exit code.
func (c *command) run(ctx context.Context, args []string) int {
	c.code = exitUsage
	root := c.root()
	root.SetArgs(args)
	root.SetOut(c.stdout)
	root.SetErr(c.stderr)
	err := root.ExecuteContext(ctx)
	if err != nil {
		fmt.Fprintf(c.stderr, "rollcall-verify: %v\n", err)
	} else if root.Flag("version").Changed {
		c.code = exitVerified // cobra has answered: nothing was judged, and nothing went wrong
	}
	return c.code
}

func (c *command) root() *cobra.Command {
	root := &cobra.Command{
		Use:   "rollcall-verify BOARD",
		Short: "Judge the public record of an election",
		Long: "Judge the public record of an election. BOARD is a URL, or a directory with the board's files.\n\n" +
			"With --save, what was found is kept in a file if nothing failed, and with --since a later run goes on\n" +
			"from there: it reads and judges only what is new, and holds that nothing before has changed. Both may\n" +
			"name one file. Such a file is trusted as this program is: use your own, and let nobody else read it.\n\n" +
			"With --follow it watches a live election until it is interrupted: a line on standard output for each alarm\n" +
			"(a rollback, a fork, mirrors that differ, a failed check, a void entry, a tick that does not come, ballots\n" +
			"left undecided, a board that can not be read) and for what is new. It keeps going after an alarm, and then\n" +
			"ends with exit code 4; without one, with that of the last verdict.",
		Version:       buildinfo.Version(),
		Args:          cobra.ExactArgs(1),
		SilenceUsage:  true,
		SilenceErrors: true,
		PersistentPreRunE: func(cmd *cobra.Command, _ []string) error {
			return nothingEmpty(cmd.Flags())
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := c.checkFollow(cmd.Flags().Changed); err != nil {
				return err
			}
			if c.follow.on {
				return c.watch(cmd.Context(), args[0])
			}
			return c.verify(cmd.Context(), args[0])
		},
	}
	receipt := &cobra.Command{
		Use:   "receipt CODE BOARD",
		Short: "Look up a receipt code or a ballot number",
		Long: "Judge the record up to now and say what became of every ballot with a receipt code (16 digits)\n" +
			"or a ballot number (12 digits). This reads the whole record: a saved state does not hold the codes of\n" +
			"ballots that were void from the start, so there is no --since here.",
		Args: cobra.ExactArgs(2),
		RunE: func(cmd *cobra.Command, args []string) error {
			return c.receipt(cmd.Context(), args[0], args[1])
		},
	}
	for _, cmd := range []*cobra.Command{root, receipt} {
		f := cmd.Flags()
		f.StringVar(&c.election, "election", "", "the election id on the voters' letters, all 27 characters")
		f.StringVar(&c.policy, "policy", "", "file that names the log's key and its witnesses (C2SP tlog-policy)")
		f.StringArrayVar(&c.checkpoints, "checkpoint", nil, "an older checkpoint that you kept; may be given often")
		f.StringVar(&c.expected, "expected-counts", "", "CSV file \"unit,voters\" of the voters on the roll, as published elsewhere")
		f.StringVar(&c.arithmetic, "arithmetic", defaultArithmetic,
			"whose code computes in the group: edwards25519, the fast one; circl, which has nothing in\ncommon with it; or both, compared step by step. The last two take many times as long")
		f.BoolVar(&c.json, "json", false, "write JSON to standard output")
	}
	root.Flags().StringVar(&c.since, "since", "", "file written by --save: go on from there")
	root.Flags().StringVar(&c.save, "save", "", "file to save what was found in, for --since, unless something failed")
	c.follow.flags(root.Flags())
	root.AddCommand(receipt, c.evidenceCommand(), c.version())
	root.InitDefaultVersionFlag() // else it is there only after root itself was asked for
	// A verifier has one job: no shell completion among its commands.
	root.CompletionOptions.DisableDefaultCmd = true
	help := root.HelpFunc()
	root.SetHelpFunc(func(cmd *cobra.Command, args []string) {
		c.code = exitVerified // asking for help is no wrong usage
		help(cmd, args)
	})
	return root
}

// nothingEmpty holds that no flag was given without a value. A variable of a
// script that is not set would else leave out what it was to be held against.
func nothingEmpty(flags *pflag.FlagSet) (err error) {
	flags.Visit(func(f *pflag.Flag) {
		if f.Value.Type() == "string" && f.Value.String() == "" && err == nil {
			err = fmt.Errorf("--%s: is empty", f.Name)
		}
	})
	return err
}

// options reads the files that the flags name.
func (c *command) options() (verifier.Options, error) {
	var o verifier.Options
	if c.election != "" {
		id, err := entry.ParseElectionID(c.election)
		if err != nil {
			return o, fmt.Errorf("--election: %w", err)
		}
		o.ElectionID = id
	}
	if c.policy != "" {
		text, err := readFile(c.policy)
		if err != nil {
			return o, fmt.Errorf("--policy: %w", err)
		}
		if o.Policy, err = checkpoint.ParsePolicy(text); err != nil {
			return o, fmt.Errorf("--policy: %s: %w", c.policy, err)
		}
	}
	for _, path := range c.checkpoints {
		text, err := readFile(path)
		if err != nil {
			return o, fmt.Errorf("--checkpoint: %w", err)
		}
		o.OldCheckpoints = append(o.OldCheckpoints, text)
	}
	if c.expected != "" {
		text, err := readFile(c.expected)
		if err != nil {
			return o, fmt.Errorf("--expected-counts: %w", err)
		}
		if o.ExpectedCounts, err = verifier.ReadExpectedCounts(strings.NewReader(string(text))); err != nil {
			return o, fmt.Errorf("--expected-counts: %s: %w", c.expected, err)
		}
	}
	return o, nil
}

func readFile(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	b, err := io.ReadAll(io.LimitReader(f, maxFile+1))
	if err != nil {
		return nil, err
	}
	if len(b) > maxFile {
		return nil, fmt.Errorf("%s: more than %d bytes", path, maxFile)
	}
	return b, nil
}

// open returns a reader of a URL or a directory. A wrong one is usage, one that
// is not there could not be fetched.
func (c *command) open(board string) (tlog.Reader, error) {
	var (
		r   tlog.Reader
		err error
	)
	if strings.Contains(board, "://") {
		r, err = tlog.OpenURL(board, nil)
	} else {
		r, err = tlog.OpenDir(board)
	}
	if errors.Is(err, tlog.ErrFetch) {
		c.code = exitIncomplete
	}
	return r, err
}

// judge verifies a board under the flags.
func (c *command) judge(ctx context.Context, board string, q *verifier.Query) (*verifier.Report, error) {
	o, err := c.options()
	if err != nil {
		return nil, err
	}
	if err := c.chooseArithmetic(); err != nil {
		return nil, err
	}
	if c.since != "" {
		if o.Since, err = readSince(c.since, o.ElectionID); err != nil {
			return nil, err
		}
	}
	source, err := c.open(board)
	if err != nil {
		return nil, err
	}
	var state *stateFile
	if c.save != "" {
		if state, err = newStateFile(c.save); err != nil {
			c.code = exitUsage
			return nil, err
		}
	}
	o.Query = q
	bar := newProgress(c.stderr)
	o.Progress = bar.update
	if c.progress != nil {
		o.Progress = c.progress(bar.update)
	}
	report, err := verifier.Verify(ctx, source, o)
	bar.finish()
	switch {
	case report.Failed():
		c.code = exitNotVerified
	case err != nil || !report.Verified():
		c.code = exitIncomplete
	default:
		c.code = exitVerified
	}
	if err != nil {
		fmt.Fprintf(c.stderr, "rollcall-verify: %s\n", verifier.Printable(err.Error()))
	}
	if err := c.keep(state, report); err != nil {
		// Whoever asked for a state and has none must not take that for success.
		if c.code != exitNotVerified {
			c.code = exitUsage
		}
		fmt.Fprintf(c.stderr, "rollcall-verify: %v\n", err)
	}
	return report, nil
}

// keep saves what was found, if it was asked for and nothing failed.
func (c *command) keep(state *stateFile, report *verifier.Report) error {
	switch {
	case state == nil:
		return nil
	case report.Snapshot != nil:
		return state.save(report.Snapshot)
	}
	fmt.Fprintf(c.stderr, "rollcall-verify: --save: nothing was saved: something failed, or could not be read\n")
	return state.drop()
}

func (c *command) verify(ctx context.Context, board string) error {
	report, err := c.judge(ctx, board, nil)
	if err != nil {
		return err
	}
	if c.json {
		return c.writeJSON(report)
	}
	return report.WriteText(c.stdout, c.coloured())
}

// receipt looks a code up. An election that is still open is no reason to
// hesitate: what counts is that the record is in order so far and that it was
// held against an id and a policy.
func (c *command) receipt(ctx context.Context, code, board string) error {
	q, err := verifier.ParseQuery(code)
	if err != nil {
		return err
	}
	report, err := c.judge(ctx, board, q)
	if err != nil {
		return err
	}
	if c.code == exitIncomplete && report.RequirePassed("V01", "V02", "V03", "V04", "V05", "V06",
		"V08", "V09", "V10", "V11", "V12", "V13") == nil {
		c.code = exitVerified
	}
	if c.code == exitVerified && len(report.Receipts) == 0 {
		c.code = exitNotVerified
	}
	if c.json {
		return c.writeJSON(struct {
			Receipts []verifier.Receipt `json:"receipts"`
			Record   *verifier.Report   `json:"record"`
		}{append([]verifier.Receipt{}, report.Receipts...), report})
	}
	if err := report.WriteReceipts(c.stdout, q); err != nil {
		return err
	}
	if c.code == exitIncomplete {
		for _, check := range report.Checks[:6] {
			if check.Status == verifier.Skipped {
				fmt.Fprintf(c.stdout, "Not checked: %s, %s.\n", check.ID, verifier.Printable(check.Note))
			}
		}
	}
	return nil
}

func (c *command) writeJSON(v any) error {
	b, err := json.MarshalIndent(v, "", "  ")
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(c.stdout, "%s\n", b)
	return err
}

// coloured reports whether standard output is a terminal that wants colours
// (no-color.org).
func (c *command) coloured() bool {
	return os.Getenv("NO_COLOR") == "" && isTerminal(c.stdout)
}

func isTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}
