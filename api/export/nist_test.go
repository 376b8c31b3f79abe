package export

import (
	"bytes"
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
	"testing"

	"rollcall/bulletin/entry"
)

// report makes a report that verifies, twice, and reads it.
func report(t testing.TB, r Result) cdfReport {
	t.Helper()
	raw, err := NIST(r)
	if err != nil {
		t.Fatal(err)
	}
	if err := verify(raw); err != nil {
		t.Fatal(err)
	}
	again, err := NIST(r)
	if err != nil || !bytes.Equal(raw, again) {
		t.Fatalf("another report of the same result (error %v)", err)
	}
	d := json.NewDecoder(bytes.NewReader(raw))
	d.DisallowUnknownFields()
	var v cdfReport
	if err := d.Decode(&v); err != nil {
		t.Fatal(err)
	}
	return v
}

// checkCounts reads the parts back out of a report and holds them against what
// the board has: contests, options and units by their external identifiers, every
// number in its place, nothing besides. A part that is withheld has none.
func checkCounts(t testing.TB, r Result, v cdfReport) {
	t.Helper()
	m, e := r.Manifest, v.Election[0]
	units, candidates := map[string][]string{}, map[string]string{}
	for _, u := range v.GpUnit {
		switch {
		case u.OtherType == "reporting-group":
			for _, id := range u.ComposingGpUnitIDs {
				units[u.ID] = append(units[u.ID], units[id]...)
			}
		case len(u.ExternalIdentifier) == 1:
			units[u.ID] = []string{u.ExternalIdentifier[0].Value}
		}
	}
	for _, c := range e.Candidate {
		candidates[c.ID] = c.ExternalIdentifier[0].Value
	}
	ballots := map[string]uint64{}
	for _, b := range e.BallotCounts {
		ballots[b.GpUnitID] = b.BallotsCast
	}
	var got []entry.ResultPart
	for i, c := range e.Contest {
		undervotes := map[string]uint64{}
		for _, o := range c.OtherCounts {
			if _, known := undervotes[o.GpUnitID]; known || o.Overvotes != 0 {
				t.Errorf("contest %d: other counts %+v", i, o)
			}
			undervotes[o.GpUnitID] = o.Undervotes
		}
		for k := range c.ContestSelection[0].VoteCounts {
			unit := c.ContestSelection[0].VoteCounts[k].GpUnitID
			p := entry.ResultPart{Contest: c.ExternalIdentifier[0].Value, Units: units[unit], Ballots: ballots[unit]}
			under, counted := undervotes[unit]
			p.Undervotes = under
			for _, s := range c.ContestSelection {
				n := s.VoteCounts[k]
				if n.GpUnitID != unit || n.IsSuppressedForPrivacy == counted || !counted && n.Count != 0 || n.OtherType != "telephone" {
					t.Errorf("contest %d, part %d: counts %+v, other counts %v", i, k, n, counted)
				}
				if counted {
					p.Options = append(p.Options, entry.OptionCount{Option: candidates[s.CandidateIDs[0]], Votes: n.Count})
				}
			}
			if c.VotesAllowed == 1 && counted {
				p.Options = append(p.Options, entry.OptionCount{Option: entry.NoneID, Votes: under})
			}
			got = append(got, p)
		}
	}
	want := r.Parts
	if len(want) == 0 {
		for _, c := range m.Contests {
			for _, u := range c.Units {
				p := entry.ResultPart{Contest: c.ID, Units: []string{m.Units[u].ID}}
				for _, o := range c.Options {
					p.Options = append(p.Options, entry.OptionCount{Option: o.ID})
				}
				if c.Limit == 1 {
					p.Options = append(p.Options, entry.OptionCount{Option: entry.NoneID})
				}
				want = append(want, p)
			}
		}
	}
	if len(got) != len(want) {
		t.Fatalf("%d parts, want %d", len(got), len(want))
	}
	for i := range want {
		if fmt.Sprint(got[i]) != fmt.Sprint(want[i]) {
			t.Errorf("part %d: %v, want %v", i, got[i], want[i])
		}
	}
}

func TestNIST(t *testing.T) {
	for name, change := range map[string]func(*Result){
		"ordinary":  func(*Result) {},
		"rehearsal": func(r *Result) { r.Manifest.Rehearsal = true },
		"zero":      zeroReport,
		"withheld":  withhold,
		"odd ids":   odd,
		"one language": func(r *Result) {
			r.Manifest.Languages = []string{"es"}
		},
		"eight languages": func(r *Result) {
			r.Manifest.Languages = []string{"en", "es", "zh-Hant", "vi", "ar", "fa", "hy", "tl"}
		},
		"no titles": func(r *Result) { r.Manifest.Title, r.Manifest.Contests[0].Title = nil, entry.Text{} },
		"a lone unit": func(r *Result) {
			r.Manifest.Units = r.Manifest.Units[:1]
			r.Manifest.Contests = r.Manifest.Contests[:1]
			r.Manifest.Contests[0].Units = []uint64{0}
			r.Parts = []entry.ResultPart{{Contest: "chair", Units: []string{"alder"}, Ballots: 12, Options: options("amara 4 jonas 6 none 2"), Undervotes: 2}}
		},
		"no ballots": func(r *Result) {
			for i := range r.Parts {
				r.Parts[i].Ballots, r.Parts[i].Undervotes = 0, 0
				for j := range r.Parts[i].Options {
					r.Parts[i].Options[j].Votes = 0
				}
			}
		},
		"no end in sight": func(r *Result) { r.Manifest.Windows[1].To = 1 << 63 },
	} {
		t.Run(name, func(t *testing.T) {
			r := changed(change)
			checkCounts(t, r, report(t, r))
		})
	}
}

// TestNISTHead has what is said of a report as a whole.
func TestNISTHead(t *testing.T) {
	type head struct {
		status, counting, test, sequence, ids string
	}
	for name, c := range map[string]struct {
		change func(*Result)
		want   head
	}{
		"result": {func(*Result) {}, head{"unofficial-complete", "completed", "false", "2 of 2",
			"rollcall-board=alder.example/rollcall/5f2c rollcall-result-entry=88"}},
		"rehearsal": {func(r *Result) { r.Manifest.Rehearsal, r.Version = true, 7 }, head{"unofficial-complete", "completed", "true rehearsal", "7 of 7",
			"rollcall-board=alder.example/rollcall/5f2c rollcall-result-entry=88"}},
		"zero": {zeroReport, head{"pre-election", "not-processed", "false", "1 of 1", "rollcall-board=alder.example/rollcall/5f2c"}},
	} {
		t.Run(name, func(t *testing.T) {
			v := report(t, changed(c.change))
			var ids []string
			for _, i := range v.ExternalIdentifier {
				ids = append(ids, i.OtherType+"="+i.Value)
			}
			got := head{v.Status, v.Election[0].CountStatus[0].Status, strings.TrimSpace(fmt.Sprint(v.IsTest, " ", v.TestType)),
				fmt.Sprint(v.SequenceStart, " of ", v.SequenceEnd), strings.Join(ids, " ")}
			if got != c.want {
				t.Errorf("%+v, want %+v", got, c.want)
			}
			if v.Issuer != "Alder County" || v.IssuerAbbreviation != "alder" || v.VendorApplicationID != application || v.GeneratedDate != "2026-11-05T14:00:00Z" {
				t.Errorf("issuer %q %q, application %q, date %q", v.Issuer, v.IssuerAbbreviation, v.VendorApplicationID, v.GeneratedDate)
			}
			e := v.Election[0]
			if e.StartDate != "2026-11-03" || e.EndDate != "2026-11-04" || e.ExternalIdentifier[0].Value != "5JX1ZQ0A8CK9V4T7M2W3YH6RBD*" {
				t.Errorf("from %s to %s, id %v: the last window ends with the day, which is not the next", e.StartDate, e.EndDate, e.ExternalIdentifier)
			}
		})
	}
}

// TestNISTUnits has the units of the small election: those of the manifest, and
// the two that were counted together.
func TestNISTUnits(t *testing.T) {
	v := report(t, small())
	var got []string
	for _, u := range v.GpUnit {
		got = append(got, fmt.Sprintf("%s %s/%s %v", u.Name.Text[1].Content, u.UnitType, u.OtherType, u.ComposingGpUnitIDs))
	}
	want := []string{
		"Condado de Alder other/reporting-unit [unit-1 unit-4]", "Ciudad de Alder other/reporting-unit [unit-2 unit-3]",
		"Distrito Norte precinct/ []", "Distrito Sur precinct/ []", "Isla del Molino precinct/ []",
		"Distrito Sur + Isla del Molino other/reporting-group [unit-3 unit-4]",
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("units\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	c := v.Election[0].Contest
	if c[0].ElectionDistrictID != "unit-0" || c[1].ElectionDistrictID != "unit-1" {
		t.Errorf("districts %s and %s: the contests are asked in the county and the city", c[0].ElectionDistrictID, c[1].ElectionDistrictID)
	}
}

// TestNISTArea has a contest that is asked in no unit's leaves alone. Its
// district is no group of parts, though of the same units.
func TestNISTArea(t *testing.T) {
	r := changed(func(r *Result) {
		r.Manifest.Contests = r.Manifest.Contests[:1]
		r.Manifest.Contests[0].Units = []uint64{3, 4}
		r.Parts = r.Parts[1:2]
	})
	v := report(t, r)
	checkCounts(t, r, v)
	if n := len(v.GpUnit); n != 7 {
		t.Fatalf("%d units, want 5 and 2 sets", n)
	}
	for i, kind := range []string{"contest-area", "reporting-group"} {
		if u := v.GpUnit[5+i]; u.OtherType != kind || fmt.Sprint(u.ComposingGpUnitIDs) != "[unit-3 unit-4]" || u.IsDistricted != (i == 0) {
			t.Errorf("unit %+v, want a %s", u, kind)
		}
	}
	if id := v.Election[0].Contest[0].ElectionDistrictID; id != v.GpUnit[5].ID {
		t.Errorf("district %s", id)
	}
}

// TestNISTReported counts the units that have been reported.
func TestNISTReported(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*Result)
		want   string
	}{
		"result": {func(*Result) {}, "3/3 2/2"}, "withheld": {withhold, "0/3 0/2"}, "zero": {zeroReport, "0/3 0/2"},
		"an empty unit beside those withheld": {func(r *Result) {
			r.Parts[0] = entry.ResultPart{Contest: "chair", Units: []string{"north"}, Options: options("amara 0 jonas 0 none 0")}
			r.Parts[1] = entry.ResultPart{Contest: "chair", Units: []string{"south", "mill"}, Ballots: 3}
			r.Parts[2] = entry.ResultPart{Contest: "council", Units: []string{"north"}, Options: options("a 0 b 0 c 0")}
		}, "1/3 2/2"},
	} {
		e := report(t, changed(c.change)).Election[0].Contest
		if got := fmt.Sprintf("%d/%d %d/%d", e[0].SubUnitsReported, e[0].TotalSubUnits, e[1].SubUnitsReported, e[1].TotalSubUnits); got != c.want {
			t.Errorf("%s: %s, want %s", name, got, c.want)
		}
	}
}

// TestNISTStableIDs holds that a zero report and the result call everything of
// the manifest the same, and that a group is called after its units alone.
func TestNISTStableIDs(t *testing.T) {
	names := func(r Result) map[string]string {
		ids := map[string]string{}
		v := report(t, r)
		for _, u := range v.GpUnit {
			ids[u.ID] = fmt.Sprint(u.Name, u.ComposingGpUnitIDs)
		}
		for _, c := range v.Election[0].Contest {
			ids[c.ID] = c.Name
		}
		for _, c := range v.Election[0].Candidate {
			ids[c.ID] = fmt.Sprint(c.BallotName)
		}
		return ids
	}
	before, after := names(changed(zeroReport)), names(small())
	for id, what := range before {
		if after[id] != what {
			t.Errorf("%s is %q and then %q", id, what, after[id])
		}
	}
	if len(after) != len(before)+1 {
		t.Errorf("%d ids and then %d, want one more", len(before), len(after))
	}
	// Other groups before it do not change what a group is called.
	for id, what := range names(changed(func(r *Result) { r.Parts[1].Units = []string{"mill", "south"} })) {
		if after[id] != what {
			t.Errorf("%s is %q and then %q", id, after[id], what)
		}
	}
}
