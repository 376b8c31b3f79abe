package audit_test

import (
	"errors"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"rollcall/bulletin/tlog"
	"rollcall/internal/audit"
	"rollcall/internal/service"
	"rollcall/phone"
)

// TestCallsNeeded is the arithmetic of how many calls find a booth.
func TestCallsNeeded(t *testing.T) {
	needed := int(math.Ceil(math.Log(1-audit.Confidence) / math.Log(1-1.0/oneIn)))
	if many != needed {
		t.Errorf("a booth that swaps one ballot in %d is found with 95 %% confidence by %d calls, the test makes %d", oneIn, needed, many)
	}
}

// TestSwapsSome audits a booth that swaps one ballot in twenty, with as many calls
// as find it with 95 % confidence, and those that choose little alone.
func TestSwapsSome(t *testing.T) {
	t.Parallel()
	e := open(t, 8)
	var mu sync.Mutex
	swapped, sealed, r := 0, 0, rand.New(rand.NewPCG(4, 2))
	line := e.listen(t, cheat{swaps: func([][]int) bool {
		mu.Lock()
		defer mu.Unlock()
		sealed++
		if r.IntN(oneIn) > 0 {
			return false
		}
		swapped++
		return true
	}})
	report := run(t, e.config(t, line, e.letters, many, 2))
	if swapped == 0 {
		t.Fatal("with this seed nothing was swapped")
	}
	found := 0
	for _, m := range report.Mismatches {
		if m.Kind == audit.Altered {
			found++
		}
	}
	if found != swapped || report.Mismatched != swapped || report.Compared != sealed {
		t.Errorf("%d of %d ballots were swapped, %d of %d found", swapped, sealed, found, report.Compared)
	}
	if share := 1.0 / oneIn; report.Low > share || report.High < share {
		t.Errorf("the interval %.3f to %.3f does not hold %.3f", report.Low, report.High, share)
	}
}

// TestSwapsShortCalls audits a booth that swaps only where little was keyed, in the
// hope that auditors key much.
func TestSwapsShortCalls(t *testing.T) {
	t.Parallel()
	e := open(t, 3)
	var mu sync.Mutex
	swapped := 0
	line := e.listen(t, cheat{swaps: func(choices [][]int) bool {
		mu.Lock()
		defer mu.Unlock()
		if len(choices[0])+len(choices[1]) > 1 {
			return false
		}
		swapped++
		return true
	}})
	report := run(t, e.config(t, line, e.letters, short, 3))
	if swapped == 0 || report.Mismatched != swapped {
		t.Errorf("%d short calls were swapped, %d found", swapped, report.Mismatched)
	}
}

// TestCheats audits booths that cheat in every call in one way, each found by its
// first calls, with evidence that anybody can check.
func TestCheats(t *testing.T) {
	t.Parallel()
	e := open(t, 8)
	var mu sync.Mutex
	spoken := ""
	for i, tt := range []struct {
		name    string
		cheat   cheat
		kind    audit.Kind
		outcome audit.Outcome
		calls   int
		found   int // of the calls, at least
	}{
		{"code of another ballot", cheat{code: func(own string) string {
			mu.Lock()
			defer mu.Unlock()
			if spoken == "" {
				spoken = own
			}
			return spoken
		}}, audit.WrongCode, audit.Tested, copied, copied - 1},
		{"code of no ballot", cheat{code: func(string) string { return "0000000000000195" }}, audit.WrongCode, audit.Tested, 1, 1},
		{"drops the call at test", cheat{drop: true}, audit.NotOpened, audit.TestDropped, 1, 1},
		{"drops the call at the first key of test", cheat{early: true}, audit.NotOpened, audit.TestDropped, 1, 1},
		{"says tested, and opens nothing", cheat{test: func(phone.Ballot) error { return nil }}, audit.NotOpened, audit.Tested, 1, 1},
		{"refuses tests", cheat{test: func(phone.Ballot) error { return errors.New("no") }}, audit.NotOpened, audit.TestRefused, 1, 1},
		{"mumbles the code and swaps", cheat{mumbles: true, swaps: func([][]int) bool { return true }},
			audit.Altered, audit.Tested, 1, 1},
		{"seals two ballots", cheat{twice: true}, audit.ExtraBallot, audit.Tested, 1, 1},
	} {
		letters := e.letters[i : i+1]
		if i == 0 {
			letters = e.letters[:2] // two voters
		}
		t.Run(tt.name, func(t *testing.T) {
			cfg := e.config(t, e.listen(t, tt.cheat), letters, tt.calls, byte(i))
			report := run(t, cfg)
			if report.Mismatched < tt.found || len(report.Mismatches) == 0 || report.Outcomes[tt.outcome] != tt.calls ||
				tt.cheat.mumbles != (report.Unheard > 0) {
				t.Fatalf("reported %+v", report)
			}
			for _, m := range report.Mismatches {
				if m.Kind != tt.kind {
					t.Errorf("found %s: %s", m.Kind, m.Detail)
				}
				e.checkEvidence(t, m.Evidence)
			}
			e.noSecrets(t, cfg.Dir)
		})
	}
}

// checkEvidence holds that the evidence is there and whole, and that its entries
// are proven to be the board's.
func (e *town) checkEvidence(t *testing.T, dir string) {
	t.Helper()
	for _, name := range []string{"README.txt", "plan.json", "journal", "heard.json", "recording.wav", "result.json"} {
		if info, err := os.Stat(filepath.Join(dir, name)); err != nil || info.Size() < 50 || info.Mode().Perm() != 0o600 {
			t.Errorf("evidence %s: %v", name, err)
		}
	}
	policy, _, err := service.ReadPolicy(e.dir)
	must(t, err)
	entries, err := filepath.Glob(filepath.Join(dir, "board", "*.cbor"))
	must(t, err)
	if len(entries) == 0 {
		t.Error("the evidence has no entry of the board")
	}
	for _, path := range entries {
		raw, err := os.ReadFile(path)
		must(t, err)
		proof, err := os.ReadFile(strings.TrimSuffix(path, ".cbor") + ".tlog-proof")
		must(t, err)
		if _, _, err := tlog.VerifyReceipt(proof, raw, policy); err != nil {
			t.Errorf("%s: %v", filepath.Base(path), err)
		}
	}
}

// noSecrets looks for voter numbers and PINs in all that an audit wrote.
func (e *town) noSecrets(t *testing.T, dir string) {
	t.Helper()
	files := 0
	must(t, filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() || strings.HasSuffix(path, ".wav") || strings.HasSuffix(path, ".cbor") {
			return err
		}
		b, err := os.ReadFile(path)
		files++
		for _, l := range e.letters {
			if strings.Contains(string(b), l.Number) || strings.Contains(string(b), l.PIN) {
				t.Errorf("%s holds a number of a letter", path)
			}
		}
		return err
	}))
	if files < 4 {
		t.Errorf("only %d files were looked at", files)
	}
}
