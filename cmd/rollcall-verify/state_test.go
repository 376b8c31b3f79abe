package main

import (
	"bytes"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"rollcall/crypto/credential"
	"rollcall/internal/election"
)

// TestSinceSave follows an election from its ceremony to its result, and saves
// and goes on each time, with one file.
func TestSinceSave(t *testing.T) {
	ctx := t.Context()
	o := election.Small(t.TempDir())
	o.Voters = []int{0, 3, 2, 1}
	e, err := election.New(ctx, o)
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	state := filepath.Join(t.TempDir(), "state")
	votes := election.RandomVotes(e.Manifest, e.Voters, rand.New(rand.NewPCG(8, 9)))
	half := len(votes) / 2
	for i, step := range []struct {
		do   func() error
		code int
		says string
	}{
		{func() error { return e.Ceremony(ctx) }, exitIncomplete, "not open yet"},
		{func() error { return e.Open(ctx) }, exitIncomplete, "still open"},
		{func() error { return e.Run(ctx, votes[:half]) }, exitIncomplete, "still open"},
		{func() error { return e.Run(ctx, votes[half:]) }, exitIncomplete, "that had been before"},
		{func() error { return e.End(ctx) }, exitIncomplete, "that had been before"},
		{func() error { return e.Decrypt(ctx, 1, 3) }, exitIncomplete, "there is no result yet"},
		{func() error { _, err := e.Tally(ctx); return err }, exitVerified, "VERIFIED: every check passed"},
		{func() error { return nil }, exitVerified, "VERIFIED: every check passed"},
	} {
		if err := step.do(); err != nil {
			t.Fatal(err)
		}
		args := append(against(e), "--save", state)
		if i > 0 {
			args = append(args, "--since", state)
		}
		code, stdout, stderr := call(t, append(args, e.Public())...)
		if code != step.code || !strings.Contains(stdout, step.says) || stderr != "" {
			t.Fatalf("step %d: exit code %d, want %d and %q\n%s%s", i, code, step.code, step.says, stdout, stderr)
		}
		if info, err := os.Stat(state); err != nil || info.Mode() != 0o600 {
			t.Fatalf("step %d: the state has mode %v, %v", i, info.Mode(), err)
		}
		mustBeAlone(t, state)
		// At once, all but the number of entries judged and the time is the same.
		_, whole, _ := call(t, append(against(e), "--json", e.Public())...)
		_, since, _ := call(t, append(against(e), "--json", "--since", state, e.Public())...)
		if a, b := withoutTime(whole), withoutTime(since); a != b {
			t.Fatalf("step %d: at once\n%s\nfrom the state\n%s", i, a, b)
		}
	}
	number := credential.BallotNumber(e.Hash, e.Voters[0].Ballot.Public())
	if code, _, stderr := call(t, append(against(e), "receipt", "--since", state, number, e.Public())...); code != exitUsage || !strings.Contains(stderr, "unknown flag: --since") {
		t.Errorf("receipt: exit code %d, %s", code, stderr)
	}
}

func withoutTime(json string) string {
	lines := strings.Split(json, "\n")
	return strings.Join(slices.DeleteFunc(lines, func(l string) bool { return strings.Contains(l, "elapsed_ms") }), "\n")
}

// mustBeAlone holds that no temporary file is left beside a state.
func mustBeAlone(t *testing.T, state string) {
	t.Helper()
	files, err := os.ReadDir(filepath.Dir(state))
	if err != nil || len(files) != 1 || files[0].Name() != filepath.Base(state) {
		t.Fatalf("beside the state there are %v, %v", files, err)
	}
}

// TestBadState is a state that can not be gone on from: wrong usage, with what
// to do, and nothing is judged.
func TestBadState(t *testing.T) {
	e := simulated(t)
	path := filepath.Join(t.TempDir(), "state")
	if code, stdout, stderr := call(t, append(against(e), "--save", path, e.Public())...); code != exitVerified {
		t.Fatalf("exit code %d\n%s%s", code, stdout, stderr)
	}
	good, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	flipped := bytes.Clone(good)
	flipped[len(good)/2] ^= 1
	other := "--election=" + strings.Repeat("0", 27)
	for _, c := range []struct {
		name, content, says string
		args                []string
	}{
		{"cut", string(good[:len(good)-40]), "is damaged", nil},
		{"a byte flipped", string(flipped), "is damaged", nil},
		{"empty", "", "does not begin as one", nil},
		{"another version", strings.Replace(string(good), "version 2", "version 7", 1), "of another version of this program", nil},
		{"another election", string(good), "is of election " + string(e.ID()), []string{other}},
	} {
		file := write(t, "state", c.content)
		code, stdout, stderr := call(t, slices.Concat(against(e), c.args, []string{"--since", file, e.Public()})...)
		if code != exitUsage || !strings.Contains(stderr, c.says) || !strings.Contains(stderr, "verify anew, without --since") || stdout != "" {
			t.Errorf("%s: exit code %d, want %d and %q\n%s%s", c.name, code, exitUsage, c.says, stdout, stderr)
		}
	}
	code, _, stderr := call(t, append(against(e), "--since", filepath.Join(t.TempDir(), "none"), e.Public())...)
	if code != exitUsage || !strings.Contains(stderr, "for the first time, verify without it") {
		t.Errorf("no file: exit code %d, %s", code, stderr)
	}
}

// TestNotSaved holds that a record that fails, or can not be read, leaves an
// older state as it was, and that what can not be written is found at once.
func TestNotSaved(t *testing.T) {
	e := simulated(t)
	state := write(t, "state", "what was there")
	empty := t.TempDir()
	for name, args := range map[string][]string{
		"another id": {"--policy", e.Policy(), "--election", strings.Repeat("0", 27), e.Public()},
		"no board":   append(against(e), empty),
	} {
		code, _, stderr := call(t, append(args, "--save", state)...)
		if code == exitVerified || code == exitUsage || !strings.Contains(stderr, "nothing was saved") {
			t.Errorf("%s: exit code %d, %s", name, code, stderr)
		}
		if b, err := os.ReadFile(state); err != nil || string(b) != "what was there" {
			t.Errorf("%s: the older state is %q, %v", name, b, err)
		}
		mustBeAlone(t, state)
	}
	for _, path := range []string{filepath.Join(empty, "none", "state"), empty} {
		var stdout bytes.Buffer
		if code := (&command{stdout: &stdout, stderr: io.Discard}).run(t.Context(), append(against(e), "--save", path, e.Public())); code != exitUsage || stdout.Len() > 0 {
			t.Errorf("%s: exit code %d, %s", path, code, &stdout)
		}
	}
}
