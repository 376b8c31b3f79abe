package main

import (
	"fmt"
	"math"
	"strings"
)

// The sizes of electorates that the document speaks of.
const (
	stateBallots  = 4_000_000
	nationBallots = 150_000_000
)

// results are everything that a run found.
type results struct {
	config config
	figures
	libraries []library
	// boardBytes is the size of a ballot's public files, hintBytes that of its
	// hints.
	boardBytes, hintBytes float64
	// simulated is how long it took to make the largest board, by the clock,
	// in seconds a ballot; 0 if it was there already.
	simulated float64
}

// section is one part of the report.
type section struct{ name, title, text string }

// sections writes the tables of what was measured.
func (r *results) sections() []section {
	var all []section
	for _, s := range []section{
		{"machine", "Machine and versions", r.machine()},
		{"targets", "Targets", r.targets()},
		{"verify", "Verifying a cast ballot", r.verifying()},
		{"libraries", "Libraries", r.libraryTable()},
		{"seal", "Sealing a ballot", r.sealing()},
		{"board", "Board", r.board()},
		{"public", "The public's side", r.public()},
		{"growth", "How cost grows", r.growth()},
		{"extrapolation", "A state and a nation", r.extrapolation()},
	} {
		if s.text != "" {
			all = append(all, s)
		}
	}
	return all
}

// row is a figure and what it is.
type row struct{ key, says string }

// compared writes rows with the ratio of each to the base; rows that were not
// measured are left out.
func (r *results) compared(base, what, ratio string, rows []row) string {
	if _, ok := r.of(base); !ok {
		return ""
	}
	t := table{{"", what + ", here and now", ratio}}
	for _, w := range rows {
		s, ok := r.of(w.key)
		if !ok {
			continue
		}
		versus, ok := r.ratio(w.key, base)
		cell := notMeasured
		if ok {
			cell = times(versus)
		}
		if w.key == base {
			cell = "1"
		}
		t.row(w.says, seconds(s.median), cell)
	}
	return t.String()
}

// verifyRows are the ways to verify a ballot, each on one core.
var verifyRows = []row{
	{keyVerify, "**Rollcall**, everything that `rollcall-verify` does, without hints"},
	{keyVerifyHints, "**Rollcall with hints**"},
	{keyOneByOne, "Rollcall, every equation checked one by one with filippo.io/edwards25519"},
	{keyBelenios, "Belenios 2.0, 10 candidates, none or one; group BELENIOS-2048, a *finite field*"},
	{keyBeleniosBlank, "the same with \"none\" as an answer that is counted, as Rollcall has it"},
	{keyBatch, "proofs and signatures alone, in batches of 200"},
	{keyBatchHints, "the same with hints"},
	{keyFloor, "floor: decoding the 50 points of a ballot and one sum over those of 200"},
	{keyFloorHints, "the same floor with hints"},
	{keyFloorGtank, "floor with gtank/ristretto255, sums of 50 (larger ones are slower)"},
	{keyFloorVoi, "floor with curve25519-voi (AVX2), sums of 10,000"},
}

func (r *results) verifying() string {
	text := r.compared(keyVerify, "a ballot", "times Rollcall (lowest to highest)", verifyRows)
	for _, m := range []struct{ one, two, says string }{{keyVerify, keyVerifyTwo, "without hints"}, {keyVerifyHints, keyVerifyTwoHints, "with hints"}} {
		if s, ok := r.ratio(m.one+clockSuffix, m.two+clockSuffix); ok && text != "" {
			text += fmt.Sprintf("\nBy the clock, two cores are %s times as fast as one %s.\n", times(s), m.says)
		}
	}
	return text
}

// target is a ratio that the project has set itself.
type target struct {
	says string
	// The cost at key above is at least so many times that at below.
	above, below string
	times        float64
}

// targetList are the project's targets.
var targetList = []target{
	{"Belenios 2.0, its signature included, against Rollcall", keyBelenios, keyVerify, 120},
	{"Belenios 2.0 against Rollcall with hints", keyBelenios, keyVerifyHints, 200},
	{"one by one against Rollcall", keyOneByOne, keyVerify, 6},
	{"one by one against Rollcall with hints", keyOneByOne, keyVerifyHints, 10},
	{"the floor against Rollcall", keyFloor, keyVerify, 0.75},
	{"the floor with hints against Rollcall with hints", keyFloorHints, keyVerifyHints, 0.75},
	{"one core against two, by the clock", keyVerify + clockSuffix, keyVerifyTwo + clockSuffix, 1.8},
}

func (r *results) targets() string {
	t := table{{"cost of a ballot", "target, at least", "measured (lowest to highest)", ""}}
	for _, g := range targetList {
		s, ok := r.ratio(g.above, g.below)
		if !ok {
			continue
		}
		verdict := "not met"
		if s.median >= g.times {
			verdict = "met"
		}
		t.row(g.says, fmt.Sprint(g.times), times(s), verdict)
	}
	var tables []string
	if len(t) > 1 {
		tables = append(tables, t.String())
	}
	for _, s := range []string{
		r.within("the board, its callers on the same cores", boardBounds),
		r.within("the public's side, server and clients on the same cores", publicBounds(r.config)),
	} {
		if s != "" {
			tables = append(tables, s)
		}
	}
	return strings.Join(tables, "\n")
}

func (r *results) libraryTable() string {
	t := table{{"one core, times Rollcall's cost (here and now)"}}
	for _, l := range r.libraries {
		t[0] = append(t[0], l.name)
	}
	for _, op := range operations(r.config.floorPoints()) {
		base := libraryKey(r.libraries[0].key, op.key)
		if _, ok := r.of(base); !ok {
			continue
		}
		cells := []string{op.name}
		for _, l := range r.libraries {
			s, ok := r.of(libraryKey(l.key, op.key))
			ratio, same := r.ratio(libraryKey(l.key, op.key), base)
			switch {
			case !ok || !same:
				cells = append(cells, "has none")
			case l.key == r.libraries[0].key:
				cells = append(cells, fmt.Sprintf("1 (%s)", seconds(s.median)))
			default:
				cells = append(cells, fmt.Sprintf("%s (%s)", digits(ratio.median), seconds(s.median)))
			}
		}
		t.row(cells...)
	}
	if len(t) == 1 {
		return ""
	}
	return t.String()
}

func (r *results) sealing() string {
	return r.compared(keySeal, "a ballot", "times Rollcall (lowest to highest)", []row{
		{keySeal, "**Rollcall**: 11 ciphertexts, their proof, both signatures; constant time"},
		{keyBeleniosSeal, "Belenios 2.0: 10 ciphertexts, their proofs, one signature; finite field, start of the tool subtracted"},
		{keyCirclSeal, "circl: only the 46 products of such a ballot and their encoding, no table for the joint key"},
	})
}

func (r *results) board() string {
	t := table{{"", "here and now", "lowest to highest"}}
	for _, b := range goBenchmarks {
		if s, ok := r.of(b.key()); ok {
			t.row(b.says, b.tell(s.median), b.tell(s.low)+" to "+b.tell(s.high))
		}
	}
	for _, l := range loadRows {
		if s, ok := r.of(l.key); ok {
			t.row(l.says, l.tell(s.median), l.tell(s.low)+" to "+l.tell(s.high))
		}
	}
	if r.simulated > 0 {
		t.row("making a whole election: sealing, posting, casting and counting, all cores, a ballot", seconds(r.simulated), "once")
	}
	if len(t) == 1 {
		return ""
	}
	return t.String()
}

func (r *results) growth() string {
	if len(r.config.sizes) == 0 {
		return ""
	}
	t := table{{"ballots", "time, one core", "a ballot", "times that of " + thousands(r.config.many), "peak memory", "bound on memory"}}
	for _, n := range r.config.sizes {
		s, ok := r.of(sizeKey(keyGrowthTime, n))
		memory, _ := r.of(sizeKey(keyGrowthMemory, n))
		ratio, _ := r.ratio(sizeKey(keyGrowthTime, n), sizeKey(keyGrowthTime, r.config.many))
		scale := float64(r.config.many) / float64(n)
		if !ok {
			return ""
		}
		t.row(thousands(n), seconds(s.median), seconds(s.median/float64(n)),
			times(spread{ratio.median * scale, ratio.low * scale, ratio.high * scale}), size(memory.median), size(memoryBound(n)))
	}
	return t.String()
}

// memoryBound is what rollcall-verify may take for n ballots, in bytes.
func memoryBound(n int) float64 { return 100e6 + 150*float64(n) }

// ticksADay is how often the board can tick in a voting day of twelve hours.
const ticksADay = 12 * 3600

func (r *results) extrapolation() string {
	stretch, ok := r.of(keyStretch)
	peer, ok2 := r.of(keyBelenios)
	if !ok || !ok2 {
		return ""
	}
	codes := stretch.median * ticksADay
	t := table{{"", "one core", "two cores", "eight cores, if each doubling gains as the first", "to download"}}
	for _, e := range []struct {
		says    string
		ballots float64
	}{
		{"a state: 4 million ballots", stateBallots},
		{"a nation: 150 million ballots", nationBallots},
	} {
		for _, m := range []struct {
			one, two, says string
			bytes          float64
		}{
			{keyVerify, keyVerifyTwo, "", r.boardBytes},
			{keyVerifyHints, keyVerifyTwoHints, ", with hints", r.boardBytes + r.hintBytes},
		} {
			one, ok := r.of(m.one)
			gain, ok2 := r.ratio(m.one+clockSuffix, m.two+clockSuffix)
			if !ok || !ok2 {
				continue
			}
			all := one.median*e.ballots + codes
			eight := notMeasured
			if gain.median > 1 { // on a machine that is busy, two cores can be slower
				eight = seconds(all / math.Pow(gain.median, 3))
			}
			t.row(e.says+m.says, seconds(all), seconds(all/gain.median), eight, size(m.bytes*e.ballots))
		}
		t.row("Belenios 2.0, as many ballots", seconds(peer.median*e.ballots), notMeasured, notMeasured, notMeasured)
	}
	if len(t) == 1 {
		return ""
	}
	return t.String() + fmt.Sprintf("\nOf each of Rollcall's, %s on one core are the codes of a day of twelve hours with a tick every second.\n", seconds(codes))
}

func (r *results) machine() string {
	var b strings.Builder
	for _, l := range machine(r.libraries) {
		fmt.Fprintf(&b, "- %s\n", l)
	}
	fmt.Fprintf(&b, "- %d rounds; boards of %s and %s ballots, Belenios elections of %d and %d voters\n",
		r.config.rounds, thousands(r.config.few), thousands(r.config.many), r.config.beleniosFew, r.config.beleniosMany)
	return b.String()
}
