package command

import (
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"rollcall/bulletin/hint"
	"rollcall/internal/election"
	"rollcall/internal/operate"
	"rollcall/internal/resulttable"
	"rollcall/internal/workspace"
	"rollcall/tally/manifest"
)

// Simulated is what simulate tells. Cast, tested and undecided are ballots: a
// voter who tests seals one more.
type Simulated struct {
	Election  string          `json:"election"`
	Board     string          `json:"board"`
	Policy    string          `json:"policy"`
	Voters    uint64          `json:"voters"`
	Cast      uint64          `json:"cast"`
	Tested    uint64          `json:"tested"`
	Undecided uint64          `json:"undecided"`
	Seconds   float64         `json:"seconds"`
	Result    operate.Tallied `json:"result"`
}

// simulation is what the flags of simulate ask for.
type simulation struct {
	dir, manifest                             string
	voters, ballots, options, units, trustees int
	seed                                      uint64
}

// election returns the election asked for: that of a manifest file, a large one
// of one contest, or a small example.
func (s *simulation) election(c *cobra.Command) (election.Options, error) {
	given := c.Flags().Changed
	if s.voters < 1 || s.trustees < 1 {
		return election.Options{}, usagef("--voters and --trustees must be at least 1")
	}
	if given("ballots") && given("voters") {
		return election.Options{}, usagef("--ballots and --voters both say how many voters there are: give one of them")
	}
	voters := s.voters
	if given("ballots") {
		voters = s.ballots
	}
	o := election.Small(s.dir)
	switch large := given("ballots") || given("options") || given("units"); {
	case large && s.manifest != "":
		return o, usagef("--ballots, --options and --units make a manifest of their own: leave out --manifest, or use --voters")
	case large:
		var err error
		if o, err = election.Large(s.dir, voters, s.options, s.units); err != nil {
			return o, usageError{err}
		}
	case s.manifest != "":
		f, err := os.Open(s.manifest)
		if err != nil {
			return o, err
		}
		defer f.Close()
		if o.File, err = manifest.Parse(f); err != nil {
			return o, fmt.Errorf("%s: %w", s.manifest, err)
		}
	}
	o.Voters, o.Trustees = o.File.Spread(voters), s.trustees
	return o, nil
}

func newSimulate(e *env) *cobra.Command {
	var sim simulation
	c := &cobra.Command{
		Use:   "simulate",
		Short: "Make a whole closed election without phones, for rehearsals and tests of verifiers",
		Long: "Runs an election with random votes through the real board, ceremony and count, all in this process\n" +
			"and on all processors, and leaves its board in DIR. Voters are spread over the units that hold voters.\n" +
			"Each voter seals a ballot and casts it, but for one in twelve who abandons it; one in eight tests a\n" +
			"ballot first. Votes repeat under one seed; keys and ciphertexts never do.",
		Example: "  rollcall simulate --dir practice\n" +
			"  rollcall simulate --dir large --ballots 100000 --options 10 --units 50",
		Args: noArgs,
		RunE: func(c *cobra.Command, _ []string) error { return simulate(c, e, &sim) },
	}
	f := c.Flags()
	f.StringVar(&sim.dir, "dir", "simulated", "a new directory for the election")
	f.StringVar(&sim.manifest, "manifest", "", "manifest file (default a small example)")
	f.IntVar(&sim.voters, "voters", 100, "number of voters")
	f.IntVar(&sim.ballots, "ballots", 0, "number of voters of an election with one contest; each has one ballot to cast")
	f.IntVar(&sim.options, "options", 10, `options of that contest, vote for one; "none" comes on top`)
	f.IntVar(&sim.units, "units", 1, "units of that election, below one root")
	f.IntVar(&sim.trustees, "trustees", 3, "number of trustees")
	f.Uint64Var(&sim.seed, "seed", 1, "seed of the random votes")
	return c
}

func simulate(c *cobra.Command, e *env, sim *simulation) error {
	o, err := sim.election(c)
	if err != nil {
		return err
	}
	if _, err := os.Stat(workspace.Dir(sim.dir).Database()); err == nil {
		return fmt.Errorf("there is an election in %s already: take another directory", sim.dir)
	}
	began := time.Now()
	bars := newBars(e)
	o.Progress = bars.set
	made, counted, err := election.Simulate(c.Context(), o, rand.New(rand.NewPCG(sim.seed, 1)))
	bars.done()
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
	sum := made.Door.State().Summary()
	out := Simulated{
		Election: string(made.ID()), Board: made.Public(), Policy: made.Policy(),
		Voters: sum.Voters, Cast: sum.Cast, Tested: sum.Tested, Undecided: sum.Undecided, Seconds: time.Since(began).Seconds(),
		Result: operate.Tallied{Parts: counted.Parts, Trustees: counted.Trustees},
	}
	return e.print(out, func(w io.Writer) {
		resulttable.Write(w, made.Manifest, made.Manifest.Languages[0], counted.Parts)
		fmt.Fprintf(w, "\n%d voters: %d ballots cast, %d tested, %d undecided, in %s.\n",
			out.Voters, out.Cast, out.Tested, out.Undecided, time.Since(began).Round(time.Second/10))
		fmt.Fprintf(w, "\nVerify it:\n  %s\n", strings.Join([]string{
			"rollcall-verify", out.Board, "--election", shellQuote(out.Election), "--policy", out.Policy}, " "))
	})
}

// shellQuote quotes an election id: its check character can be one that shells
// read otherwise.
func shellQuote(s string) string {
	if strings.ContainsAny(s, "*~$=") {
		return "'" + s + "'"
	}
	return s
}
