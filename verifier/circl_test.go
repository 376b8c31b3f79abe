package verifier

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"slices"
	"strconv"
	"sync"
	"testing"

	"rollcall/bulletin/entry"
	"rollcall/crypto/group"
)

// The arithmetic is chosen for a whole process, so the other one is asked by
// running the program that everybody has.

// program builds rollcall-verify, once. Its folder is removed by TestMain.
var program = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp("", "rollcall-verify-")
	if err != nil {
		return "", err
	}
	programDir = dir
	path := filepath.Join(dir, "rollcall-verify")
	if out, err := exec.Command("go", "build", "-o", path, "rollcall/cmd/rollcall-verify").CombinedOutput(); err != nil {
		return "", fmt.Errorf("%w: %s", err, out)
	}
	return path, nil
})

var programDir string

func TestMain(m *testing.M) {
	code := m.Run()
	if started != nil {
		started.stop()
	}
	if programDir != "" {
		os.RemoveAll(programDir)
	}
	os.Exit(code)
}

// mustAgreeWith holds that the program, which computes in an arithmetic and is given
// args, says all that a report does.
func mustAgreeWith(t *testing.T, arithmetic string, report *Report, args []string) {
	t.Helper()
	path, err := program()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), path, slices.Concat(args, []string{"--json", "--arithmetic", arithmetic})...)
	var errs bytes.Buffer
	cmd.Stderr = &errs
	out, err := cmd.Output()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	var got, want map[string]any
	if err := json.Unmarshal(out, &got); err != nil {
		t.Fatalf("%s: %v: %s%s", arithmetic, err, out, errs.Bytes())
	}
	if err := json.Unmarshal([]byte(comparable(t, report)), &want); err != nil {
		t.Fatal(err)
	}
	got["elapsed_ms"] = want["elapsed_ms"]
	if !reflect.DeepEqual(got, want) {
		t.Errorf("%s says\n%s\nand edwards25519\n%s", arithmetic, out, comparable(t, report))
	}
	code := map[bool]int{true: 1, false: 3}[report.Failed()]
	if report.Verified() {
		code = 0
	}
	if cmd.ProcessState.ExitCode() != code {
		t.Errorf("%s exits with %d, want %d: %s", arithmetic, cmd.ProcessState.ExitCode(), code, errs.Bytes())
	}
}

// write writes a board and what it is held against into files, and returns the
// arguments of a program that judges it.
func write(t *testing.T, files board, o Options) []string {
	t.Helper()
	return append([]string{files.folder(t)}, flags(t, o)...)
}

// folder writes a board into a folder.
func (b board) folder(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	for name, data := range b {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o755), os.WriteFile(path, data, 0o644)); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// flags writes what a record is held against into files, and returns the arguments
// that name them. Programs have none for the options that are not here.
func flags(t *testing.T, o Options) (args []string) {
	t.Helper()
	dir := t.TempDir()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	put := func(name string, data []byte) string {
		path := filepath.Join(dir, name)
		must(os.WriteFile(path, data, 0o644))
		return path
	}
	if o.ElectionID != "" {
		args = append(args, "--election", string(o.ElectionID))
	}
	if o.Policy != nil {
		text, err := o.Policy.Marshal()
		must(err)
		args = append(args, "--policy", put("policy", text))
	}
	for i, c := range o.OldCheckpoints {
		args = append(args, "--checkpoint", put("checkpoint-"+strconv.Itoa(i), c))
	}
	if o.ExpectedCounts != nil {
		var b bytes.Buffer
		w := csv.NewWriter(&b)
		must(w.Write([]string{"unit", "voters"}))
		for unit, n := range o.ExpectedCounts {
			must(w.Write([]string{unit, strconv.FormatUint(n, 10)}))
		}
		w.Flush()
		args = append(args, "--expected-counts", put("counts.csv", b.Bytes()))
	}
	return args
}

// TestBothArithmetics: both at once say the same of a record that is in order, and
// of one with a proof that is not.
func TestBothArithmetics(t *testing.T) {
	t.Parallel()
	r := build(t, tamper{})
	report := r.verify()
	if !report.Verified() {
		t.Fatal("not verified")
	}
	for _, a := range []string{"circl", "both"} {
		mustAgreeWith(t, a, report, write(t, r.publish(), r.options()))
	}
	bad := build(t, at("ballot n0", func(r *record, body entry.Body) { body.(*entry.Ballot).Contests[0].Proof[70] ^= 1 }))
	report = bad.verify()
	if report.Verified() && len(report.Void) == 0 {
		t.Fatal("nothing is wrong")
	}
	mustAgreeWith(t, "both", report, write(t, bad.publish(), bad.options()))
}

// TestStateOfAnotherArithmetic saves a state in the middle of an election, when
// ballots wait for their decisions, and goes on from it in another arithmetic. The
// verifier in another language has no states.
func TestStateOfAnotherArithmetic(t *testing.T) {
	t.Parallel()
	r := build(t, tamper{})
	whole := r.verify()
	for _, c := range [][2]string{{"circl", "edwards25519"}, {"edwards25519", "circl"}, {"both", "circl"}} {
		for size := r.size() / 3; size < r.size(); size += 9 {
			state := filepath.Join(t.TempDir(), "state")
			part, err := Verify(t.Context(), r.publishAt(size), r.options())
			if err != nil {
				t.Fatal(err)
			}
			mustAgreeWith(t, c[0], part, append(write(t, r.publishAt(size), r.options()), "--save", state))
			mustAgreeWith(t, c[1], whole, append(write(t, r.publish(), r.options()), "--since", state))
		}
	}
}

// TestDisagreementPassesNothing: after two arithmetics have disagreed no check
// passes, none fails, and there is nothing to go on from. They do so by decree, in
// this process: nobody else can be asked.
func TestDisagreementPassesNothing(t *testing.T) {
	r := build(t, tamper{})
	disagreement = func() error { return errors.New("a sum is two things") }
	defer func() { disagreement = group.Disagreement }()
	report, err := Verify(t.Context(), r.publish(), r.options())
	if err != nil {
		t.Fatal(err)
	}
	if report.Verified() || report.Failed() || report.Snapshot != nil {
		t.Error("the report is one of success or of failure")
	}
	for _, c := range report.Checks {
		if c.Status != Skipped || c.Note != "a sum is two things" {
			t.Errorf("%s is %s: %s", c.ID, c.Status, c.Note)
		}
	}
}
