package audit

import (
	"math"
	"os"
	"strings"
	"testing"

	"gonum.org/v1/gonum/stat/distuv"
)

// TestInterval holds the bounds against published and closed values: the rule of
// three's exact form, and Clopper-Pearson intervals of 90 %, whose ends are the one-sided
// bounds of 95 %.
func TestInterval(t *testing.T) {
	for _, tt := range []struct {
		k, n      int
		low, high float64
	}{
		{0, 0, 0, 1}, {0, 1, 0, 0.95}, {0, 10, 0, 0.258866}, {0, 59, 0, 0.049508}, {0, 299, 0, 0.009969},
		{1, 1, 0.05, 1}, {1, 10, 0.005116, 0.394163}, {5, 100, 0.019906, 0.102253}, {10, 10, 0.741134, 1}, {2, 20, 0.018065, 0.282619},
		{1, 60, 0.000855, 0.07664}, {3, 60, 0.013765, 0.124187},
	} {
		if low, high := Interval(tt.k, tt.n); math.Abs(low-tt.low) > 2e-6 || math.Abs(high-tt.high) > 2e-6 {
			t.Errorf("%d of %d: %.6f to %.6f, want %.6f to %.6f", tt.k, tt.n, low, high, tt.low, tt.high)
		}
	}
	// 59 is the least number of calls that bounds the share below one in twenty.
	if _, high := Interval(0, 58); high < 0.05 {
		t.Errorf("58 calls bound the share by %v", high)
	}
}

// TestCoverage holds that each bound is right with the confidence that it claims,
// for whatever share, over all that may be found.
func TestCoverage(t *testing.T) {
	const n = 60
	for _, share := range []float64{0.001, 0.01, 0.03, 0.05, 0.051, 0.08, 0.2, 0.5, 0.9, 0.99} {
		above, below := 0.0, 0.0 // chances that a bound is right
		b := distuv.Binomial{N: n, P: share}
		for k := range n + 1 {
			low, high := Interval(k, n)
			if share <= high {
				above += b.Prob(float64(k))
			}
			if low <= share {
				below += b.Prob(float64(k))
			}
		}
		if above < Confidence-1e-9 || below < Confidence-1e-9 {
			t.Errorf("share %v: the bound from above is right with %.4f, that from below with %.4f", share, above, below)
		}
	}
}

func TestReportSaysWhatIsKnown(t *testing.T) {
	for want, r := range map[string]*Report{
		"nothing is known":    {Planned: 1, Made: 1, Complete: true},
		"at most 4.95 %":      {Planned: 59, Made: 59, Complete: true, Compared: 59, High: 0.0495},
		"MISMATCH in call 7":  {Compared: 9, Mismatched: 1, Mismatches: []Found{{7, Altered, "x", "dir", ""}}},
		"at most 12.42 %":     {Compared: 60, Mismatched: 3, Low: 0.0138, High: 0.1242},
		"at least 1.38 %":     {Compared: 60, Mismatched: 3, Low: 0.0138, High: 0.1242},
		"2 of them without":   {Compared: 9, Unheard: 2},
		"3 more calls sealed": {Compared: 9, Uncompared: 3},
		"at most 40.00 %.":    {Compared: 9, Uncompared: 3, Worst: 0.4},
		"not be fetched: why": {Mismatches: []Found{{7, Altered, "x", "dir", "why"}}},
		"read before: why":    {Board: "why"},
		"is not complete":     {Planned: 3, Made: 1},
		"  12 dropped\n":      {Outcomes: map[Outcome]int{Dropped: 12}},
		"The calls were like": {},
	} {
		var b strings.Builder
		if r.Write(&b); !strings.Contains(b.String(), want) {
			t.Errorf("%q is not said in\n%s", want, b.String())
		}
	}
}

// TestJournalCutOff holds that of a journal whose last line is half written the
// whole lines count.
func TestJournalCutOff(t *testing.T) {
	s := store(t.TempDir())
	j, err := s.newJournal(7)
	must(t, err)
	must(t, j.write(line{Progress: Progress{Step: StepDial, Size: 5}}))
	must(t, j.write(line{Key: "1", Progress: Progress{Step: StepSeal, Size: 5}}))
	must(t, j.close())
	if _, err := s.newJournal(7); err == nil {
		t.Error("a call was begun twice")
	}
	b, err := os.ReadFile(s.of(7, journalFile))
	must(t, err)
	for cut := range len(b) + 1 {
		must(t, os.WriteFile(s.of(7, journalFile), b[:cut], 0o600))
		lines, err := s.readJournal(7)
		if err != nil || len(lines) > 2 || cut == len(b) && (len(lines) != 2 || lines[1].Progress.Step != StepSeal || lines[1].Key != "1") {
			t.Fatalf("cut after %d bytes: %d lines, %v", cut, len(lines), err)
		}
	}
	if !s.begun(7) || s.begun(8) {
		t.Error("what was begun is not known")
	}
}

// TestDamagedStore holds that of damaged files nothing is taken as the truth.
func TestDamagedStore(t *testing.T) {
	s := store(t.TempDir())
	j, err := s.newJournal(7)
	must(t, err)
	must(t, j.write(line{Progress: Progress{Step: StepDial, Size: 5}}))
	must(t, j.close())
	whole, err := os.ReadFile(s.of(7, journalFile))
	must(t, err)
	for name, c := range map[string]struct{ content, problem string }{
		"a line in the middle":  {"{\n" + string(whole), "line 1: unexpected EOF"},
		"two values in a line":  {string(whole) + "{}{}\n" + string(whole), "line 2: something stands after its end"},
		"a line without an end": {string(whole) + strings.Repeat("7", 1<<17), "token too long"},
	} {
		must(t, os.WriteFile(s.of(7, journalFile), []byte(c.content), 0o600))
		if lines, err := s.readJournal(7); err == nil || !strings.Contains(err.Error(), c.problem) {
			t.Errorf("%s: %d lines, error %v, want %q", name, len(lines), err, c.problem)
		}
	}
	must(t, s.saveResult(&Result{Call: 7}))
	b, err := os.ReadFile(s.of(7, resultFile))
	must(t, err)
	must(t, os.WriteFile(s.of(7, resultFile), append(b, b...), 0o600))
	if _, err := s.readResult(7); err == nil || !strings.Contains(err.Error(), "something stands after its end") {
		t.Errorf("a result twice: error %v", err)
	}
}
