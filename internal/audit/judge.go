package audit

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"rollcall/bulletin/entry"
	"rollcall/tally/follow"
	"rollcall/tally/record"
)

// Kind is how the board differs from what a call did.
type Kind string

// Kinds of mismatch.
const (
	Altered     Kind = "altered"         // the ballot opened holds something else than was keyed
	WrongCode   Kind = "wrong-code"      // the code spoken is that of no ballot of the call
	NotOnBoard  Kind = "not-on-board"    // the code spoken is on no ballot at all
	NotOpened   Kind = "not-opened"      // test was pressed, and the ballot is not open
	ExtraBallot Kind = "extra-ballot"    // more ballots than were made
	CastByOther Kind = "cast-without-us" // a ballot is cast, and audits cast none
	OpenByOther Kind = "opened-without-us"
)

// Mismatch is one of them.
type Mismatch struct {
	Kind    Kind     `json:"kind"`
	Detail  string   `json:"detail"`
	Entries []uint64 `json:"entries,omitempty"` // of the board, that show it
}

// pollEvery is how often the board is read for what a call should have left there.
const pollEvery = 100 * time.Millisecond

// judge holds one call against the board, as it was read: until is the index from
// which on ballots of the letter belong to later calls. That something is missing is
// said only of a board that was read after the call.
func judge(b *Board, plan Call, r *Result, until uint64) {
	r.Mismatches, r.Compared = nil, false
	mine := b.ballots(plan.BallotNumber, r.Progress.Size, until)
	r.Sealed = len(mine) > 0
	add := func(k Kind, entries []uint64, format string, args ...any) {
		r.Mismatches = append(r.Mismatches, Mismatch{k, fmt.Sprintf(format, args...), entries})
	}
	most := 0
	if r.Progress.sealing() {
		most = 1
	}
	if len(mine) > most {
		add(ExtraBallot, indices(mine), "the call made %d ballots at most, and the board has %d of its ballot number from that time", most, len(mine))
	}
	for _, ballot := range mine {
		if ballot.Decision == record.Cast {
			add(CastByOther, entriesOf(ballot), "ballot %d of the call is cast; the letter has no cast code, and none was keyed", ballot.Index)
		}
		// Of a call that was cut off nobody knows whether it still pressed test.
		if ballot.Decision == record.Tested && !r.Progress.testing() && (r.Outcome != Interrupted || plan.Conduct != Tests) {
			add(OpenByOther, entriesOf(ballot), "ballot %d of the call is opened, and test was never pressed", ballot.Index)
		}
	}
	if r.Progress.Code == "" && !r.Progress.testing() {
		return
	}
	r.Compared = r.Progress.testing()
	known := b.knows(r.Ended)
	at := find(b, plan, r, mine, known, add)
	if at < 0 {
		r.Compared = r.Compared && (known || len(r.Mismatches) > 0)
		return
	}
	ballot := mine[at]
	if ballot.Decision != record.Tested {
		if !r.Compared || r.Outcome == Interrupted || !known {
			r.Compared = false
			return
		}
		add(NotOpened, entriesOf(ballot), "test was pressed for ballot %d (call: %s), and the board does not show it opened", ballot.Index, r.Outcome)
		return
	}
	r.Compared = r.Compared || r.Outcome == Interrupted && plan.Conduct == Tests
	if detail := differs(b.Manifest(), plan.Choices, ballot.Opened); detail != "" {
		add(Altered, entriesOf(ballot), "ballot %d: %s", ballot.Index, detail)
	}
}

// find returns which of the call's ballots is the one whose code was spoken, or that
// was opened if the code stayed unclear; -1 if there is none to compare. known is
// whether the board was read after the call.
func find(b *Board, plan Call, r *Result, mine []record.Ballot, known bool, add func(Kind, []uint64, string, ...any)) int {
	code := r.Progress.Code
	if code == "" {
		if len(mine) == 0 {
			if known {
				add(NotOnBoard, nil, "the line read a code that stayed unclear, and the call's ballot is not on the board")
			}
			return -1
		}
		return max(0, slices.IndexFunc(mine, func(x record.Ballot) bool { return x.Decision == record.Tested }))
	}
	if at := slices.IndexFunc(mine, func(x record.Ballot) bool { return x.Code == code }); at >= 0 {
		return at
	}
	others := b.follower.State().FindCode(code)
	switch {
	case len(others) > 0:
		add(WrongCode, append(indices(others), indices(mine)...), "the code spoken belongs to a ballot of %s, not to one of this call",
			whose(others[0], plan))
	case !known:
		return -1
	case len(mine) > 0:
		add(WrongCode, indices(mine), "no ballot has the code spoken; the call's ballot has another")
	default:
		add(NotOnBoard, nil, "no ballot has the code spoken, and the call's ballot is not on the board")
	}
	if len(mine) != 1 {
		return -1
	}
	return 0
}

// whose names the owner of a ballot.
func whose(b record.Ballot, plan Call) string {
	if b.Voter.BallotNumber == plan.BallotNumber {
		return "the same ballot number, from another time"
	}
	return "another ballot number"
}

func indices(ballots []record.Ballot) []uint64 {
	var list []uint64
	for _, b := range ballots {
		list = append(list, b.Index)
	}
	return list
}

// entriesOf lists the entries about a ballot: itself, its code tick, its decision.
func entriesOf(b record.Ballot) []uint64 {
	list := []uint64{b.Index}
	for _, i := range []uint64{b.CodeTick, b.DecidedAt} {
		if i > 0 {
			list = append(list, i)
		}
	}
	return list
}

// differs holds an opened ballot against what was keyed and says where they
// differ, or "".
func differs(m *entry.Manifest, keyed []Choice, opened *entry.Test) string {
	var faults []string
	if len(opened.Openings) != len(keyed) {
		return fmt.Sprintf("%d contests are opened, %d were voted in", len(opened.Openings), len(keyed))
	}
	for i, o := range opened.Openings {
		c := &m.Contests[o.Contest]
		got := []string{}
		for _, s := range o.Selected {
			if s < uint64(len(c.Options)) {
				got = append(got, c.Options[s].ID)
			}
		}
		if c.ID != keyed[i].Contest || !slices.Equal(got, keyed[i].Options) {
			faults = append(faults, fmt.Sprintf("keyed %s in %s, opened %s in %s", list(keyed[i].Options), keyed[i].Contest, list(got), c.ID))
		}
	}
	return strings.Join(faults, "; ")
}

func list(options []string) string {
	if len(options) == 0 {
		return "a blank"
	}
	return strings.Join(options, ", ")
}

// await reads the board until it shows what the call should have left there, or
// the patience is over, and judges.
func (a *Audit) await(ctx context.Context, plan Call, r *Result) error {
	deadline := time.Now().Add(a.cfg.Patience)
	for {
		if err := a.board.update(ctx); err != nil && (errors.Is(err, follow.ErrWrong) || ctx.Err() != nil) {
			return err
		}
		judge(a.board, plan, r, a.board.size())
		waits := slices.ContainsFunc(r.Mismatches, func(m Mismatch) bool { return m.Kind == NotOpened || m.Kind == NotOnBoard })
		if !waits || time.Now().After(deadline) {
			return nil
		}
		if err := sleep(ctx, pollEvery); err != nil {
			return err
		}
	}
}
