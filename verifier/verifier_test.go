package verifier

import (
	"strings"
	"testing"
)

// dump writes a report to the test's log.
func dump(t *testing.T, r *Report) {
	t.Helper()
	var b strings.Builder
	if err := r.WriteText(&b, false); err != nil {
		t.Fatal(err)
	}
	t.Log(b.String())
}

// TestHonestElection holds that a record in which nobody did wrong passes every
// check, with the counts that went in.
func TestHonestElection(t *testing.T) {
	report := build(t, tamper{}).verify()
	if !report.Verified() || report.Failed() || len(report.Void) != 0 {
		dump(t, report)
		t.Fatal("not verified")
	}
	if want := (Ballots{Cast: 8, Tested: 1, Undecided: 1}); report.Ballots != want {
		t.Errorf("ballots %+v, want %+v", report.Ballots, want)
	}
}
