package audit

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"rollcall/bulletin/tlog"
)

// refusing is a board that does not give some files.
type refusing struct {
	tlog.Reader
	refuses func(tlog.Tile) bool
}

func (r refusing) Tile(ctx context.Context, t tlog.Tile) ([]byte, error) {
	if r.refuses(t) {
		return nil, errors.New("503 Service Unavailable")
	}
	return r.Reader.Tile(ctx, t)
}

// TestBoardRefusesEvidence holds that a board can not keep a mismatch from being
// told by refusing the entries that show it.
func TestBoardRefusesEvidence(t *testing.T) {
	t.Parallel()
	v := begin(t)
	refuses := false
	v.through(refusing{v.board.reader, func(tlog.Tile) bool { return refuses }})
	r := &Result{Call: 1, Began: time.Now(), Outcome: Tested, Progress: Progress{Step: StepDone, Size: v.board.size()}}
	s := v.seal(v.voter, [][]int{{0}, {0, 2}})
	v.open(s)
	r.Progress.Code = s.Code
	must(t, v.board.update(t.Context()))
	dir := store(t.TempDir())
	a := &Audit{store: dir, board: v.board, plan: &Plan{Election: "x", Calls: []Call{v.plan}}, results: map[int]*Result{1: r}}
	v.tick() // which the audit does not know yet
	refuses = true
	report, err := a.judgeAll(t.Context())
	must(t, err)
	if len(report.Mismatches) != 1 || report.Mismatches[0].Kind != Altered || report.Mismatched != 1 ||
		!strings.Contains(report.Mismatches[0].Lacking, "503") ||
		!strings.Contains(report.Board, "503") || report.Complete {
		t.Errorf("reported %+v", report)
	}
	if _, err := os.Stat(filepath.Join(dir.evidence(1), "README.txt")); err != nil {
		t.Error(err)
	}
	refuses = false
	report, err = a.judgeAll(t.Context())
	must(t, err)
	if len(report.Mismatches) != 1 || report.Mismatches[0].Lacking != "" || report.Board != "" || !report.Complete {
		t.Errorf("once the board gives all: %+v", report)
	}
	if list, err := filepath.Glob(filepath.Join(dir.evidence(1), "board", "*.cbor")); err != nil || len(list) == 0 {
		t.Errorf("%d entries, %v", len(list), err)
	}
}
