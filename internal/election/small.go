package election

import (
	"context"
	"errors"
	"iter"
	"math/rand/v2"
	"slices"
	"strings"

	"rollcall/bulletin/entry"
	"rollcall/tally/count"
	"rollcall/tally/manifest"
)

// smallManifest has two contests, one of each sort, over two precincts of a
// usual size and one that is too small to be reported alone.
const smallManifest = `
title: {en: Small election, es: Elección pequeña}
languages: [en, es]
rehearsal: true
phone: "+1 555 0100"
help_line: "+1 555 0199"
minimum: 5
decision_seconds: 60
trustees_needed: 2
windows: [{from: 2026-01-01T08:00:00Z, to: 2026-01-01T20:00:00Z}]
units:
  - {id: county, name: {en: The county, es: El condado}}
  - {id: north, parent: county, name: {en: North, es: Norte}}
  - {id: south, parent: county, name: {en: South, es: Sur}}
  - {id: island, parent: county, name: {en: Island, es: Isla}}
contests:
  - id: mayor
    title: {en: Mayor, es: Alcaldía}
    vote_for: 1
    options:
      - {id: ada, name: Ada Alder}
      - {id: ben, name: Ben Birch}
      - {id: cleo, name: Cleo Cedar}
  - id: board
    title: {en: School board, es: Junta escolar}
    vote_for: 2
    units: [north, island]
    options:
      - {id: dan, name: Dan Dogwood}
      - {id: eve, name: Eve Elm}
      - {id: fay, name: Fay Fir}
`

// Small returns the options of a small election with three trustees, two of
// them needed, in a directory.
func Small(dir string) Options {
	f, err := manifest.Parse(strings.NewReader(smallManifest))
	if err != nil {
		panic("election: " + err.Error()) // the file is a constant
	}
	return Options{Dir: dir, File: f, Voters: []int{0, 12, 12, 2}, Trustees: 3}
}

// RandomVotes has every voter vote at random, drawn from r: some leave contests
// blank, one in eight tests first, one in twelve abandons the ballot.
func RandomVotes(m *entry.Manifest, voters []Voter, r *rand.Rand) []Vote {
	return slices.Collect(randomVotes(m, voters, r))
}

func randomVotes(m *entry.Manifest, voters []Voter, r *rand.Rand) iter.Seq[Vote] {
	return func(yield func(Vote) bool) {
		for i := range voters {
			vote := Vote{Voter: i, Abandon: r.IntN(12) == 0}
			if r.IntN(8) == 0 {
				vote.Tests = 1
			}
			for _, c := range m.ContestsOf(voters[i].Unit) {
				n := r.IntN(int(m.Contests[c].Limit) + 1)
				vote.Choices = append(vote.Choices, r.Perm(len(m.Contests[c].Options))[:n])
			}
			if !yield(vote) {
				return
			}
		}
	}
}

// Simulate runs a whole election with random votes drawn from r, decrypted by
// the first threshold trustees, to its result.
func Simulate(ctx context.Context, o Options, r *rand.Rand) (*Election, *count.Counted, error) {
	e, err := New(ctx, o)
	if err != nil {
		return nil, nil, err
	}
	counted, err := e.simulate(ctx, r)
	if err != nil {
		return nil, nil, errors.Join(err, e.Close())
	}
	return e, counted, nil
}

func (e *Election) simulate(ctx context.Context, r *rand.Rand) (*count.Counted, error) {
	if err := e.start(ctx); err != nil {
		return nil, err
	}
	if err := e.vote(ctx, r); err != nil {
		return nil, err
	}
	return e.finish(ctx)
}

func (e *Election) start(ctx context.Context) error {
	if err := e.Ceremony(ctx); err != nil {
		return err
	}
	return e.Open(ctx)
}

func (e *Election) vote(ctx context.Context, r *rand.Rand) error {
	return e.runAll(ctx, len(e.Voters), randomVotes(e.Manifest, e.Voters, r))
}

func (e *Election) finish(ctx context.Context) (*count.Counted, error) {
	if err := e.End(ctx); err != nil {
		return nil, err
	}
	for t := 1; t <= int(e.Manifest.Threshold); t++ {
		if err := e.Decrypt(ctx, t); err != nil {
			return nil, err
		}
	}
	return e.Tally(ctx)
}
