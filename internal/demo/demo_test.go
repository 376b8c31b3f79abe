package demo_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io/fs"
	"net/netip"
	"os"
	"os/signal"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"rollcall/internal/caller"
	"rollcall/internal/command"
	"rollcall/internal/demo"
	"rollcall/internal/demo/names"
	"rollcall/internal/service"
	"rollcall/internal/text"
	"rollcall/internal/voter"
	"rollcall/internal/workspace"
	"rollcall/phone/polling"
)

// asRollcall in the environment makes this test program the rollcall command,
// as which the demo starts its trustees.
const asRollcall = "ROLLCALL_DEMO_COMMAND"

func TestMain(m *testing.M) {
	if os.Getenv(asRollcall) != "" {
		os.Exit(command.Main(os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
	}
	if err := os.Setenv(asRollcall, "1"); err != nil {
		panic(err)
	}
	os.Exit(m.Run())
}

// limit ends a demo that hangs.
const limit = 3 * time.Minute

// buffer is what a running demo writes to and a test reads.
type buffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (b *buffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.Write(p)
}

func (b *buffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.String()
}

// small is a demo with every sort of caller, in a directory of its own.
func small(t *testing.T) (o demo.Options, out, errs *buffer) {
	t.Helper()
	out, errs = &buffer{}, &buffer{}
	return demo.Options{Voters: 40, Calls: 14, Trustees: 3, Threshold: 2, Dir: t.TempDir(), Out: out, Err: errs,
		HTTP: "127.0.0.1:0", SIP: "127.0.0.1:0"}, out, errs
}

func TestDemo(t *testing.T) {
	t.Parallel()
	o, out, errs := small(t)
	ctx, stop := context.WithTimeout(t.Context(), limit)
	defer stop()
	if err := demo.Run(ctx, o); err != nil {
		t.Fatalf("%v\n%s", err, errs)
	}
	for _, want := range []string{
		"  9 voted\n",
		"  1 tested a ballot first, then voted\n",
		"  1 hung up before casting\n",
		"  1 keyed a wrong PIN, and heard: \"This voter number and PIN do not belong together.\"\n",
		"  1 keyed a wrong cast code, and heard: \"That is not your cast code. Nothing has been cast.\"\n",
		"  1 voted, and called again to vote once more, and heard: \"You have already cast your ballot. Nobody can cast two.\"\n",
		" 11 looked up the receipt code they had heard: every one is in the final count\n",
		" with Gull Island",
		"\nVERIFIED: 11 ballots cast, 1 tested,",
	} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("the demo does not say %q", want)
		}
	}
	if t.Failed() {
		t.Log(out)
	}
	noSecrets(t, o.Dir, out.String(), errs.String())
}

// noSecrets looks for every number of every letter in all that a demo wrote,
// but for where they belong, and for every name that can be chosen in its log.
func noSecrets(t *testing.T, dir, out, log string) {
	t.Helper()
	written := map[string]string{"standard output": out, "standard error": log}
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		name, err := filepath.Rel(dir, path)
		if err != nil || name == "letters.csv" {
			return err
		}
		b, err := os.ReadFile(path)
		written[name] = string(b)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"board.db", "board/checkpoint", "registrar.db", "manifest.yaml", "roll.csv"} {
		if written[name] == "" {
			t.Errorf("%s was not looked at", name)
		}
	}
	letters, err := voter.ReadLetters(workspace.Dir(dir).Letters())
	if err != nil || len(letters) == 0 {
		t.Fatalf("%d letters: %v", len(letters), err)
	}
	for _, l := range letters {
		for what, digits := range map[string]string{"voter number": l.Number, "PIN": l.PIN, "cast code": l.CastCode} {
			for _, form := range printed(digits) {
				for name, content := range written {
					if holds(content, form) {
						t.Errorf("%s holds a %s", name, what)
					}
				}
			}
		}
	}
	for _, c := range names.Contests {
		for _, option := range c.Options {
			for lang, name := range option {
				if strings.Contains(strings.ToLower(log), strings.ToLower(name)) {
					t.Errorf("standard error holds the name %q (%s)", name, lang)
				}
			}
		}
	}
}

// holds reports whether text holds a number that stands by itself: among the
// random letters and digits of keys, any six digits turn up by chance.
func holds(text, number string) bool {
	alone := func(b byte) bool { return !('0' <= b && b <= '9' || 'a' <= b|0x20 && b|0x20 <= 'z') }
	for at := 0; ; {
		i := strings.Index(text[at:], number)
		if i < 0 {
			return false
		}
		from, to := at+i, at+i+len(number)
		if (from == 0 || alone(text[from-1])) && (to == len(text) || alone(text[to])) {
			return true
		}
		at = from + 1
	}
}

// printed are the ways in which a number could be written: as it is, and in
// groups of any one size.
func printed(digits string) []string {
	forms := []string{digits}
	for size := 2; size <= 4; size++ {
		for _, between := range []string{" ", "-"} {
			var groups []string
			for rest := digits; rest != ""; {
				n := min(size, len(rest))
				groups, rest = append(groups, rest[:n]), rest[n:]
			}
			forms = append(forms, strings.Join(groups, between))
		}
	}
	return forms
}

// report is what demo --json prints, as SPEC.md, section 17, promises it.
type report struct {
	Verified bool `json:"verified"`
	Checks   []struct {
		ID, Status, Error, Note string
	} `json:"checks"`
	Ballots struct{ Cast, Tested, Undecided, Void int } `json:"ballots"`
	Results []struct {
		Contest string
		Units   []string
		Option  string
		Votes   uint64
	} `json:"results"`
	Void []struct {
		Index               uint64
		Kind, Check, Reason string
	} `json:"void"`
	ElapsedMS *int64 `json:"elapsed_ms"`
}

// TestServe calls the line that demo --serve leaves up, ends it as Ctrl-C does,
// and reads the JSON.
func TestServe(t *testing.T) {
	t.Parallel()
	o, out, errs := small(t)
	o.Serve, o.JSON = true, true
	ctx, interrupt := context.WithTimeout(t.Context(), limit)
	defer interrupt()
	ended := make(chan error, 1)
	go func() { ended <- demo.Run(ctx, o) }()

	printed := regexp.MustCompile(`(?s)A letter for you.*sip:rollcall@([0-9.:]+) .*Press Ctrl-C`)
	var letter []string
	for letter == nil {
		select {
		case err := <-ended:
			t.Fatalf("ended before it served: %v\n%s", err, errs)
		case <-time.After(50 * time.Millisecond):
			letter = printed.FindStringSubmatch(errs.String())
		}
	}
	callIn(t, ctx, o.Dir, netip.MustParseAddrPort(letter[1]))
	interrupt()

	// Then it stays until it is interrupted once more.
	ignored := make(chan os.Signal, 1)
	signal.Notify(ignored, os.Interrupt)
	defer signal.Stop(ignored)
	deadline := time.After(limit)
	for running := true; running; {
		select {
		case err := <-ended:
			if err != nil {
				t.Fatalf("%v\n%s", err, errs)
			}
			running = false
		case <-time.After(100 * time.Millisecond):
			if strings.Contains(errs.String(), "Press Ctrl-C to end") {
				if err := syscall.Kill(os.Getpid(), syscall.SIGINT); err != nil {
					t.Fatal(err)
				}
			}
		case <-deadline:
			t.Fatalf("does not end\n%s", errs)
		}
	}
	d := json.NewDecoder(strings.NewReader(out.String()))
	d.DisallowUnknownFields()
	var r report
	if err := d.Decode(&r); err != nil {
		t.Fatal(err)
	}
	if d.More() {
		t.Error("standard output holds more than the report")
	}
	if !r.Verified || len(r.Checks) != 21 || r.Ballots.Cast != 11 || r.Ballots.Tested != 1 || r.Ballots.Void != 0 || r.ElapsedMS == nil {
		t.Errorf("reported %+v", r)
	}
	sum := uint64(0)
	for _, line := range r.Results {
		if line.Contest == "contest-1" {
			sum += line.Votes
		}
	}
	if sum != 11 {
		t.Errorf("%d votes of 11 ballots in a vote for one", sum)
	}
}

// callIn calls a line that speaks at a person's pace, and hears its first
// words.
func callIn(t *testing.T, ctx context.Context, dir string, line netip.AddrPort) {
	t.Helper()
	library, err := service.NewLibrary(workspace.Dir(dir))
	if err != nil {
		t.Fatal(err)
	}
	m, _, err := service.ReadManifest(workspace.Dir(dir))
	if err != nil {
		t.Fatal(err)
	}
	phrases, err := polling.Phrases(m)
	if err != nil {
		t.Fatal(err)
	}
	sounds, err := library.Dictionary(phrases)
	if err != nil {
		t.Fatal(err)
	}
	d, err := caller.NewDictionary(sounds)
	if err != nil {
		t.Fatal(err)
	}
	c, err := voter.Dial(ctx, voter.Line{Addr: line, Dictionary: d, Speed: 1}, "es")
	if err != nil {
		t.Fatal(err)
	}
	defer c.Hangup()
	if h, err := c.WaitFor(ctx, text.Language); err != nil || h.Digits != "2" {
		t.Errorf("heard %v: %v", h, err)
	}
}

func TestHolds(t *testing.T) {
	for text, want := range map[string]bool{
		"123456": true, "code 123456.": true, "x=123456\n": true, `"pin":"123456"`: true, "1123456 123456": true,
		"": false, "12345": false, "1234567": false, "rollcall/a123456f": false, "0123456": false, "Z123456": false,
	} {
		if got := holds(text, "123456"); got != want {
			t.Errorf("%q: %v, want %v", text, got, want)
		}
	}
}
