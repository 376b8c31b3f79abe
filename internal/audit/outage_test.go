package audit

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"rollcall/bulletin/tlog"
	"rollcall/internal/voter"
)

var errDown = errors.New("connection refused")

// down is a board that is out of reach while left is not 0: a number of
// checkpoints that are asked for in vain, or without end if it is negative.
type down struct {
	tlog.Reader
	left *atomic.Int64
}

func (d down) Checkpoint(ctx context.Context) ([]byte, error) {
	if n := d.left.Load(); n != 0 {
		d.left.Store(n - 1)
		return nil, errDown
	}
	return d.Reader.Checkpoint(ctx)
}

func (v *voting) breakable() *atomic.Int64 {
	left := &atomic.Int64{}
	v.through(down{v.board.reader, left})
	return left
}

// TestMissingOfAnUnreadBoard holds that what a board was not asked for is not
// missing on it: nothing is found that a network could do.
func TestMissingOfAnUnreadBoard(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name    string
		outcome Outcome
		done    func(v *voting) Progress
		want    []Kind
	}{
		{"never on the board", TestDropped, func(*voting) Progress { return Progress{Step: StepTest, Code: "1234567890123456"} }, []Kind{NotOnBoard}},
		{"never on the board, its code unclear", TestDropped, func(*voting) Progress { return Progress{Step: StepTest} }, []Kind{NotOnBoard}},
		{"on the board without that code", TestDropped, func(v *voting) Progress {
			v.seal(v.voter, keyed)
			must(v.t, v.board.update(v.t.Context()))
			return Progress{Step: StepTest, Code: "1234567890123456"}
		}, []Kind{WrongCode, NotOpened}},
		{"not opened", TestDropped, func(v *voting) Progress {
			s := v.seal(v.voter, keyed)
			must(v.t, v.board.update(v.t.Context()))
			return Progress{Step: StepTest, Code: s.Code}
		}, []Kind{NotOpened}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			v := begin(t)
			r := &Result{Call: 1, Outcome: tt.outcome, Progress: tt.done(v)}
			r.Ended = time.Now().Add(time.Nanosecond)
			if judge(v.board, v.plan, r, v.board.size()); len(r.Mismatches) != 0 || r.Compared {
				t.Errorf("not read since: compared is %v, found %+v", r.Compared, r.Mismatches)
			}
			must(t, v.board.update(t.Context()))
			judge(v.board, v.plan, r, v.board.size())
			var got []Kind
			for _, m := range r.Mismatches {
				got = append(got, m.Kind)
			}
			if !slices.Equal(got, tt.want) || !r.Compared {
				t.Errorf("read since: compared is %v, found %+v", r.Compared, r.Mismatches)
			}
		})
	}
}

// TestOutOfReach holds that an audit waits for a board that comes back, makes no
// call while it is out of reach, and tells the fault, not that it stopped by it.
func TestOutOfReach(t *testing.T) {
	t.Parallel()
	v := begin(t)
	left := v.breakable()
	second := v.plan
	second.Call = 2
	dir := store(t.TempDir())
	a := &Audit{cfg: Config{Patience: time.Second, AtOnce: 2, Letters: []voter.Letter{{BallotNumber: v.plan.BallotNumber}}}, store: dir, board: v.board,
		plan: &Plan{Election: "x", Calls: []Call{v.plan, second}}, results: map[int]*Result{}, used: map[string][]time.Time{},
		turns: map[string]*sync.Mutex{v.plan.BallotNumber: {}}}
	left.Store(3)
	if err := a.reach(t.Context()); err != nil || left.Load() != 0 {
		t.Errorf("of a board that is back: %v, %d tries left", err, left.Load())
	}
	a.cfg.Patience = 10 * time.Millisecond
	left.Store(-1)
	report, err := a.Run(t.Context())
	if !errors.Is(err, errDown) {
		t.Errorf("error %v", err)
	}
	if report == nil || report.Made != 0 || report.Complete || report.Mismatch() || !strings.Contains(report.Board, errDown.Error()) {
		t.Errorf("reported %+v", report)
	}
	if dir.begun(1) || dir.begun(2) {
		t.Error("a call was made")
	}
}
