package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"rollcall/bulletin/checkpoint"
	"rollcall/bulletin/entry"
	"rollcall/bulletin/hint"
	"rollcall/bulletin/tlog"
	"rollcall/internal/election"
	"rollcall/tally/manifest"
	"rollcall/verifier"
)

// electionFile is one contest of ten options, of which one or none is chosen:
// 11 ciphertexts a ballot.
const electionFile = `
title: Bench
languages: [en]
rehearsal: true
phone: "+1 555 0100"
help_line: "+1 555 0199"
decision_seconds: 60
trustees_needed: 2
windows: [{from: 2026-01-01T08:00:00Z, to: 2026-01-01T20:00:00Z}]
units: [{id: all, name: All}]
contests:
  - id: seat
    title: Who?
    vote_for: 1
    options: [` + options + `]
`

const (
	options = `{id: a, name: A}, {id: b, name: B}, {id: c, name: C}, {id: d, name: D}, {id: e, name: E},
      {id: f, name: F}, {id: g, name: G}, {id: h, name: H}, {id: i, name: I}, {id: j, name: J}`
	optionCount     = 10
	ciphertextCount = optionCount + 1 // "none" is an option of its own
)

// ballotsATick is how many ballots are sealed before the board ticks: what
// three million voters a day come to.
const ballotsATick = 250

// board is a whole simulated election in a directory.
type board struct {
	dir     string
	ballots int
	made    time.Duration // by the clock; 0 if it was there already
}

// public returns the directory of its public files.
func (b *board) public() string { return filepath.Join(b.dir, "board") }

// makeBoard makes a whole election in which n voters cast one ballot each, or
// takes the one that an earlier run left in the same directory.
func makeBoard(ctx context.Context, dir string, n int, say func(string)) (*board, error) {
	b := &board{dir: filepath.Join(dir, fmt.Sprintf("board-%d", n)), ballots: n}
	finished := filepath.Join(b.dir, "finished")
	if _, err := os.Stat(finished); err == nil {
		return b, nil
	}
	if err := os.RemoveAll(b.dir); err != nil { // what an interrupted run left
		return nil, err
	}
	start := time.Now()
	e, err := openElection(ctx, b.dir, n, time.Time{}, 0)
	if err != nil {
		return nil, err
	}
	if err = cast(ctx, e, n, func(done int) { say(fmt.Sprintf("making a board: %d of %d ballots", done, n)) }); err == nil {
		err = tally(ctx, e)
	}
	if err := errors.Join(err, e.Close()); err != nil {
		return nil, err
	}
	b.made = time.Since(start)
	if _, err := hint.Fill(ctx, b.public(), nil); err != nil {
		return nil, err
	}
	return b, os.WriteFile(finished, nil, 0o644)
}

// openElection makes an election up to its opening. Its day ends about now, or
// else begins at a time and is so long.
func openElection(ctx context.Context, dir string, voters int, began time.Time, open time.Duration) (*election.Election, error) {
	f, err := manifest.Parse(strings.NewReader(electionFile))
	if err != nil {
		return nil, err
	}
	e, err := election.New(ctx, election.Options{Dir: dir, File: f, Voters: f.Spread(voters), Trustees: 3, Began: began, Open: open})
	if err != nil {
		return nil, err
	}
	if err := e.Ceremony(ctx); err != nil {
		return nil, errors.Join(err, e.Close())
	}
	if err := e.Open(ctx); err != nil {
		return nil, errors.Join(err, e.Close())
	}
	return e, nil
}

// cast has the first n voters cast a ballot each.
func cast(ctx context.Context, e *election.Election, n int, done func(int)) error {
	r := rand.New(rand.NewPCG(1, 1))
	// The simulated day is an hour, and every turn takes two seconds of it.
	turn := max(ballotsATick, n/400)
	for from := 0; from < n; from += turn {
		var votes []election.Vote
		for v := from; v < min(from+turn, n); v++ {
			vote := election.Vote{Voter: v, Choices: [][]int{{}}}
			if choice := r.IntN(ciphertextCount); choice < optionCount {
				vote.Choices = [][]int{{choice}}
			}
			votes = append(votes, vote)
		}
		if err := e.Run(ctx, votes); err != nil {
			return err
		}
		done(from + len(votes))
	}
	return nil
}

// tally ends an election and counts.
func tally(ctx context.Context, e *election.Election) error {
	if err := e.End(ctx); err != nil {
		return err
	}
	if err := e.Decrypt(ctx, 1, 2); err != nil {
		return err
	}
	_, err := e.Tally(ctx)
	return err
}

// bytesABallot returns the size of its public files for each ballot, which is
// what a verifier downloads, and of the hints, which it may download as well.
func (b *board) bytesABallot() (files, hints float64, err error) {
	err = filepath.WalkDir(b.public(), func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		if rest, ok := strings.CutPrefix(path, b.public()); ok && strings.HasPrefix(rest, "/hint/") {
			hints += float64(info.Size())
		} else {
			files += float64(info.Size())
		}
		return nil
	})
	n := float64(b.ballots)
	return files / n, hints / n, err
}

// mode is a way to verify a board.
type mode struct {
	name string
	// cores is how many processors the verifier may use.
	cores int
	// tries is how often a round measures it: once, but clockTries where the
	// clock is told of.
	tries int
	// set changes the verifier's options; nil leaves them.
	set func(*verifier.Options)
}

// modes are the ways to verify a board, by the key of what they cost. A new
// option of the verifier is measured by a line here, and told by one in
// report.go.
var modes = map[string]mode{
	keyVerify:         {"Rollcall, one core", 1, clockTries, func(o *verifier.Options) { o.NoHints = true }},
	keyVerifyHints:    {"Rollcall with hints, one core", 1, clockTries, nil},
	keyVerifyTwo:      {"Rollcall, two cores", 2, clockTries, func(o *verifier.Options) { o.NoHints = true }},
	keyVerifyTwoHints: {"Rollcall with hints, two cores", 2, clockTries, nil},
	keyOneByOne:       {"Rollcall, one by one", 1, 1, func(o *verifier.Options) { o.NoHints, o.OneByOne = true, true }},
}

// verifyBoard verifies a board as rollcall-verify does and holds that all of
// its ballots were verified and cast. It is what the process does that
// verifyApart starts.
func verifyBoard(ctx context.Context, dir string, ballots int, set func(*verifier.Options)) error {
	id, err := os.ReadFile(filepath.Join(dir, "election"))
	if err != nil {
		return err
	}
	text, err := os.ReadFile(filepath.Join(dir, "policy"))
	if err != nil {
		return err
	}
	var o verifier.Options
	if o.ElectionID, err = entry.ParseElectionID(strings.TrimSpace(string(id))); err != nil {
		return err
	}
	if o.Policy, err = checkpoint.ParsePolicy(text); err != nil {
		return err
	}
	if set != nil {
		set(&o)
	}
	source, err := tlog.OpenDir(filepath.Join(dir, "board"))
	if err != nil {
		return err
	}
	o.Progress = verifier.BoundMemory(nil) // as rollcall-verify does
	report, err := verifier.Verify(ctx, source, o)
	if err != nil {
		return err
	}
	for _, check := range report.Checks {
		if err := report.RequirePassed(check.ID); err != nil {
			return err
		}
	}
	if len(report.Void) > 0 || report.Ballots.Cast != uint64(ballots) {
		return fmt.Errorf("the board has %d void entries and %d cast ballots, want %d", len(report.Void), report.Ballots.Cast, ballots)
	}
	return nil
}

// verifyApart verifies a board in a process of its own, whose processor time
// and memory nothing else has a part in, and returns its peak of memory in bytes.
func verifyApart(ctx context.Context, key string, b *board) (usage, float64, error) {
	self, err := os.Executable()
	if err != nil {
		return usage{}, 0, err
	}
	env := []string{fmt.Sprintf("GOMAXPROCS=%d", modes[key].cores)}
	out, u, err := run(ctx, "", env, nil, self, "verify", key, b.dir, fmt.Sprint(b.ballots))
	if err != nil {
		return u, 0, err
	}
	peak, err := strconv.ParseFloat(string(out), 64)
	return u, peak, err
}

// clockTries is how often a round takes the time on the clock of a verification.
// Whatever else wants a core for a moment makes it longer, and two cores lose by
// that what one does not: the shortest is the one that was disturbed least.
const clockTries = 3

// measureVerifying measures what one ballot more costs to verify, from boards
// of few and of many: the middle processor time of the tries, as nothing is
// gained by trying more often, and the shortest time on the clock.
func measureVerifying(key string, few, many *board) measurement {
	return measurement{modes[key].name, func(ctx context.Context) (samples, error) {
		var a, b usages
		for range modes[key].tries {
			for _, of := range []struct {
				board *board
				took  *usages
			}{{few, &a}, {many, &b}} {
				u, _, err := verifyApart(ctx, key, of.board)
				if err != nil {
					return nil, err
				}
				*of.took = append(*of.took, u)
			}
		}
		more := float64(many.ballots - few.ballots)
		return samples{
			key:               (b.processor() - a.processor()).Seconds() / more,
			key + clockSuffix: (b.clock() - a.clock()).Seconds() / more,
		}, nil
	}}
}

// measureSize measures a whole verification of one board on one core: time and
// memory.
func measureSize(b *board) measurement {
	return measurement{fmt.Sprintf("Rollcall, all %d ballots", b.ballots), func(ctx context.Context) (samples, error) {
		u, peak, err := verifyApart(ctx, keyVerify, b)
		if err != nil {
			return nil, err
		}
		return samples{
			sizeKey(keyGrowthTime, b.ballots):   u.processor.Seconds(),
			sizeKey(keyGrowthMemory, b.ballots): peak,
		}, nil
	}}
}

func sizeKey(key string, n int) string { return fmt.Sprint(key, "/", n) }

// entries calls fn for every entry of the board in order.
func (b *board) entries(ctx context.Context, fn func(index uint64, raw []byte) error) error {
	source, err := tlog.OpenDir(b.public())
	if err != nil {
		return err
	}
	signed, err := source.Checkpoint(ctx)
	if err != nil {
		return err
	}
	head, err := checkpoint.Peek(signed)
	if err != nil {
		return err
	}
	return tlog.Entries(ctx, source, 0, head.Size, fn)
}
