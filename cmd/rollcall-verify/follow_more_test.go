package main

import (
	"bytes"
	"context"
	"errors"
	mathrand "math/rand/v2"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"rollcall/bulletin/entry"
	"rollcall/internal/election"
)

// followOnce looks at a board once, at a time. Evidence goes to a directory of
// its own unless args name one.
func followOnce(t *testing.T, now time.Time, args ...string) (int, string) {
	t.Helper()
	var out, errs bytes.Buffer
	cmd := &command{stdout: &out, stderr: &errs}
	cmd.follow.now = func() time.Time { return now }
	cmd.follow.wait = func(context.Context, time.Duration) error { t.Error("it waits"); return context.Canceled }
	code := cmd.run(t.Context(), append([]string{"--follow", "--once", "--evidence-dir", t.TempDir()}, args...))
	return code, out.String() + errs.String()
}

// TestFollowAfterRestart holds that a board that is rolled back while nobody
// looks is found by the saved state.
func TestFollowAfterRestart(t *testing.T) {
	f := newForger(t)
	board := f.publish(1, 2, 3)
	args := []string{serve(t, &board), "--policy", f.policy, "--election", string(entry.NewElectionID(f.hash)),
		"--save", filepath.Join(t.TempDir(), "state")}
	if code, out := followOnce(t, time.Unix(1e9, 0), args...); code != exitIncomplete || strings.Contains(out, "ALARM") {
		t.Fatalf("exit code %d\n%s", code, out)
	}
	board = f.publish(1, 2)
	if code, out := followOnce(t, time.Unix(1e9, 0), args...); code != exitAlarm || !strings.Contains(out, "ALARM rollback") {
		t.Errorf("rolled back: exit code %d\n%s", code, out)
	}
	board = f.publish(1, 7, 8, 9)
	if code, out := followOnce(t, time.Unix(1e9, 0), args...); code != exitAlarm || !strings.Contains(out, "ALARM fork") {
		t.Errorf("another history: exit code %d\n%s", code, out)
	}
}

// TestFollowEnded holds that an election that has ended is verified, and that
// no tick is missed in it.
func TestFollowEnded(t *testing.T) {
	e := simulated(t)
	code, out := followOnce(t, time.Unix(int64(e.Now()), 0).Add(24*time.Hour), append(against(e), e.Public(), "--tick-slack", "24h", "--undecided", "100")...)
	if code != exitVerified || !strings.Contains(out, "verified: every check passed") || strings.Contains(out, "ALARM") {
		t.Errorf("exit code %d\n%s", code, out)
	}
}

// TestFollowMissingTick holds a tick back while the election is open.
func TestFollowMissingTick(t *testing.T) {
	ctx := t.Context()
	o := election.Small(t.TempDir())
	o.Voters = []int{0, 2, 0, 0}
	e, err := election.New(ctx, o)
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	votes := election.RandomVotes(e.Manifest, e.Voters, mathrand.New(mathrand.NewPCG(8, 9)))
	if err := errors.Join(e.Ceremony(ctx), e.Open(ctx), e.Run(ctx, votes)); err != nil {
		t.Fatal(err)
	}
	now := time.Unix(int64(e.Now()), 0)
	args := append(against(e), e.Public())
	if code, out := followOnce(t, now.Add(time.Minute), args...); code != exitIncomplete {
		t.Errorf("in time: exit code %d\n%s", code, out)
	}
	if code, out := followOnce(t, now.Add(3*time.Minute), args...); code != exitAlarm || !strings.Contains(out, "ALARM tick: ") {
		t.Errorf("late: exit code %d\n%s", code, out)
	}
	if code, out := followOnce(t, now.Add(-time.Hour), args...); code != exitAlarm || !strings.Contains(out, "ALARM tick-time: ") {
		t.Errorf("from the future: exit code %d\n%s", code, out)
	}
}
