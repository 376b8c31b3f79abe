package main

import (
	"bytes"
	"context"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"rollcall/bulletin/entry"
)

// followOnce looks at a board once, at a time.
func followOnce(t *testing.T, now time.Time, args ...string) (int, string) {
	t.Helper()
	var out, errs bytes.Buffer
	cmd := &command{stdout: &out, stderr: &errs}
	cmd.follow.now = func() time.Time { return now }
	cmd.follow.wait = func(context.Context, time.Duration) error { t.Error("it waits"); return context.Canceled }
	code := cmd.run(t.Context(), append(args, "--follow", "--once", "--evidence-dir", t.TempDir()))
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
