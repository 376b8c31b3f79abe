package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"golang.org/x/term"
)

// config is how much is measured.
type config struct {
	rounds                    int
	few, many                 int // ballots of the boards between which a ballot's cost is taken
	beleniosFew, beleniosMany int // voters, the same for Belenios
	batched                   int // ballots checked in batches, proofs and signatures alone
	floor                     int // ballots whose points make the floor
	seals                     int // ballots that Belenios makes a round
	sizes                     []int
	growthRounds              int
	benchtime                 string
	load                      time.Duration // of a board under load
	served                    int           // ballots of the board that the public asks
	asked                     time.Duration // how long wrk asks for each
	followers, followed       int           // streams of events, and ballots posted meanwhile
	looks                     int           // of a browser at a page
}

// floorPoints is the number of points of the floor.
func (c *config) floorPoints() int { return c.floor * pointsABallot }

var (
	full = config{rounds: 5, few: 1000, many: 10_000, beleniosFew: 50, beleniosMany: 200, batched: 1000, floor: 200, seals: 5,
		sizes: []int{1000, 10_000, 100_000}, growthRounds: 3, benchtime: "2s", load: 10 * time.Second,
		served: 10_000, asked: 5 * time.Second, followers: 5000, followed: 8, looks: 3}
	quick = config{rounds: 2, few: 250, many: 1000, beleniosFew: 5, beleniosMany: 20, batched: 400, floor: 200, seals: 2,
		sizes: []int{250, 1000}, growthRounds: 2, benchtime: "300ms", load: time.Second,
		served: 250, asked: time.Second, followers: 200, followed: 2, looks: 1}
)

// parts are what a run can be limited to.
var parts = []string{"verify", "libraries", "seal", "board", "public", "growth"}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	var err error
	switch {
	case len(os.Args) == 5 && os.Args[1] == "verify":
		err = verifyChild(ctx, os.Args[2], os.Args[3], os.Args[4])
	case len(os.Args) == 5 && os.Args[1] == "follow":
		err = followChild(os.Args[2], os.Args[3], os.Args[4])
	default:
		err = bench(ctx, os.Args[1:])
	}
	if err != nil && !errors.Is(err, flag.ErrHelp) {
		fmt.Fprintf(os.Stderr, "bench: %v\n", err)
		os.Exit(1)
	}
}

// verifyChild is the process that verifyApart starts. It writes its peak of
// memory in bytes.
func verifyChild(ctx context.Context, key, dir, ballots string) error {
	n, err := strconv.Atoi(ballots)
	if err != nil {
		return err
	}
	m, ok := modes[key]
	if !ok {
		return fmt.Errorf("there is no way %q to verify a board", key)
	}
	if err := verifyBoard(ctx, dir, n, m.set); err != nil {
		return err
	}
	peak, err := peakMemory()
	if err != nil {
		return err
	}
	_, err = fmt.Printf("%.0f", peak)
	return err
}

// run of the program: flags, measurements, report.
func bench(ctx context.Context, args []string) error {
	flags := flag.NewFlagSet("bench/run", flag.ContinueOnError)
	short := flags.Bool("quick", false, "small sizes and two rounds: whether it works, no figures to tell")
	million := flags.Bool("million", false, "also make and verify a board of 1,000,000 ballots: hours, and 9 GB of disk")
	keep := flags.String("keep", "", "directory in which boards are kept for the next run (default none)")
	rounds := flags.Int("rounds", 0, "number of rounds (default 5, with --quick 2)")
	only := flags.String("only", "", "measure only some of "+strings.Join(parts, ",")+", and print them")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if flags.NArg() > 0 {
		return fmt.Errorf("%q: only flags are taken", flags.Arg(0))
	}
	c := full
	if *short {
		c = quick
	}
	if *rounds > 0 {
		c.rounds = *rounds
	}
	if *million {
		c.sizes = append(slices.Clone(c.sizes), 1_000_000)
	}
	wanted := parts
	if *only != "" {
		wanted = strings.Split(*only, ",")
		for _, w := range wanted {
			if !slices.Contains(parts, w) {
				return fmt.Errorf("--only %s: want some of %s", w, strings.Join(parts, ","))
			}
		}
	}
	scratch, err := os.MkdirTemp("", "rollcall-bench-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(scratch)
	boards := *keep
	if boards == "" {
		boards = scratch
	}
	r, err := measureAll(ctx, c, wanted, scratch, boards, progress())
	if err != nil {
		return err
	}
	return r.write(*only == "" && !*short)
}

// progress returns what tells the one who waits: one line on a terminal, else a
// line every ten seconds.
func progress() func(string) {
	last := time.Time{}
	terminal := term.IsTerminal(int(os.Stderr.Fd()))
	return func(s string) {
		switch {
		case terminal:
			fmt.Fprintf(os.Stderr, "\r\x1b[K%s", s)
		case time.Since(last) >= 10*time.Second:
			fmt.Fprintln(os.Stderr, s)
			last = time.Now()
		}
	}
}

// write prints the report, and writes the document and its plots if it is whole.
func (r *results) write(document bool) error {
	sections := r.sections()
	for _, s := range sections {
		fmt.Printf("\n## %s\n\n%s", s.title, s.text)
	}
	if !document {
		return nil
	}
	path := filepath.Join("..", "docs", "PERFORMANCE.md")
	b, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	text := string(b)
	for _, s := range sections {
		if text, err = replaceSection(text, s.name, s.text); err != nil {
			return fmt.Errorf("%s: %w", path, err)
		}
	}
	plots := filepath.Join("..", "docs", "performance")
	if err := os.MkdirAll(plots, 0o755); err != nil {
		return err
	}
	for name, c := range map[string]*chart{"time.svg": r.timePlot(), "memory.svg": r.memoryPlot()} {
		svg, err := c.svg()
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		if err := os.WriteFile(filepath.Join(plots, name), svg, 0o644); err != nil {
			return err
		}
	}
	return os.WriteFile(path, []byte(text), 0o644)
}
