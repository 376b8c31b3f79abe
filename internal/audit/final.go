package audit

import (
	"context"
	"errors"
	"fmt"

	"rollcall/tally/record"
)

// judgeAll judges all calls once more, over the record as it is now, writes
// evidence and makes the report. What the board refuses keeps nothing that is known
// from being told: errors are of the auditor's own machine alone.
func (a *Audit) judgeAll(ctx context.Context) (*Report, error) {
	report := &Report{Election: a.plan.Election, Planned: len(a.plan.Calls), Outcomes: map[Outcome]int{}, Confidence: Confidence,
		Assumption: Assumption, Mismatches: []Found{}}
	if err := a.board.update(ctx); err != nil {
		report.Board = err.Error()
	}
	for i, c := range a.plan.Calls {
		r := a.result(c.Call)
		if r == nil {
			continue
		}
		judge(a.board, c, r, a.until(i))
		if err := a.store.saveResult(r); err != nil {
			return nil, err
		}
		report.Made++
		report.Outcomes[r.Outcome]++
		if r.Compared {
			report.Compared++
			if r.Progress.Code == "" {
				report.Unheard++
			}
			if len(r.Mismatches) > 0 {
				report.Mismatched++
			}
		} else if r.Sealed && c.Conduct == Tests {
			report.Uncompared++
		}
		if err := a.tell(ctx, report, c, r); err != nil {
			return nil, err
		}
	}
	for _, l := range a.cfg.Letters {
		if err := a.judgeLetter(ctx, l.BallotNumber, report); err != nil {
			return nil, err
		}
	}
	report.Complete = report.Made == report.Planned && report.Board == ""
	report.Low, report.High = Interval(report.Mismatched, report.Compared)
	_, report.Worst = Interval(report.Mismatched+report.Uncompared, report.Compared+report.Uncompared)
	return report, nil
}

// judgeLetter holds against the board what was done with a letter before its
// first call: as call 0.
func (a *Audit) judgeLetter(ctx context.Context, number string, report *Report) error {
	first := a.board.size()
	for _, c := range a.plan.Calls {
		if r := a.result(c.Call); r != nil && c.BallotNumber == number {
			first = min(first, r.Progress.Size)
		}
	}
	r := &Result{Began: a.plan.Made, Ended: a.plan.Made, Outcome: "no call"}
	for _, b := range a.board.ballots(number, 0, first) {
		if b.Index >= a.plan.Size {
			r.Mismatches = append(r.Mismatches, Mismatch{ExtraBallot, fmt.Sprintf("ballot %d was made before the letter's first call", b.Index), entriesOf(b)})
		}
		if b.Decision == record.Cast && b.DecidedAt >= a.plan.Size {
			r.Mismatches = append(r.Mismatches, Mismatch{CastByOther, fmt.Sprintf("ballot %d, from before the letter's first call, is cast", b.Index), entriesOf(b)})
		}
	}
	return a.tell(ctx, report, Call{BallotNumber: number, Choices: []Choice{}}, r)
}

// tell adds the mismatches of a call to the report, and writes their evidence.
func (a *Audit) tell(ctx context.Context, report *Report, plan Call, r *Result) error {
	if len(r.Mismatches) == 0 {
		return nil
	}
	lacking := ""
	if err := a.writeEvidence(ctx, plan, r); err != nil {
		var refused *boardError
		if !errors.As(err, &refused) {
			return err
		}
		lacking = err.Error()
	}
	for _, m := range r.Mismatches {
		report.Mismatches = append(report.Mismatches, Found{r.Call, m.Kind, m.Detail, a.store.evidence(r.Call), lacking})
	}
	return nil
}

// until is the index from which on ballots belong to later calls with the letter
// of call i.
func (a *Audit) until(i int) uint64 {
	until := a.board.size()
	own := a.result(a.plan.Calls[i].Call)
	for _, c := range a.plan.Calls {
		if r := a.result(c.Call); r != nil && r != own && c.BallotNumber == a.plan.Calls[i].BallotNumber && r.Began.After(own.Began) {
			until = min(until, r.Progress.Size)
		}
	}
	return until
}
