package audit_test

import (
	"context"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"rollcall/internal/audit"
	"rollcall/internal/badline"
)

// TestHonestBooth audits an honest booth: every call goes as planned, and nothing
// is found.
func TestHonestBooth(t *testing.T) {
	t.Parallel()
	e := open(t, 4)
	cfg := e.config(t, e.listen(t, cheat{}), e.letters, honest, 1)
	cfg.Plan.Abandon = 0.3
	r := run(t, cfg)
	if r.Mismatch() || !r.Complete || r.Outcomes[audit.Tested]+r.Outcomes[audit.Abandoned] != honest || r.Outcomes[audit.Abandoned] == 0 {
		t.Errorf("reported %+v", r)
	}
	if r.Compared != r.Outcomes[audit.Tested] || r.Low != 0 || r.High <= 0 || r.High >= 1 {
		t.Errorf("compared %d, bounds %v %v", r.Compared, r.Low, r.High)
	}
	e.noSecrets(t, cfg.Dir)
}

// TestBadLine audits an honest booth over a line that loses, hides, transcodes and
// attenuates: nothing is found where there is nothing.
func TestBadLine(t *testing.T) {
	t.Parallel()
	e := open(t, 1)
	e.speed = slow
	r := rand.New(rand.NewPCG(8, 8))
	line, err := badline.Listen(e.listen(t, cheat{}), badline.Both(badline.Drift(50e-6), badline.Attenuate(12), badline.Transcode(),
		badline.Lose(r.Float64, 0.02, 1, true), badline.Lose(r.Float64, 0.01, 2, false)))
	must(t, err)
	defer line.Close()
	report := run(t, e.config(t, line.Addr(), e.letters, 3, 4))
	if report.Mismatch() || report.Compared == 0 {
		t.Errorf("reported %+v", report)
	}
}

// TestGoesOn stops an audit in the middle of calls and goes on with it: what was
// made is not made again, and what was cut off is told.
func TestGoesOn(t *testing.T) {
	t.Parallel()
	e := open(t, 2)
	cfg := e.config(t, e.listen(t, cheat{}), e.letters, broken, 5)
	cfg.Plan.Abandon = 0.5
	ctx, stop := context.WithTimeout(t.Context(), limit)
	defer stop()
	first, cut := context.WithCancel(ctx)
	go func() { // in the middle of the third call
		for first.Err() == nil {
			if b, _ := os.ReadFile(filepath.Join(cfg.Dir, "calls", "003", "journal")); strings.Contains(string(b), `"choose"`) {
				cut()
			}
			time.Sleep(time.Millisecond)
		}
	}()
	a, err := audit.Open(cfg)
	must(t, err)
	plan, err := os.ReadFile(filepath.Join(cfg.Dir, "plan.json"))
	must(t, err)
	report, err := a.Run(first)
	if err != context.Canceled || report == nil || report.Complete || report.Made > 3 {
		t.Fatalf("stopped: %+v, %v", report, err)
	}
	made := report.Made
	cfg.Plan.Calls = 99 // the plan that is there is followed
	a, err = audit.Open(cfg)
	must(t, err)
	report, err = a.Run(ctx)
	must(t, err)
	again, err := os.ReadFile(filepath.Join(cfg.Dir, "plan.json"))
	must(t, err)
	if string(plan) != string(again) {
		t.Error("the plan has changed")
	}
	if report.Mismatch() || !report.Complete || report.Made != broken || report.Outcomes[audit.Interrupted] == 0 ||
		report.Outcomes[audit.Interrupted] > 2 || made+report.Outcomes[audit.Interrupted] > broken {
		t.Errorf("gone on: %+v", report)
	}
	if ballots := e.ballots(t); ballots > broken {
		t.Errorf("%d ballots were made by %d calls", ballots, broken)
	}
}

// ballots counts those of all letters.
func (e *town) ballots(t *testing.T) int {
	t.Helper()
	n := 0
	for _, l := range e.letters {
		list, known := e.service.State().FindBallotNumber(l.BallotNumber)
		if !known {
			t.Fatal("a letter is not on the roll")
		}
		n += len(list)
	}
	return n
}
