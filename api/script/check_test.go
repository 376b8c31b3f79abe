package script_test

import (
	"context"
	"maps"
	"math/rand/v2"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"rollcall/internal/election"
	"rollcall/tally/record"
)

// step is what one step said.
type step struct {
	ID     string `json:"id"`
	OK     *bool  `json:"ok"`
	Detail string `json:"detail"`
}

// The steps of both scripts, in order, and those that only a test has.
var (
	proofSteps = []string{"election", "ballot", "ballot-record", "decision", "decision-record", "checkpoint"}
	mathsSteps = []string{"key", "roll", "ballot-signed", "ballot-form", "decision-signed", "tick", "code", "checkpoint"}
	testSteps  = []string{"key", "roll", "ballot-signed", "ballot-form", "decision-signed", "tick", "code", "opening", "checkpoint"}
)

// outcomes is what must not be ok, by step: bad or unknown.
type outcomes map[string]string

const (
	bad     = "bad"
	unknown = "unknown"
)

// unexpected is how an error of the language itself begins, which no input may
// cause.
var unexpected = regexp.MustCompile(`^\w+Error: `)

// check runs both scripts on a claim, and holds that every step is there and
// says what it must. A step that stands twice is ok if it is ok both times.
func check(t testing.TB, base string, claim map[string]string, without string, want outcomes) {
	t.Helper()
	steps := value[[]step](t, "check", base, claim, without)
	var ids []string
	got, details := outcomes{}, map[string]string{}
	for _, s := range steps {
		ids = append(ids, s.ID)
		if unexpected.MatchString(s.Detail) {
			t.Errorf("step %s threw %s", s.ID, s.Detail)
		}
		switch {
		case s.OK == nil && got[s.ID] == "":
			got[s.ID], details[s.ID] = unknown, s.Detail
		case s.OK != nil && !*s.OK:
			got[s.ID], details[s.ID] = bad, s.Detail
		}
	}
	if !slices.Equal(ids, slices.Concat(proofSteps, mathsSteps)) && !slices.Equal(ids, slices.Concat(proofSteps, testSteps)) {
		t.Errorf("steps %q", ids)
	}
	if !maps.Equal(got, want) {
		t.Errorf("not ok: %v\nwant:   %v\n%v", got, want, details)
	}
}

// TestRealElection checks ballots of an election that the code of the real one
// has run, from the board's own entries and proofs.
func TestRealElection(t *testing.T) {
	ctx := t.Context()
	o := election.Small(t.TempDir())
	e, err := election.New(ctx, o)
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	if err := e.Ceremony(ctx); err != nil {
		t.Fatal(err)
	}
	if err := e.Open(ctx); err != nil {
		t.Fatal(err)
	}
	votes := election.RandomVotes(e.Manifest, e.Voters, rand.New(rand.NewPCG(1, 1)))
	votes[0].Tests, votes[0].Abandon, votes[1].Abandon = 1, false, true
	if err := e.Run(ctx, votes); err != nil {
		t.Fatal(err)
	}
	if err := e.Board.Publish(ctx); err != nil {
		t.Fatal(err)
	}
	base := serve(t, func(path string) ([]byte, int) {
		what, number, _ := strings.Cut(strings.TrimPrefix(path, "/api/v1/"), "/")
		index, err := strconv.ParseUint(number, 10, 64)
		if err != nil {
			return nil, 404
		}
		read := map[string]func(context.Context, uint64) ([]byte, error){"entries": e.Board.Entry, "proofs": e.Board.Receipt}[what]
		body, err := read(context.Background(), index)
		if err != nil {
			return nil, 404
		}
		return body, 200
	})
	state, states := e.Door.State(), map[record.Decision]int{}
	for index := range state.Size() {
		b, ok := state.Ballot(index)
		if !ok || states[b.Decision] == 4 {
			continue
		}
		states[b.Decision]++
		claim := map[string]string{"election": string(e.ID()), "ballot": strconv.FormatUint(index, 10),
			"number": b.Voter.BallotNumber, "code": b.Code, "roll": strconv.FormatUint(b.Voter.RollAt, 10)}
		want := outcomes{}
		switch b.Decision {
		case record.Cast:
			claim["kind"], claim["decision"] = "cast", strconv.FormatUint(b.DecidedAt, 10)
		case record.Tested:
			claim["kind"], claim["decision"] = "test", strconv.FormatUint(b.DecidedAt, 10)
		case record.Undecided:
			want = undecided
		}
		check(t, base, claim, "", want)
	}
	if states[record.Cast] == 0 || states[record.Tested] == 0 || states[record.Undecided] == 0 {
		t.Errorf("ballots checked: %v, want some in every state", states)
	}
}

// undecided is what can not be told of a ballot without a decision.
var undecided = outcomes{"decision": unknown, "decision-record": unknown, "decision-signed": unknown}

// TestAllIsWell checks the ballots of a board with a witness, a roll of two
// chunks and a void tick, and that a voter is found whom the page does not name a
// chunk for.
func TestAllIsWell(t *testing.T) {
	b := newBoard(t, nil)
	base := serve(t, b.answers)
	for _, ballot := range []int{atCast, atTested} {
		claim := b.claim(t, ballot)
		check(t, base, claim, "", outcomes{})
		delete(claim, "roll")
		check(t, base, claim, "", outcomes{})
	}
	claim := b.claim(t, atCast)
	claim["election"] = strings.ToLower(claim["election"][:9] + " " + claim["election"][9:18] + "-" + claim["election"][18:])
	claim["code"] = claim["code"][:4] + " " + claim["code"][4:]
	check(t, base, claim, "", outcomes{})

	late := maps.Clone(undecided)
	late["tick"], late["code"] = unknown, unknown
	check(t, base, b.claim(t, atLate), "", late)
}

// TestOtherBrowsers holds that what a browser lacks is never taken for right,
// nor for wrong.
func TestOtherBrowsers(t *testing.T) {
	b := newBoard(t, nil)
	base := serve(t, b.answers)
	check(t, base, b.claim(t, atCast), "Ed25519", outcomes{"checkpoint": unknown, "tick": unknown, "code": unknown})
	check(t, base, b.claim(t, atCast), "everything", allBut("", unknown))
}

// allBut says one thing of every step of a cast ballot but those named.
func allBut(ok string, outcome string) outcomes {
	all := outcomes{}
	for _, id := range slices.Concat(proofSteps, mathsSteps) {
		if !slices.Contains(strings.Fields(ok), id) {
			all[id] = outcome
		}
	}
	return all
}

// TestClaims holds that a page is refused whose claims are not the record's.
func TestClaims(t *testing.T) {
	b, other := newBoard(t, nil), newBoard(t, nil)
	base := serve(t, b.answers)
	otherID := other.claim(t, atCast)["election"]
	with := func(o outcomes, id, outcome string) outcomes {
		o = maps.Clone(o)
		o[id] = outcome
		return o
	}
	noElection := with(allBut("", unknown), "election", bad)
	noRoll := outcomes{"roll": bad, "decision-signed": unknown}
	for _, c := range []struct {
		name, attribute, value string
		want                   outcomes
	}{
		{"another election", "election", otherID, noElection},
		{"a beginning of the election id", "election", b.claim(t, atCast)["election"][:12], noElection},
		{"no election", "election", "", noElection},
		{"another ballot number", "number", b.claim(t, atTested)["number"], outcomes{"ballot": bad}},
		{"no ballot number", "number", "", outcomes{"ballot": unknown}},
		{"another receipt code", "code", b.claim(t, atTested)["code"], outcomes{"code": bad}},
		{"no receipt code", "code", "", outcomes{"code": unknown}},
		{"a cast called a test", "kind", "test", outcomes{"decision": bad}},
		{"a decision of no kind", "kind", "", outcomes{"decision": unknown}},
		{"another's decision", "decision", strconv.Itoa(atTestEntry), outcomes{"decision": bad, "decision-signed": bad, "opening": bad}},
		{"a decision that is none", "decision", strconv.Itoa(atTick),
			outcomes{"decision": bad, "decision-record": unknown, "decision-signed": unknown}},
		{"a decision that is not there", "decision", "99",
			outcomes{"decision": unknown, "decision-record": unknown, "decision-signed": unknown}},
		{"a decision before the ballot", "decision", strconv.Itoa(atOpen),
			outcomes{"decision": bad, "decision-record": unknown, "decision-signed": unknown}},
		{"a ballot that is none", "ballot", strconv.Itoa(atTick), with(allBut("election", unknown), "ballot", bad)},
		{"a ballot that is no number", "ballot", "six", allBut("election", unknown)},
		{"another ballot", "ballot", strconv.Itoa(atTested),
			outcomes{"ballot": bad, "decision": bad, "roll": bad, "decision-signed": unknown, "code": bad}},
		{"another chunk of the roll", "roll", "1", noRoll},
		{"a chunk of the roll that is none", "roll", "3", noRoll},
		{"open for a chunk of the roll", "roll", strconv.Itoa(atOpen), noRoll},
		{"a chunk of the roll after open", "roll", strconv.Itoa(atTick), noRoll},
		{"a chunk of the roll beyond the board", "roll", "999999999999999", noRoll},
		{"the manifest for a chunk of the roll", "roll", "0", noRoll},
		{"a chunk of the roll that is no number", "roll", "two", noRoll},
		{"a chunk of the roll below 0", "roll", "-2", noRoll},
	} {
		t.Run(c.name, func(t *testing.T) {
			claim := b.claim(t, atCast)
			claim[c.attribute] = c.value
			check(t, base, claim, "", c.want)
		})
	}
	claim := b.claim(t, atTested)
	claim["opened"] = "0:0 1:1"
	check(t, base, claim, "", outcomes{"opening": bad})
}
