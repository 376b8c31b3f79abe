package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"maps"
	"os"
	"os/signal"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"
	"time"

	"golang.org/x/crypto/scrypt"
	"golang.org/x/term"

	"rollcall/crypto/group"
)

// config is how much is measured.
type config struct {
	rounds                    int
	few, many                 int // ballots of the boards between which a ballot's cost is taken
	beleniosFew, beleniosMany int // voters, the same for Belenios
	oneByOne                  int // ballots checked one by one
	batched                   int // ballots checked in batches, proofs and signatures alone
	floor                     int // ballots whose points make the floor
	seals                     int // ballots that Belenios makes a round
	sizes                     []int
	growthRounds              int
	benchtime                 string
}

// floorPoints is the number of points of the floor.
func (c *config) floorPoints() int { return c.floor * pointsABallot }

var (
	full = config{rounds: 5, few: 1000, many: 10_000, beleniosFew: 50, beleniosMany: 200, oneByOne: 400, batched: 1000, floor: 200, seals: 5,
		sizes: []int{1000, 10_000, 100_000}, growthRounds: 3, benchtime: "2s"}
	quick = config{rounds: 2, few: 250, many: 1000, beleniosFew: 5, beleniosMany: 20, oneByOne: 100, batched: 400, floor: 200, seals: 2,
		sizes: []int{250, 1000}, growthRounds: 2, benchtime: "300ms"}
)

// parts are what a run can be limited to.
var parts = []string{"verify", "libraries", "seal", "board", "growth"}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	var err error
	if len(os.Args) == 5 && os.Args[1] == "verify" {
		err = verifyChild(ctx, os.Args[2], os.Args[3], os.Args[4])
	} else {
		err = bench(ctx, os.Args[1:])
	}
	if err != nil && !errors.Is(err, flag.ErrHelp) {
		fmt.Fprintf(os.Stderr, "bench: %v\n", err)
		os.Exit(1)
	}
}

// verifyChild is the process that verifyApart starts.
func verifyChild(ctx context.Context, key, dir, ballots string) error {
	n, err := strconv.Atoi(ballots)
	if err != nil {
		return err
	}
	m, ok := modes[key]
	if !ok {
		return fmt.Errorf("there is no way %q to verify a board", key)
	}
	return verifyBoard(ctx, dir, n, m.set)
}

// run of the program: flags, measurements, report.
func bench(ctx context.Context, args []string) error {
	flags := flag.NewFlagSet("bench/run", flag.ContinueOnError)
	short := flags.Bool("quick", false, "small sizes and two rounds: whether it works, no figures to tell")
	million := flags.Bool("million", false, "also make and verify a board of 1,000,000 ballots: hours, and 5 GB of disk")
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

// measureAll makes what has to be made and measures it.
func measureAll(ctx context.Context, c config, wanted []string, scratch, boards string, say func(string)) (*results, error) {
	r := &results{config: c, figures: figures{}}
	want := func(part string) bool { return slices.Contains(wanted, part) }
	var made []*board
	for _, n := range c.sizes {
		if !want("growth") && n > c.many {
			continue
		}
		b, err := makeBoard(ctx, boards, n, say)
		if err != nil {
			return nil, fmt.Errorf("making a board of %d ballots: %w", n, err)
		}
		made = append(made, b)
		if b.made > 0 {
			r.simulated = b.made.Seconds() / float64(n)
		}
	}
	few, many := made[slices.Index(c.sizes, c.few)], made[slices.Index(c.sizes, c.many)]
	small, err := few.bytes()
	if err != nil {
		return nil, err
	}
	large, err := many.bytes()
	if err != nil {
		return nil, err
	}
	r.boardBytes = float64(large-small) / float64(c.many-c.few)

	if r.libraries, err = libraries(randomInputs(c.floorPoints())); err != nil {
		return nil, err
	}

	var ms []measurement
	if want("verify") {
		for _, e := range []struct {
			key   string
			blank bool
		}{{keyBelenios, false}, {keyBeleniosBlank, true}} {
			m, err := measureBelenios(ctx, scratch, e.key, c.beleniosFew, c.beleniosMany, e.blank, say)
			if err != nil {
				return nil, err
			}
			ms = append(ms, m)
		}
		for _, key := range slices.Sorted(maps.Keys(modes)) {
			ms = append(ms, measureVerifying(key, few, many))
		}
		alone, err := measureRecords(ctx, many, c)
		if err != nil {
			return nil, err
		}
		ms = append(append(ms, alone...), repeat(keyStretch, "stretching a tick", 1, stretch))
	}
	if want("libraries") {
		ms = append(ms, measureLibraries(r.libraries, c.floorPoints())...)
	}
	if want("seal") {
		m, err := measureBeleniosSealing(ctx, filepath.Join(scratch, "sealing"), c.seals)
		if err != nil {
			return nil, err
		}
		e, err := openElection(ctx, filepath.Join(scratch, "open"), 1)
		if err != nil {
			return nil, err
		}
		defer e.Close()
		ms = append(ms, m, measureSealing(e), measureCirclSealing())
	}
	if want("board") {
		ms = append(ms, measureGoBenchmarks("..", c.benchtime)...)
	}
	// This process measures on one core, and on none of what was made above.
	debug.FreeOSMemory()
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	if r.figures, err = measure(ctx, c.rounds, ms, say); err != nil {
		return nil, err
	}
	if want("growth") {
		var sizes []measurement
		for _, b := range made {
			sizes = append(sizes, measureSize(b))
		}
		grown, err := measure(ctx, c.growthRounds, sizes, say)
		if err != nil {
			return nil, err
		}
		for k, v := range grown {
			r.figures[k] = v
		}
	}
	say("done\n")
	return r, nil
}

// measureRecords returns the measurements of a board's proofs and signatures
// alone, and of their floor.
func measureRecords(ctx context.Context, b *board, c config) ([]measurement, error) {
	all, err := readRecord(ctx, b, max(c.batched, c.oneByOne, c.floor))
	if err != nil {
		return nil, err
	}
	few, batched, floor := all.first(c.oneByOne), all.first(c.batched), all.first(c.floor)
	hints, err := batched.hints()
	if err != nil {
		return nil, err
	}
	in, err := floor.floorInputs()
	if err != nil {
		return nil, err
	}
	floorHints := hints[:c.floorPoints()*group.HintSize]
	slow, err := floor.batchFloor(in.points, nil)
	if err != nil {
		return nil, err
	}
	fast, err := floor.batchFloor(in.points, floorHints)
	if err != nil {
		return nil, err
	}
	peers, err := libraries(in)
	if err != nil {
		return nil, err
	}
	of := func(key string) *library {
		return &peers[slices.IndexFunc(peers, func(l library) bool { return l.key == key })]
	}
	return []measurement{
		few.measure(keyOneByOne, "one by one", few.oneByOne),
		batched.measure(keyBatch, "batches", func() error { return batched.batch(nil) }),
		batched.measure(keyBatchHints, "batches with hints", func() error { return batched.batch(hints) }),
		floor.measure(keyFloor, "floor", slow),
		floor.measure(keyFloorHints, "floor with hints", fast),
		floor.measure(keyFloorGtank, "floor, gtank", libraryFloor(of("gtank"), len(in.points), pointsABallot)),
		floor.measure(keyFloorVoi, "floor, curve25519-voi", libraryFloor(of("voi"), len(in.points), len(in.points))),
	}, nil
}

// stretch is the work that makes the codes of one tick dear to search, SPEC.md,
// section 9.
func stretch() {
	if _, err := scrypt.Key(make([]byte, 64), nil, 1<<10, 8, 1, 64); err != nil {
		panic("bench: scrypt: " + err.Error()) // its parameters are constants
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
