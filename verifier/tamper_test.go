package verifier

import (
	"slices"
	"strings"
	"testing"

	"rollcall/bulletin/entry"
	"rollcall/crypto/schnorr"
)

// corruption is one wrong that is done to a record, and what must come of it.
type corruption struct {
	name   string
	tamper tamper
	// options changes what the record is held against; files what is published.
	options func(r *record, o *Options)
	files   func(r *record, b board)
	// check is the one that must fail, or make the entry void, and no earlier
	// one; reason is part of what it must say.
	check, reason string
}

// at does something before one step.
func at(step string, do func(r *record, body entry.Body)) tamper {
	return tamper{before: func(r *record, s string, body entry.Body) bool {
		if s == step {
			do(r, body)
		}
		return true
	}}
}

// without leaves steps out.
func without(steps ...string) tamper {
	return tamper{before: func(_ *record, s string, _ entry.Body) bool { return !slices.Contains(steps, s) }}
}

// signed lets others sign a step.
func signed(step string, by func(r *record) []*schnorr.SecretKey) tamper {
	return tamper{signers: func(r *record, s string, keys []*schnorr.SecretKey) []*schnorr.SecretKey {
		if s == step {
			return by(r)
		}
		return keys
	}}
}

// verify has everybody judge the record with the wrong, and this process also a few
// entries at a time.
func (c *corruption) verify(t *testing.T) (*record, *Report) {
	t.Helper()
	r := build(t, c.tamper)
	files, options := r.publish(), r.options()
	if c.files != nil {
		c.files(r, files)
	}
	if c.options != nil {
		c.options(r, &options)
	}
	report, err := judgeEverywhere(t, files, options)
	if err != nil {
		t.Fatal(err)
	}
	r.mustAgree(t, report, files, options)
	r.mustAgreeInSteps(t, report, files, options, 7)
	return r, report
}

// mustFail holds that every corruption fails its check and no earlier one.
func mustFail(t *testing.T, list []corruption) {
	for _, c := range list {
		t.Run(c.check+"/"+c.name, func(t *testing.T) {
			t.Parallel()
			_, report := c.verify(t)
			for _, k := range report.Checks {
				if k.ID == c.check {
					if k.Status != Fail || !strings.Contains(k.Error, c.reason) {
						dump(t, report)
						t.Fatalf("%s is %s %q, want a failure with %q", k.ID, k.Status, k.Error, c.reason)
					}
					break
				}
				if k.Status == Fail || k.Status == Skipped && c.tamper.stop == "" {
					dump(t, report)
					t.Fatalf("%s is %s before %s is reached", k.ID, k.Status, c.check)
				}
			}
			if report.Verified() || !report.Failed() {
				t.Error("the report is not one of failure")
			}
			if err := report.RequirePassed(c.check); err == nil {
				t.Error("RequirePassed lets the check pass")
			}
		})
	}
}

// mustVoid holds that every corruption makes one entry void by its check, and
// that the election goes on as if it were not there.
func mustVoid(t *testing.T, list []corruption) {
	for _, c := range list {
		t.Run(c.check+"/"+c.name, func(t *testing.T) {
			t.Parallel()
			_, report := c.verify(t)
			if !report.Verified() {
				dump(t, report)
				t.Fatal("not verified")
			}
			if len(report.Void) != 1 || report.Void[0].Check != c.check || !strings.Contains(report.Void[0].Reason, c.reason) {
				t.Fatalf("void %+v, want one by %s with %q", report.Void, c.check, c.reason)
			}
			if report.Ballots.Cast != 8 || report.Ballots.Tested != 1 {
				t.Errorf("ballots %+v, want 8 cast and 1 tested", report.Ballots)
			}
		})
	}
}
