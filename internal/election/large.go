package election

import (
	"fmt"
	"strings"

	"rollcall/bulletin/entry"
	"rollcall/tally/manifest"
)

// What the formats of SPEC.md have room for: a roll's last entry names 2,000
// chunks; a manifest, one entry of 65,535 bytes, has 1,000 units and 200 options
// in a contest.
const (
	maxVoters  = 2000 * entry.MaxRollVoters
	maxOptions = 200
	maxUnits   = 1000 - 1 // and the root
)

// largeManifest has one contest, over units that follow.
const largeManifest = `
title: Large election
languages: [en]
rehearsal: true
phone: "+1 555 0100"
help_line: "+1 555 0199"
minimum: 5
decision_seconds: 60
trustees_needed: 2
windows: [{from: 2026-01-01T08:00:00Z, to: 2026-01-01T20:00:00Z}]
`

// Large returns the options of an election in a directory with one contest of
// some named options, vote for one, in which voters are spread over some leaf
// units below one root. Three trustees, two of them needed. The error says which
// number the formats have no room for.
func Large(dir string, voters, options, units int) (Options, error) {
	for _, n := range []struct {
		what    string
		n, most int
		why     string
	}{
		{"voters", voters, maxVoters, "the roll names no more chunks"},
		{"options", options, maxOptions, "a contest has no more"},
		{"units", units, maxUnits, "the manifest, one entry of at most 65,535 bytes, holds no more"},
	} {
		if n.n < 1 || n.n > n.most {
			return Options{}, fmt.Errorf("%d %s: want 1 to %d, %s", n.n, n.what, n.most, n.why)
		}
	}
	var b strings.Builder
	b.WriteString(largeManifest)
	b.WriteString("contests:\n  - id: contest\n    title: Contest\n    vote_for: 1\n    options:\n")
	for i := range options {
		fmt.Fprintf(&b, "      - {id: o%d, name: Option %d}\n", i+1, i+1)
	}
	b.WriteString("units:\n  - {id: all, name: All units}\n")
	for i := range units {
		fmt.Fprintf(&b, "  - {id: u%d, parent: all, name: Unit %d}\n", i+1, i+1)
	}
	f, err := manifest.Parse(strings.NewReader(b.String()))
	if err != nil {
		return Options{}, err
	}
	return Options{Dir: dir, File: f, Voters: f.Spread(voters), Trustees: 3}, nil
}
