package audit

import (
	"context"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"rollcall/bulletin/checkpoint"
	"rollcall/bulletin/entry"
	"rollcall/bulletin/tlog"
	"rollcall/internal/election"
	"rollcall/tally/booth"
	"rollcall/tally/follow"
)

// voting is an open election without phones, whose booth does what a test says.
type voting struct {
	*election.Election
	t     *testing.T
	board *Board
	voter election.Voter
	plan  Call
}

func begin(t *testing.T) *voting {
	t.Helper()
	ctx := t.Context()
	e, err := election.New(ctx, election.Small(t.TempDir()))
	must(t, err)
	t.Cleanup(func() { must(t, e.Close()) })
	must(t, e.Ceremony(ctx))
	must(t, e.Open(ctx))
	text, err := os.ReadFile(e.Policy())
	must(t, err)
	policy, err := checkpoint.ParsePolicy(text)
	must(t, err)
	v := &voting{Election: e, t: t, voter: e.Voters[0]}
	v.board, err = OpenBoard(ctx, e.Public(), policy, e.ID())
	must(t, err)
	v.plan = Call{Call: 1, BallotNumber: v.number(v.voter), Conduct: Tests,
		Choices: []Choice{{"mayor", []string{"ben"}}, {"board", []string{"dan", "fay"}}}}
	return v
}

// through has the board read through another reader.
func (v *voting) through(r tlog.Reader) {
	v.t.Helper()
	v.board.reader, v.board.follower = r, follow.New(r, v.board.policy, v.ID())
	must(v.t, v.board.update(v.t.Context()))
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func (v *voting) number(voter election.Voter) string {
	on, _, ok := v.Door.State().VoterByKey([32]byte(voter.Ballot.Public().Bytes()))
	if !ok {
		v.t.Fatal("a voter is not on the roll")
	}
	return on.BallotNumber
}

// seal seals a ballot and returns it with its code.
func (v *voting) seal(voter election.Voter, choices [][]int) *booth.Sealed {
	v.t.Helper()
	e, sealed, err := v.Booth.Make(voter.Ballot, voter.Unit, choices)
	must(v.t, err)
	sealed.Index, err = v.Door.Post(v.t.Context(), e.Bytes())
	must(v.t, err)
	v.tick()
	b, ok := v.Door.State().Ballot(sealed.Index)
	if !ok || b.Code == "" {
		v.t.Fatal("a sealed ballot has no code")
	}
	sealed.Code = b.Code
	return sealed
}

func (v *voting) tick() {
	v.t.Helper()
	v.Advance(time.Second)
	must(v.t, v.Door.Tick(v.t.Context()))
}

func (v *voting) post(e *entry.Entry, err error) {
	v.t.Helper()
	must(v.t, err)
	_, err = v.Door.Post(v.t.Context(), e.Bytes())
	must(v.t, err)
	v.tick()
}

func (v *voting) open(s *booth.Sealed) { v.t.Helper(); v.post(v.Booth.MakeTest(s, v.voter.Ballot)) }

// keyed is what the plan keys, as a booth takes it.
var keyed = [][]int{{1}, {0, 2}}

// TestJudge holds calls against what a booth did, honest and not.
func TestJudge(t *testing.T) {
	done := func(s *booth.Sealed, step Step) Progress { return Progress{Step: step, Code: s.Code} }
	for _, tt := range []struct {
		name     string
		do       func(v *voting) (Outcome, Progress)
		want     []Kind
		compared bool
	}{
		{"honest", func(v *voting) (Outcome, Progress) {
			s := v.seal(v.voter, keyed)
			v.open(s)
			return Tested, done(s, StepDone)
		}, nil, true},
		{"abandoned", func(v *voting) (Outcome, Progress) { return Abandoned, done(v.seal(v.voter, keyed), StepCode) }, nil, false},
		{"dropped before the code", func(v *voting) (Outcome, Progress) { v.seal(v.voter, keyed); return Dropped, Progress{Step: StepSeal} }, nil, false},
		{"busy", func(*voting) (Outcome, Progress) { return Busy, Progress{Step: StepDial} }, nil, false},
		{"one option swapped", func(v *voting) (Outcome, Progress) {
			s := v.seal(v.voter, [][]int{{1}, {0, 1}})
			v.open(s)
			return Tested, done(s, StepDone)
		}, []Kind{Altered}, true},
		{"an option dropped", func(v *voting) (Outcome, Progress) {
			s := v.seal(v.voter, [][]int{{1}, {0}})
			v.open(s)
			return Tested, done(s, StepDone)
		}, []Kind{Altered}, true},
		{"left blank", func(v *voting) (Outcome, Progress) {
			s := v.seal(v.voter, [][]int{{}, {0, 2}})
			v.open(s)
			return Tested, done(s, StepDone)
		}, []Kind{Altered}, true},
		{"not opened", func(v *voting) (Outcome, Progress) { return TestDropped, done(v.seal(v.voter, keyed), StepTest) }, []Kind{NotOpened}, true},
		{"cut off, not opened", func(v *voting) (Outcome, Progress) { return Interrupted, done(v.seal(v.voter, keyed), StepTest) }, nil, false},
		{"cut off as test was pressed", func(v *voting) (Outcome, Progress) {
			s := v.seal(v.voter, keyed)
			v.open(s)
			return Interrupted, done(s, StepCode)
		}, nil, true},
		{"another's code", func(v *voting) (Outcome, Progress) {
			other := v.seal(v.Voters[1], keyed)
			v.open(v.seal(v.voter, keyed))
			return Tested, done(other, StepDone)
		}, []Kind{WrongCode}, true},
		{"another's code, and altered", func(v *voting) (Outcome, Progress) {
			other := v.seal(v.Voters[1], keyed)
			v.open(v.seal(v.voter, [][]int{{0}, {0, 2}}))
			return Tested, done(other, StepDone)
		}, []Kind{WrongCode, Altered}, true},
		{"another's code, and no ballot", func(v *voting) (Outcome, Progress) {
			return Tested, done(v.seal(v.Voters[1], keyed), StepDone)
		}, []Kind{WrongCode}, true},
		{"code of nothing", func(*voting) (Outcome, Progress) { return Tested, Progress{Step: StepDone, Code: "1234567812345678"} }, []Kind{NotOnBoard}, true},
		{"unclear code", func(v *voting) (Outcome, Progress) {
			v.open(v.seal(v.voter, keyed))
			return Tested, Progress{Step: StepDone}
		}, nil, true},
		{"unclear code, altered", func(v *voting) (Outcome, Progress) {
			v.open(v.seal(v.voter, [][]int{{0}, {0, 2}}))
			return Tested, Progress{Step: StepDone}
		}, []Kind{Altered}, true},
		{"unclear code, not opened", func(v *voting) (Outcome, Progress) {
			v.seal(v.voter, keyed)
			return TestDropped, Progress{Step: StepTest}
		}, []Kind{NotOpened}, true},
		{"unclear code, no ballot", func(*voting) (Outcome, Progress) { return Tested, Progress{Step: StepDone} }, []Kind{NotOnBoard}, true},
		{"unclear code, two ballots, the later opened", func(v *voting) (Outcome, Progress) {
			v.seal(v.voter, [][]int{{0}, {}})
			v.open(v.seal(v.voter, keyed))
			return Tested, Progress{Step: StepDone}
		}, []Kind{ExtraBallot}, true},
		{"unclear code, dropped", func(v *voting) (Outcome, Progress) { v.seal(v.voter, keyed); return Dropped, Progress{Step: StepCode} }, nil, false},
		{"two ballots", func(v *voting) (Outcome, Progress) {
			v.seal(v.voter, keyed)
			s := v.seal(v.voter, keyed)
			v.open(s)
			return Tested, done(s, StepDone)
		}, []Kind{ExtraBallot}, true},
		{"a ballot, and none was kept", func(v *voting) (Outcome, Progress) {
			v.seal(v.voter, keyed)
			return Dropped, Progress{Step: StepChoose}
		}, []Kind{ExtraBallot}, false},
		{"cast", func(v *voting) (Outcome, Progress) {
			s := v.seal(v.voter, keyed)
			v.post(v.Booth.MakeCast(s, v.voter.Cast))
			return Abandoned, done(s, StepCode)
		}, []Kind{CastByOther}, false},
		{"cast in place of tested", func(v *voting) (Outcome, Progress) {
			s := v.seal(v.voter, keyed)
			v.post(v.Booth.MakeCast(s, v.voter.Cast))
			return Tested, done(s, StepDone)
		}, []Kind{CastByOther, NotOpened}, true},
		{"opened unasked", func(v *voting) (Outcome, Progress) {
			s := v.seal(v.voter, keyed)
			v.open(s)
			return Abandoned, done(s, StepCode)
		}, []Kind{OpenByOther}, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			v := begin(t)
			plan := v.plan
			if strings.Contains(tt.name, "unasked") {
				plan.Conduct = Abandons
			}
			r := &Result{Call: 1}
			size := v.board.size()
			r.Outcome, r.Progress = tt.do(v)
			r.Progress.Size = size
			must(t, v.board.update(t.Context()))
			judge(v.board, plan, r, v.board.size())
			var got []Kind
			for _, m := range r.Mismatches {
				got = append(got, m.Kind)
				if m.Kind != NotOnBoard && len(m.Entries) == 0 {
					t.Errorf("%s has no entries to show", m.Kind)
				}
			}
			if !slices.Equal(got, tt.want) || r.Compared != tt.compared {
				t.Errorf("found %v, compared %v; want %v, %v", r.Mismatches, r.Compared, tt.want, tt.compared)
			}
			if sealed := len(v.board.ballots(plan.BallotNumber, size, v.board.size())) > 0; r.Sealed != sealed {
				t.Errorf("sealed %v, want %v", r.Sealed, sealed)
			}
			v.checkShown(r)
		})
	}
}

// checkShown holds that what a mismatch names can be shown.
func (v *voting) checkShown(r *Result) {
	v.t.Helper()
	for _, m := range r.Mismatches {
		list, err := v.board.show(context.Background(), m.Entries)
		if err != nil || len(list) != len(m.Entries) {
			v.t.Errorf("%s: %d entries shown: %v", m.Kind, len(list), err)
		}
	}
}

// TestLaterBallots holds that the ballots of a later call with a letter are not
// charged to an earlier one.
func TestLaterBallots(t *testing.T) {
	t.Parallel()
	v := begin(t)
	first := &Result{Call: 1, Outcome: Tested, Progress: Progress{Step: StepDone, Size: v.board.size()}}
	s := v.seal(v.voter, keyed)
	v.open(s)
	first.Progress.Code = s.Code
	must(t, v.board.update(t.Context()))
	later := v.board.size()
	v.seal(v.voter, [][]int{{0}, {}})
	must(t, v.board.update(t.Context()))
	if judge(v.board, v.plan, first, later); len(first.Mismatches) != 0 {
		t.Errorf("found %v", first.Mismatches)
	}
	if judge(v.board, v.plan, first, v.board.size()); len(first.Mismatches) != 1 {
		t.Errorf("found %v, want an extra ballot", first.Mismatches)
	}
}
