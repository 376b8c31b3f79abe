package verifier

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"rollcall/bulletin/entry"
	"rollcall/bulletin/tlog"
)

// statuses writes the statuses of V01 to V21 as one letter each.
func statuses(r *Report) string {
	var b strings.Builder
	for _, c := range r.Checks {
		b.WriteString(strings.ToUpper(string(c.Status[:1])))
	}
	return b.String()
}

// TestUnfinishedElections holds that what is not there yet is skipped, and
// never passes as a whole.
func TestUnfinishedElections(t *testing.T) {
	for _, c := range []struct{ name, stop, want string }{
		{"manifest only", "ceremony", "PSSSPPSPPPPPPSSSSSSPS"},
		{"before open", "open", "PSSSPPSPPPPPPSSSSSSPS"},
		{"open", "tick 3", "PPPPPPSPPPPPPSSSSSSPP"},
		{"closing", "tick 5", "PPPPPPSPPPPPPSSSSSSPP"},
		{"not ended", "end", "PPPPPPSPPPPPPSSSSSSPP"},
		{"no totals", "totals 0", "PPPPPPPPPPPPPSSSSSSPP"},
		{"half of the totals", "totals 1", "PPPPPPPPPPPPPSSSSSSPP"},
		{"no shares", "share 1.0", "PPPPPPPPPPPPPPSSSSPPP"},
		{"one share", "share 3.0", "PPPPPPPPPPPPPPSSSSPPP"},
		{"no result", "result 0", "PPPPPPPPPPPPPPPSSSPPP"},
		{"half a result", "result-end", "PPPPPPPPPPPPPPPSSSPPP"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			report := build(t, tamper{stop: c.stop}).verify()
			if got := statuses(report); got != c.want || report.Verified() || report.Failed() {
				dump(t, report)
				t.Errorf("statuses %s, want %s", got, c.want)
			}
			for _, k := range report.Checks {
				if k.Status == Skipped && k.Note == "" {
					t.Errorf("%s is skipped without a reason", k.ID)
				}
			}
		})
	}
}

// TestNothingToHoldItAgainst holds that without an id and a policy the record
// is not verified.
func TestNothingToHoldItAgainst(t *testing.T) {
	r := build(t, tamper{})
	report, err := judgeEverywhere(t, r.publish(), Options{})
	if err != nil {
		t.Fatal(err)
	}
	if got := statuses(report); got != "SPPPSPPPPPPPPPPPPPPPP" || report.Verified() || report.Failed() {
		t.Errorf("statuses %s", got)
	}
	for id, flag := range map[string]string{"V01": "--election", "V05": "--policy"} {
		if note := report.Check(id).Note; !strings.Contains(note, flag) {
			t.Errorf("%s does not say what to give: %q", id, note)
		}
	}
}

// TestMissingFiles holds that what can not be fetched is no verdict, and that a
// bundle that is cut short is one.
func TestMissingFiles(t *testing.T) {
	r := build(t, tamper{})
	whole := r.publish()
	for path := range whole {
		t.Run(path, func(t *testing.T) {
			files := r.publish()
			delete(files, path)
			report, err := judgeEverywhere(t, files, r.options())
			if !errors.Is(err, tlog.ErrFetch) || report.Verified() || report.Failed() {
				dump(t, report)
				t.Errorf("error %v, want one of fetching and no failure", err)
			}
			files = r.publish()
			files[path] = files[path][:len(files[path])-1]
			report, err = judgeEverywhere(t, files, r.options())
			if err != nil || report.Check("V05").Status != Fail {
				dump(t, report)
				t.Errorf("cut short: error %v, want V05 to fail", err)
			}
		})
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if report, err := Verify(ctx, whole, r.options()); err == nil || report.Verified() || report.Failed() {
		t.Errorf("cancelled: error %v, want one and no verdict", err)
	}
}

// TestCheatingCopy holds that a whole election run again under other keys is
// told apart by the id alone.
func TestCheatingCopy(t *testing.T) {
	honest, copied := build(t, tamper{}), build(t, tamper{keys: "others"})
	o := copied.options()
	o.ElectionID = entry.NewElectionID(honest.hash)
	report, err := judgeEverywhere(t, copied.publish(), o)
	if err != nil {
		t.Fatal(err)
	}
	if got := statuses(report); got != "FPPPPPPPPPPPPPPPPPPPP" {
		t.Errorf("statuses %s, want only V01 to fail", got)
	}
}

// TestLateBallotHarmsNobody appends a ballot of n0 after n0's code was spoken:
// the ballot n0 heard about is the one that counts.
func TestLateBallotHarmsNobody(t *testing.T) {
	r := build(t, at("cast n0", func(r *record, _ entry.Body) {
		r.insert(r.makeBallot("n0").body, r.voters["n0"].ballot, r.booth)
	}))
	report := r.verify()
	if want := (Ballots{Cast: 8, Tested: 1, Undecided: 2}); !report.Verified() || report.Ballots != want {
		dump(t, report)
		t.Errorf("ballots %+v, want %+v", report.Ballots, want)
	}
}

// TestTally holds that what a trustee is handed is what the honest totals are.
func TestTally(t *testing.T) {
	r := build(t, tamper{stop: "share 1.0"})
	report := r.verify()
	if err := report.RequirePassed("V01", "V02", "V03", "V04", "V05", "V06", "V07", "V08", "V09",
		"V10", "V11", "V12", "V13", "V14", "V19"); err != nil {
		t.Fatal(err)
	}
	tally := report.Tally
	if tally.End != r.end || tally.Root != r.root || tally.ElectionHash != r.hash || !tally.JointKey.Equal(r.enc.Key()) {
		t.Error("end, root, hash or key are not those of the record")
	}
	for i, y := range tally.VerificationShares {
		if !y.Equal(r.shares[0].Public.VerificationShares[i]) {
			t.Errorf("verification share %d differs", i+1)
		}
	}
	if len(tally.Parts) != len(r.totals) {
		t.Fatalf("%d parts, want %d", len(tally.Parts), len(r.totals))
	}
	for i, p := range tally.Parts {
		if p.Ballots != r.totals[i].Ballots || len(p.Sums)*64 != len(r.totals[i].Sums) {
			t.Errorf("part %d: %d ballots and %d sums", i, p.Ballots, len(p.Sums))
		}
	}
	if err := report.RequirePassed("V01", "V15"); !errors.Is(err, ErrNotPassed) || !strings.Contains(err.Error(), "V15") {
		t.Errorf("RequirePassed of V15: %v", err)
	}
	if err := report.RequirePassed("V22"); !errors.Is(err, ErrNotPassed) {
		t.Errorf("RequirePassed of V22: %v", err)
	}
	if early := build(t, tamper{stop: "end"}).verify(); early.Tally != nil {
		t.Error("a tally before the end")
	}
}

// TestJSON holds the form that others read.
func TestJSON(t *testing.T) {
	r := build(t, at("tick 2", func(r *record, _ entry.Body) { r.insert(r.makeTick(r.size(), 1), r.board) }))
	b, err := json.Marshal(r.verify())
	if err != nil {
		t.Fatal(err)
	}
	var got struct {
		Verified bool
		Checks   []struct{ ID, Status, Error, Note string }
		Ballots  map[string]int
		Results  []struct {
			Contest string
			Units   []string
			Option  string
			Votes   int
		}
		Void []struct {
			Index               int
			Kind, Check, Reason string
		}
		Elapsed *int `json:"elapsed_ms"`
	}
	if err := json.Unmarshal(b, &got); err != nil {
		t.Fatal(err)
	}
	if !got.Verified || len(got.Checks) != 21 || got.Checks[19].ID != "V20" || got.Checks[19].Note != "not asked for" || got.Checks[20].Note != "no audit credentials" || got.Elapsed == nil {
		t.Errorf("%s", b)
	}
	if len(got.Void) != 1 || got.Void[0].Kind != "tick" || got.Void[0].Check != "V07" {
		t.Errorf("void %+v", got.Void)
	}
	if got.Ballots["cast"] != 8 || got.Ballots["tested"] != 1 || got.Ballots["undecided"] != 1 || got.Ballots["void"] != 0 {
		t.Errorf("ballots %v", got.Ballots)
	}
	sum := 0
	for _, c := range got.Results {
		if c.Contest == "mayor" {
			sum += c.Votes
		}
	}
	// Eight cast a ballot with this contest; all of them are in some part.
	if sum != 8 {
		t.Errorf("%d votes for mayor, want 8", sum)
	}
}
