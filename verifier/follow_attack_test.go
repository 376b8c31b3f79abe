package verifier

import (
	"testing"

	"rollcall/tally/follow"
)

// mustAgree holds a judgement against the other one that there is: the follower,
// by which booths, trustees and the authority believe a board. It may stop
// only at a record that fails, and what it counts is what the verifier counts. A
// board that made them differ could have an honest booth or authority act on
// what no verifier accepts.
func (r *record) mustAgree(t *testing.T, report *Report, files board, o Options) {
	t.Helper()
	f := follow.New(files, o.Policy, o.ElectionID)
	if _, err := f.Update(t.Context()); err != nil {
		if !report.Failed() {
			t.Errorf("a follower stops where nothing failed: %v", err)
		}
		return
	}
	s := f.State().Summary()
	if b := report.Ballots; s.Cast != b.Cast || s.Tested != b.Tested || s.Undecided != b.Undecided {
		t.Errorf("a follower counts %d cast, %d tested, %d undecided; the verifier %+v", s.Cast, s.Tested, s.Undecided, b)
	}
}
