package export

import (
	"encoding/json"
	"fmt"
	"strconv"
	"time"

	"rollcall/bulletin/entry"
)

const (
	// application names this program and the form of its reports. The number goes
	// up when the same result gives other bytes, and never with the program alone:
	// a report is the same whoever makes it.
	application = "rollcall export 1"

	// telephone is how all votes were taken: the specification has no word of its
	// own for it, so the type of a count is "other".
	other     = "other"
	telephone = "telephone"

	// latest is the end of the year 9999, after which there are no dates.
	latest = 253402300799
)

// NIST returns the result as an ElectionReport in JSON (NIST SP 1500-100 v2.0.3),
// indented, the same bytes for the same result. Errors wrap ErrResult.
//
// Every count belongs to one part of the result and has the type "other",
// "telephone". There are no totals: a sum that stands beside its terms is added
// twice by somebody. A part of several units is a ReportingUnit "reporting-group"
// that is composed of them; parts of different contests may overlap, and so may
// the ballot counts, so only what is in one contest can be added up.
//
// A withheld part has Count 0, which the schema demands, with
// IsSuppressedForPrivacy; it has no OtherCounts, which know no such mark.
//
// "None" in a vote for one is no selection but an undervote: its voters were
// asked, could have chosen one, and chose nobody. The specification has no other
// place for a blank vote, and readers take every selection for a candidate who
// could win. Overvotes are 0 throughout: a ballot with one is void (SPEC.md,
// section 10).
//
// Ids are positions in the manifest, which does not change, or a hash of such
// positions: they are the same in every report of an election, and are NCNames,
// as in the XML form of the format. The ids of the manifest itself, which may
// hold any character, are external identifiers.
//
// The manifest does not say who the options are, what sort of election it is,
// and who publishes it: every contest is a CandidateContest with vote variation
// n-of-m, the election's type is "other", and the issuer is the root unit. A unit
// without parts is a precinct. Dates are those of the windows in UTC.
func NIST(r Result) ([]byte, error) {
	contests, err := r.contests()
	if err != nil {
		return nil, err
	}
	m := r.Manifest
	b := builder{m: m, units: newUnits(m), counted: !r.zero()}
	election := b.election(&r, contests)
	report := cdfReport{
		Type: cdf + "ElectionReport", Format: "precinct-level", GeneratedDate: r.Published.UTC().Format("2006-01-02T15:04:05Z"),
		Issuer: m.Units[0].Name[m.Languages[0]], IssuerAbbreviation: m.Units[0].ID, IsTest: m.Rehearsal,
		// A report is whole: it is the last of as many as there have been.
		SequenceStart: r.Version, SequenceEnd: r.Version,
		Status: "unofficial-complete", VendorApplicationID: application,
		ExternalIdentifier: []cdfIdentifier{identifier("rollcall-board", m.Log.Origin)},
		GpUnit:             b.units.list, Election: []cdfElection{election},
	}
	if m.Rehearsal {
		report.TestType = "rehearsal"
	}
	if r.zero() {
		report.Status = "pre-election"
	} else {
		report.ExternalIdentifier = append(report.ExternalIdentifier, identifier("rollcall-result-entry", strconv.FormatUint(r.Index, 10)))
	}
	raw, err := json.MarshalIndent(report, "", "  ")
	if err != nil {
		return nil, fmt.Errorf("export: %w", err)
	}
	return append(raw, '\n'), nil
}

// builder makes the election of a report; units grow with it.
type builder struct {
	m       *entry.Manifest
	units   *units
	counted bool // it is no zero report
}

func (b *builder) election(r *Result, contests [][]part) cdfElection {
	m := b.m
	status := "completed"
	if r.zero() {
		status = "not-processed"
	}
	e := cdfElection{
		Type: cdf + "Election", Name: text(m, m.Title), ElectionType: other, OtherType: "unspecified",
		StartDate: date(m.Windows[0].From), EndDate: date(max(m.Windows[len(m.Windows)-1].To, 1) - 1), // To is not in it
		ElectionScopeID: unitID(0), ExternalIdentifier: []cdfIdentifier{identifier("rollcall-election", r.ID)},
		CountStatus:  []cdfCountStatus{{Type: cdf + "CountStatus", CountType: other, OtherType: telephone, Status: status}},
		BallotCounts: []cdfBallotCounts{}, Candidate: []cdfCandidate{}, Contest: make([]cdfContest, len(contests)),
	}
	known := map[string]bool{} // units whose ballots are there
	for i := range contests {
		e.Contest[i] = b.contest(i, contests[i])
		for j, o := range m.Contests[i].Options {
			e.Candidate = append(e.Candidate, cdfCandidate{
				ID: candidateID(i, j), Type: cdf + "Candidate", BallotName: text(m, o.Name),
				ExternalIdentifier: []cdfIdentifier{identifier("rollcall-option", o.ID)},
			})
		}
		for _, p := range contests[i] {
			id := b.units.of(p.units)
			if !known[id] {
				known[id] = true
				e.BallotCounts = append(e.BallotCounts, cdfBallotCounts{
					Type: cdf + "BallotCounts", GpUnitID: id, CountType: other, OtherType: telephone, BallotsCast: p.ballots,
				})
			}
		}
	}
	return e
}

func (b *builder) contest(at int, parts []part) cdfContest {
	c := &b.m.Contests[at]
	v := cdfContest{
		ID: "contest-" + strconv.Itoa(at), Type: cdf + "CandidateContest",
		Name: c.Title[b.m.Languages[0]], BallotTitle: text(b.m, c.Title), SequenceOrder: at + 1,
		ElectionDistrictID: b.units.area(c.Units), VoteVariation: "n-of-m", VotesAllowed: c.Limit, TotalSubUnits: len(c.Units),
		ExternalIdentifier: []cdfIdentifier{identifier("rollcall-contest", c.ID)}, ContestSelection: make([]cdfSelection, len(c.Options)),
	}
	for i := range c.Options {
		v.ContestSelection[i] = cdfSelection{
			ID: fmt.Sprintf("selection-%d-%d", at, i), Type: cdf + "CandidateSelection",
			CandidateIDs: []string{candidateID(at, i)}, SequenceOrder: i + 1, VoteCounts: make([]cdfVoteCounts, len(parts)),
		}
	}
	for i, p := range parts {
		id := b.units.of(p.units)
		for j := range c.Options {
			count := cdfVoteCounts{Type: cdf + "VoteCounts", GpUnitID: id, CountType: other, OtherType: telephone}
			if p.withheld() {
				count.IsSuppressedForPrivacy = true
			} else {
				count.Count = p.votes[j]
			}
			v.ContestSelection[j].VoteCounts[i] = count
		}
		if p.withheld() {
			continue
		}
		v.OtherCounts = append(v.OtherCounts, cdfOtherCounts{Type: cdf + "OtherCounts", GpUnitID: id, Undervotes: p.undervotes})
		if b.counted {
			v.SubUnitsReported += len(p.units)
		}
	}
	return v
}

func candidateID(contest, option int) string { return fmt.Sprintf("candidate-%d-%d", contest, option) }

// date is the day, in UTC, of a time in Unix seconds.
func date(seconds uint64) string {
	return time.Unix(int64(min(seconds, latest)), 0).UTC().Format(time.DateOnly)
}

// text has a text in every language, in the order of the manifest.
func text(m *entry.Manifest, t entry.Text) cdfText {
	v := cdfText{Type: cdf + "InternationalizedText", Text: make([]cdfString, len(m.Languages))}
	for i, l := range m.Languages {
		v.Text[i] = cdfString{Type: cdf + "LanguageString", Content: t[l], Language: l}
	}
	return v
}

func identifier(kind, value string) cdfIdentifier {
	return cdfIdentifier{Type: cdf + "ExternalIdentifier", IdentifierType: other, OtherType: kind, Value: value}
}
