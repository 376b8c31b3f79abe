package main

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"io/fs"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"rollcall/crypto/credential"
	"rollcall/internal/election"
)

// small is one simulated election for all tests: its directory holds board/,
// policy and election.
var small = sync.OnceValues(func() (*election.Election, error) {
	dir, err := os.MkdirTemp("", "rollcall-verify")
	if err != nil {
		return nil, err
	}
	o := election.Small(dir)
	o.Voters = []int{0, 3, 3, 1}
	e, _, err := election.Simulate(context.Background(), o, rand.New(rand.NewPCG(3, 4)))
	if err != nil {
		return nil, err
	}
	return e, e.Close()
})

func TestMain(m *testing.M) {
	code := m.Run()
	if e, err := small(); err == nil {
		os.RemoveAll(e.Dir)
	}
	os.Exit(code)
}

func simulated(t *testing.T) *election.Election {
	t.Helper()
	e, err := small()
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// call runs the program.
func call(t *testing.T, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	var out, errs bytes.Buffer
	code = (&command{stdout: &out, stderr: &errs}).run(t.Context(), args)
	return code, out.String(), errs.String()
}

// against are the flags that hold a record against what is known elsewhere.
func against(e *election.Election) []string {
	return []string{"--election", string(e.ID()), "--policy", e.Policy()}
}

func write(t *testing.T, name, content string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestExitCodes(t *testing.T) {
	e := simulated(t)
	flags := against(e)
	id := string(e.ID())
	slip := "0"
	if strings.HasPrefix(id, slip) {
		slip = "1"
	}
	empty := t.TempDir()
	for _, c := range []struct {
		name string
		args []string
		code int
		says string
	}{
		{"verified", append(flags, e.Public()), exitVerified, "VERIFIED: every check passed"},
		{"id as people type it", []string{"--policy", e.Policy(), "--election", strings.ToLower(id[:5]) + "-" + id[5:10] + " " + id[10:], e.Public()}, exitVerified, "VERIFIED"},
		{"older checkpoint", append(slices.Clone(flags), "--checkpoint", filepath.Join(e.Public(), "checkpoint"), e.Public()), exitVerified, "VERIFIED"},
		{"expected counts", append(slices.Clone(flags), "--expected-counts", write(t, "c", "unit,voters\nnorth,3\nsouth,3\nisland,1\n"), e.Public()), exitVerified, "VERIFIED"},
		{"other counts", append(slices.Clone(flags), "--expected-counts", write(t, "c", "north,3\nsouth,3\nisland,0\n"), e.Public()), exitNotVerified, "expected are 0"},
		{"another id", []string{"--policy", e.Policy(), "--election", "0000000000000000000000000" + "00", e.Public()}, exitNotVerified, "this is election"},
		{"no id", []string{"--policy", e.Policy(), e.Public()}, exitIncomplete, "give --election"},
		{"no policy", []string{"--election", id, e.Public()}, exitIncomplete, "give --policy"},
		{"shortened id", []string{"--policy", e.Policy(), "--election", id[:10], e.Public()}, exitUsage, "10 characters, want all 27"},
		{"id with a slip", []string{"--policy", e.Policy(), "--election", slip + id[1:], e.Public()}, exitUsage, "check character"},
		{"an id that a script did not set", []string{"--policy", e.Policy(), "--election", "", e.Public()}, exitUsage, "--election: is empty"},
		{"a state that a script did not set", append(slices.Clone(flags), "--save", "", e.Public()), exitUsage, "--save: is empty"},
		{"no board", flags, exitUsage, "accepts 1 arg(s)"},
		{"unknown flag", []string{"--trust-me", e.Public()}, exitUsage, "unknown flag"},
		{"unknown arithmetic", append(slices.Clone(flags), "--arithmetic", "both of them", e.Public()), exitUsage, "want edwards25519, circl or both"},
		{"policy that is none", append(slices.Clone(flags), "--policy", write(t, "p", "trust everybody\n"), e.Public()), exitUsage, "--policy"},
		{"policy that is not there", append(slices.Clone(flags), "--policy", "/nonexistent", e.Public()), exitUsage, "--policy"},
		{"counts that are none", append(slices.Clone(flags), "--expected-counts", write(t, "c", "north,many\n"), e.Public()), exitUsage, "no number of voters"},
		{"no such directory", append(slices.Clone(flags), "/nonexistent"), exitIncomplete, "could not fetch"},
		{"empty directory", append(slices.Clone(flags), empty), exitIncomplete, "could not fetch"},
		{"no such scheme", append(slices.Clone(flags), "gopher://board"), exitUsage, "not an http or https URL"},
		{"help", []string{"--help"}, exitVerified, "Usage"},
		{"receipt without a board", []string{"receipt", "1234"}, exitUsage, "accepts 2 arg(s)"},
		{"receipt with a slip", append(slices.Clone(flags), "receipt", "1234567890123456", e.Public()), exitUsage, "check digits"},
	} {
		t.Run(c.name, func(t *testing.T) {
			code, stdout, stderr := call(t, c.args...)
			if code != c.code || !strings.Contains(stdout+stderr, c.says) {
				t.Errorf("exit code %d, want %d and %q\n%s%s", code, c.code, c.says, stdout, stderr)
			}
		})
	}
}

func TestURL(t *testing.T) {
	e := simulated(t)
	server := httptest.NewServer(http.FileServer(http.Dir(e.Public())))
	defer server.Close()
	if code, stdout, stderr := call(t, append(against(e), server.URL)...); code != exitVerified {
		t.Errorf("exit code %d\n%s%s", code, stdout, stderr)
	}
	gone := httptest.NewServer(http.NotFoundHandler())
	defer gone.Close()
	if code, stdout, stderr := call(t, append(against(e), gone.URL)...); code != exitIncomplete {
		t.Errorf("no board: exit code %d\n%s%s", code, stdout, stderr)
	}
}

func TestJSON(t *testing.T) {
	e := simulated(t)
	code, stdout, stderr := call(t, append(against(e), "--json", e.Public())...)
	var got struct {
		Verified bool
		Checks   []struct{ ID, Status string }
	}
	if err := json.Unmarshal([]byte(stdout), &got); err != nil || code != exitVerified || !got.Verified || len(got.Checks) != 21 || stderr != "" {
		t.Errorf("exit code %d, %v\n%s%s", code, err, stdout, stderr)
	}
}

// TestPlain holds that nothing but text goes to what is no terminal.
func TestPlain(t *testing.T) {
	e := simulated(t)
	_, stdout, stderr := call(t, append(against(e), e.Public())...)
	if strings.Contains(stdout, "\x1b") || stderr != "" {
		t.Errorf("colours or a progress bar: %q %q", stdout, stderr)
	}
	for _, id := range []string{"V01", "V10", "V20", "V21"} {
		if strings.Count(stdout, id+"  pass") != 1 {
			t.Errorf("no one line for %s in\n%s", id, stdout)
		}
	}
}

func TestReceipt(t *testing.T) {
	e := simulated(t)
	number := ballotNumber(t, e)
	code, stdout, stderr := call(t, append(against(e), "receipt", number, e.Public())...)
	if code != exitVerified || !strings.Contains(stdout, "ballot number "+number[:4]+" "+number[4:8]) {
		t.Errorf("exit code %d\n%s%s", code, stdout, stderr)
	}
	var got struct {
		Receipts []struct{ Code, State string }
		Record   struct{ Verified bool }
	}
	_, stdout, _ = call(t, append(against(e), "--json", "receipt", number, e.Public())...)
	if err := json.Unmarshal([]byte(stdout), &got); err != nil || len(got.Receipts) == 0 || !got.Record.Verified {
		t.Fatalf("%v\n%s", err, stdout)
	}
	receipt := got.Receipts[0].Code
	if code, stdout, _ := call(t, append(against(e), "receipt", receipt, e.Public())...); code != exitVerified || !strings.Contains(stdout, "Ballot at entry") {
		t.Errorf("exit code %d\n%s", code, stdout)
	}
	if code, stdout, _ := call(t, "receipt", receipt, e.Public()); code != exitIncomplete || !strings.Contains(stdout, "Not checked: V01") {
		t.Errorf("without an id: exit code %d\n%s", code, stdout)
	}
	if code, stdout, _ := call(t, append(against(e), "receipt", "000000000098", e.Public())...); code != exitNotVerified || !strings.Contains(stdout, "No ballot on this board") {
		t.Errorf("unknown number: exit code %d\n%s", code, stdout)
	}
}

// TestFlippedBytes flips one byte at 500 places of the published files: every
// one is found.
func TestFlippedBytes(t *testing.T) {
	e := simulated(t)
	type place struct {
		path string
		at   int
	}
	var places []place
	dir := t.TempDir()
	if err := os.CopyFS(dir, os.DirFS(e.Public())); err != nil {
		t.Fatal(err)
	}
	rnd := rand.New(rand.NewPCG(5, 6))
	content := map[string][]byte{}
	var paths []string
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		content[path], err = os.ReadFile(path)
		paths = append(paths, path)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	n := 200
	if testing.Short() {
		n = 50
	}
	for len(places) < n {
		// Every file as often as any other, or the large ones hide the rest.
		path := paths[rnd.IntN(len(paths))]
		places = append(places, place{path, rnd.IntN(len(content[path]))})
	}
	args := append(against(e), dir)
	for _, p := range places {
		bad := bytes.Clone(content[p.path])
		bad[p.at] ^= byte(1 + rnd.IntN(255))
		if err := os.WriteFile(p.path, bad, 0o644); err != nil {
			t.Fatal(err)
		}
		if code := (&command{stdout: io.Discard, stderr: io.Discard}).run(t.Context(), args); code != exitNotVerified {
			_, stdout, stderr := call(t, args...)
			t.Errorf("%s, byte %d from %02x to %02x: exit code %d\n%s%s", strings.TrimPrefix(p.path, dir), p.at,
				content[p.path][p.at], bad[p.at], code, stdout, stderr)
		}
		if err := os.WriteFile(p.path, content[p.path], 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if code := (&command{stdout: io.Discard, stderr: io.Discard}).run(t.Context(), args); code != exitVerified {
		t.Errorf("restored: exit code %d", code)
	}
}

// ballotNumber returns the ballot number of a voter who has a ballot.
func ballotNumber(t *testing.T, e *election.Election) string {
	t.Helper()
	for _, v := range e.Voters {
		number := credential.BallotNumber(e.Hash, v.Ballot.Public())
		if code, _, _ := call(t, append(against(e), "receipt", number, e.Public())...); code == exitVerified {
			return number
		}
	}
	t.Fatal("nobody has a ballot")
	return ""
}

// TestOpenElection holds that a voter can look up a ballot while others still
// vote, and that nobody takes that for a verified election.
func TestOpenElection(t *testing.T) {
	ctx := t.Context()
	o := election.Small(t.TempDir())
	o.Voters = []int{0, 3, 0, 0}
	e, err := election.New(ctx, o)
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	votes := election.RandomVotes(e.Manifest, e.Voters, rand.New(rand.NewPCG(8, 9)))
	for _, step := range []func() error{
		func() error { return e.Ceremony(ctx) }, func() error { return e.Open(ctx) }, func() error { return e.Run(ctx, votes) },
	} {
		if err := step(); err != nil {
			t.Fatal(err)
		}
	}
	if code, stdout, _ := call(t, append(against(e), e.Public())...); code != exitIncomplete || !strings.Contains(stdout, "the election is still open") {
		t.Errorf("exit code %d, want %d\n%s", code, exitIncomplete, stdout)
	}
	number := credential.BallotNumber(e.Hash, e.Voters[0].Ballot.Public())
	if code, stdout, _ := call(t, append(against(e), "receipt", number, e.Public())...); code != exitVerified || !strings.Contains(stdout, "Ballot at entry") {
		t.Errorf("receipt: exit code %d\n%s", code, stdout)
	}
}
