package verifier

import (
	"errors"
	"strings"
	"testing"

	"rollcall/bulletin/entry"
	"rollcall/bulletin/tlog"
)

// withoutHashTile publishes a record with all its entries and no hash tile, and
// judges it.
func withoutHashTile(t *testing.T, r *record) *Report {
	t.Helper()
	files, found := r.publish(), false
	for name := range files {
		if strings.HasPrefix(name, "tile/0/") {
			delete(files, name)
			found = true
		}
	}
	if !found {
		t.Fatal("the board has no hash tile to hold back")
	}
	report, err := Verify(t.Context(), files, r.options())
	if !errors.Is(err, tlog.ErrFetch) {
		t.Fatalf("error %v, want that a file could not be fetched", err)
	}
	mustAgreeWithJS(t, report, files, r.options())
	return report
}

// TestHiddenHashTile is a board that serves a false result and holds back one
// file that no judgement of the result needs, so that "not verified" would read
// "incomplete".
func TestHiddenHashTile(t *testing.T) {
	for _, c := range []struct {
		name, check string
		tamper      tamper
	}{
		{"false result", "V16", at("result 0", func(_ *record, body entry.Body) {
			o := body.(*entry.Result).Parts[0].Options
			o[0].Votes, o[1].Votes = o[0].Votes+1, o[1].Votes-1
		})},
		{"part left out of the result", "V16", at("result 0", func(_ *record, body entry.Body) {
			b := body.(*entry.Result)
			b.Parts = b.Parts[1:]
		})},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			report := withoutHashTile(t, build(t, c.tamper))
			if k := report.Check(c.check); k.Status != Fail || !report.Failed() {
				dump(t, report)
				t.Errorf("%s is %s, want a failure", c.check, k.Status)
			}
		})
	}
	// An honest record without the tile is incomplete and never verified.
	report := withoutHashTile(t, build(t, tamper{}))
	if k := report.Check("V05"); k.Status != Skipped || report.Failed() || report.Verified() {
		dump(t, report)
		t.Errorf("V05 is %s, want it skipped and nothing failed", k.Status)
	}
}
