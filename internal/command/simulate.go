package command

import (
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"rollcall/bulletin/hint"
	"rollcall/internal/election"
	"rollcall/internal/operate"
	"rollcall/internal/resulttable"
	"rollcall/internal/workspace"
	"rollcall/tally/manifest"
)

// Simulated is what simulate tells.
type Simulated struct {
	Election string          `json:"election"`
	Board    string          `json:"board"`
	Policy   string          `json:"policy"`
	Result   operate.Tallied `json:"result"`
}

func newSimulate(e *env) *cobra.Command {
	var dir, file string
	var voters, trustees int
	var seed uint64
	c := &cobra.Command{
		Use:   "simulate",
		Short: "Make a whole closed election without phones, for rehearsals and tests of verifiers",
		Long: "Runs an election with random votes through the real board, ceremony and count, all in this process,\n" +
			"and leaves its board in DIR. Voters are spread over the units that hold voters.",
		Args: noArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			o := election.Small(dir)
			if file != "" {
				f, err := os.Open(file)
				if err != nil {
					return err
				}
				defer f.Close()
				if o.File, err = manifest.Parse(f); err != nil {
					return fmt.Errorf("%s: %w", file, err)
				}
			}
			if _, err := os.Stat(workspace.Dir(dir).Database()); err == nil {
				return fmt.Errorf("there is an election in %s already: take another directory", dir)
			}
			if voters < 1 || trustees < 1 {
				return usagef("--voters and --trustees must be at least 1")
			}
			o.Voters, o.Trustees = o.File.Spread(voters), trustees
			bar := newBar(e, "voting")
			o.Progress = func(_ string, done, total int) { bar.set(uint64(done), uint64(total)) }
			made, counted, err := election.Simulate(c.Context(), o, rand.New(rand.NewPCG(seed, 1)))
			bar.done()
			if err != nil {
				return err
			}
			defer made.Close()
			hints := newBar(e, "hints")
			_, err = hint.Fill(c.Context(), made.Public(), hints.set)
			hints.done()
			if err != nil {
				return err
			}
			out := Simulated{string(made.ID()), made.Public(), made.Policy(), operate.Tallied{Parts: counted.Parts, Trustees: counted.Trustees}}
			return e.print(out, func(w io.Writer) {
				resulttable.Write(w, made.Manifest, made.Manifest.Languages[0], counted.Parts)
				fmt.Fprintf(w, "\nVerify it:\n  %s\n", strings.Join([]string{
					"rollcall-verify", out.Board, "--election", shellQuote(out.Election), "--policy", out.Policy}, " "))
			})
		},
	}
	c.Flags().StringVar(&dir, "dir", "simulated", "a new directory for the election")
	c.Flags().StringVar(&file, "manifest", "", "manifest file (default a small example)")
	c.Flags().IntVar(&voters, "voters", 100, "number of voters")
	c.Flags().IntVar(&trustees, "trustees", 3, "number of trustees")
	c.Flags().Uint64Var(&seed, "seed", 1, "seed of the random votes")
	return c
}

// shellQuote quotes an election id: its check character can be one that shells
// read otherwise.
func shellQuote(s string) string {
	if strings.ContainsAny(s, "*~$=") {
		return "'" + s + "'"
	}
	return s
}
