package verifier

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"

	"rollcall/internal/peers"
)

// second is the verifier in another language, verifier/js, as one process that
// judges all the records of these tests: starting one takes as long as judging one.
type second struct {
	cmd   *exec.Cmd
	dir   string // has a copy of the program, with its libraries
	stdin io.WriteCloser
	lines *bufio.Reader
	mu    sync.Mutex // one question at a time
}

// secondVerdict is what the second verifier says of a record.
type secondVerdict struct {
	Exit           int
	Stdout, Stderr string
}

// startSecond installs the second verifier into a folder of its own, and starts it,
// once. TestMain ends it.
var startSecond = sync.OnceValues(func() (*second, error) {
	dir, err := os.MkdirTemp("", "rollcall-verify-js-")
	if err != nil {
		return nil, err
	}
	started = &second{dir: dir}
	// Copied by this process, so that a result in the test cache is not used after its files have changed.
	for _, name := range []string{"setup", "package.json", "package-lock.json"} {
		b, err := os.ReadFile(filepath.Join("js", name))
		if err != nil {
			return nil, err
		}
		if err := os.WriteFile(filepath.Join(dir, name), b, 0o755); err != nil {
			return nil, err
		}
	}
	for _, name := range []string{"src", "test/support"} {
		if err := os.CopyFS(filepath.Join(dir, name), os.DirFS(filepath.Join("js", name))); err != nil {
			return nil, err
		}
	}
	var errs bytes.Buffer
	setup := exec.Command(filepath.Join(dir, "setup"), dir)
	setup.Stderr = &errs
	node, err := setup.Output()
	if err != nil {
		return nil, fmt.Errorf("verifier/js/setup: %w: %s", err, errs.Bytes())
	}
	s := started
	s.cmd = exec.Command(filepath.Join(strings.TrimSpace(string(node)), "node"), filepath.Join(dir, "test/support/serve.mjs"))
	s.cmd.Stderr = os.Stderr
	if s.stdin, err = s.cmd.StdinPipe(); err != nil {
		return nil, err
	}
	stdout, err := s.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	s.lines = bufio.NewReader(stdout)
	return s, s.cmd.Start()
})

// started is the second verifier, if it was asked.
var started *second

// stop ends the process and removes its folder.
func (s *second) stop() {
	if s.stdin != nil {
		s.stdin.Close()
		_ = s.cmd.Wait() // all that was asked has been answered
	}
	os.RemoveAll(s.dir)
}

// ask runs the second verifier with arguments as people give them.
func (s *second) ask(args []string) (v secondVerdict, err error) {
	line, err := json.Marshal(args)
	if err != nil {
		return v, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, err := s.stdin.Write(append(line, '\n')); err != nil {
		return v, err
	}
	answer, err := s.lines.ReadBytes('\n')
	if err != nil {
		return v, err
	}
	return v, json.Unmarshal(answer, &v)
}

// said is the part of a verdict that SPEC.md fixes, section 16: all but the words,
// and after a fault nothing but that there is one.
type said struct {
	Exit    int
	Checks  []string // id and status
	Ballots Ballots
	Results any
	Void    []string // index, kind and check
}

func saidBy(t *testing.T, exit int, report []byte) said {
	t.Helper()
	var r struct {
		Checks  []struct{ ID, Status string }
		Ballots Ballots
		Results any
		Void    []struct {
			Index       uint64
			Kind, Check string
		}
	}
	if err := json.Unmarshal(report, &r); err != nil {
		t.Fatalf("%v: %s", err, report)
	}
	s := said{Exit: exit}
	if exit == 1 {
		return s
	}
	s.Ballots, s.Results = r.Ballots, r.Results
	for _, c := range r.Checks {
		s.Checks = append(s.Checks, c.ID+" "+c.Status)
	}
	for _, v := range r.Void {
		s.Void = append(s.Void, fmt.Sprintf("%d %s %s", v.Index, v.Kind, v.Check))
	}
	return s
}

// mustAgreeWithJS holds that the second verifier, which is given args, comes to the
// verdict of a report. It is asked only with ROLLCALL_PEERS=1 in the environment, see
// TestSecondVerifier.
func mustAgreeWithJS(t *testing.T, report *Report, args []string) {
	t.Helper()
	if os.Getenv("ROLLCALL_PEERS") != "1" {
		return
	}
	s, err := startSecond()
	if err != nil {
		t.Fatal(err)
	}
	got, err := s.ask(slices.Concat(args, []string{"--json"}))
	if err != nil {
		t.Fatalf("the second verifier: %v", err)
	}
	code := map[bool]int{true: 1, false: 3}[report.Failed()]
	if report.Verified() {
		code = 0
	}
	theirs := saidBy(t, got.Exit, []byte(got.Stdout))
	if ours := saidBy(t, code, []byte(comparable(t, report))); !reflect.DeepEqual(theirs, ours) {
		t.Errorf("verifier/js says %+v\n%s%s\nand this one %+v\n%s", theirs, got.Stdout, got.Stderr, ours, comparable(t, report))
	}
}

// TestSecondVerifier holds that the verifier in Node can be asked about the records
// of these tests, and that what it says is compared.
func TestSecondVerifier(t *testing.T) {
	peers.Need(t, "node", "nodejs")
	peers.Need(t, "npm", "npm")
	if os.Getenv("ROLLCALL_PEERS") != "1" {
		t.Skip("asked only with ROLLCALL_PEERS=1: it takes the Debian packages nodejs and npm, and a registry of npm or its cache")
	}
	r := build(t, tamper{})
	report := r.verify()
	s, err := startSecond()
	if err != nil {
		t.Fatal(err)
	}
	args := append(write(t, r.publish(), r.options()), "--json")
	honest, err := s.ask(args)
	if err != nil {
		t.Fatal(err)
	}
	ours := saidBy(t, 0, []byte(comparable(t, report)))
	if !reflect.DeepEqual(saidBy(t, honest.Exit, []byte(honest.Stdout)), ours) || len(ours.Checks) != 21 || ours.Ballots.Cast != 8 {
		t.Errorf("%+v, want %+v", honest, ours)
	}
	for _, change := range []func(*Report){
		func(r *Report) { r.Checks[4].Status = Skipped }, func(r *Report) { r.Ballots.Cast++ },
		func(r *Report) { r.Results[0].Votes++ }, func(r *Report) { r.Void = []Void{{Kind: "cast", Check: "V12"}} },
	} {
		other := *report
		other.Checks, other.Results = slices.Clone(report.Checks), slices.Clone(report.Results)
		change(&other)
		if reflect.DeepEqual(saidBy(t, 0, []byte(comparable(t, &other))), ours) {
			t.Errorf("a report of another record is taken for the same: %s", comparable(t, &other))
		}
	}
	for _, c := range []struct {
		args []string
		exit int
	}{{args[1:], 2}, {[]string{"--help"}, 0}, {[]string{t.TempDir()}, 3}} {
		if got, err := s.ask(c.args); err != nil || got.Exit != c.exit {
			t.Errorf("%v: %+v, %v, want exit code %d", c.args, got, err, c.exit)
		}
	}
}
