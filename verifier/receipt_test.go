package verifier

import (
	"strings"
	"testing"

	"rollcall/bulletin/entry"
)

// look asks for a code or ballot number and returns what a voter reads.
func look(t *testing.T, r *record, asked string) ([]Receipt, string) {
	t.Helper()
	q, err := ParseQuery(asked)
	if err != nil {
		t.Fatal(err)
	}
	o := r.options()
	o.Query = q
	report, err := Verify(t.Context(), r.publish(), o)
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	if err := report.WriteReceipts(&b, q); err != nil {
		t.Fatal(err)
	}
	return report.Receipts, b.String()
}

func (r *record) number(voter string) string {
	return formatBallotNumber(ballotNumber(r.hash, r.voters[voter].ballot.Public().Bytes()))
}

// TestReceipts looks up ballots of a record with void ones, of which others are asked
// without a code or number.
func TestReceipts(t *testing.T) {
	// n0's booth makes a second ballot after the code, junk that copies hers,
	// and a ballot for n3 after close.
	r := build(t, tamper{before: func(r *record, step string, _ entry.Body) bool {
		switch step {
		case "cast n1":
			r.append(r.raws[r.ballots["ballot n0"].index])
		case "tick 5":
			r.insert(r.makeBallot("n3").body, r.voters["n3"].ballot, r.booth)
		}
		return true
	}})
	if report := r.verify(); !report.Verified() || len(report.Void) != 2 {
		dump(t, report)
		t.Error("want two void ballots")
	}
	states := func(list []Receipt) (s string) {
		for _, x := range list {
			s += x.State + " "
		}
		return strings.TrimSpace(s)
	}
	for voter, want := range map[string]string{
		"n0": "cast void", "n1": "cast", "n3": "undecided void", "n4": "tested cast", "e0": "",
	} {
		list, text := look(t, r, r.number(voter))
		if got := states(list); got != want {
			t.Errorf("%s: %q, want %q\n%s", voter, got, want, text)
		}
		for _, x := range list {
			if !x.Matches || x.BallotNumber != r.number(voter) {
				t.Errorf("%s: %+v is not of this ballot number", voter, x)
			}
		}
	}
	// The code of a tested ballot: it was not cast, another one was.
	tested, _ := look(t, r, r.number("n4"))
	list, text := look(t, r, tested[0].Code[:4]+" "+tested[0].Code[4:8]+"-"+tested[0].Code[8:])
	if states(list) != "tested cast" || !list[0].Matches || list[1].Matches {
		t.Errorf("code of the tested ballot: %+v", list)
	}
	for _, want := range []string{"TESTED", "This ballot was NOT cast, but another one of ballot number", "Other ballots of the same ballot number"} {
		if !strings.Contains(text, want) {
			t.Errorf("no %q in\n%s", want, text)
		}
	}
	// The code of a void copy is found as well.
	copies, _ := look(t, r, r.number("n0"))
	list, text = look(t, r, copies[1].Code)
	if states(list) != "cast void" || list[0].Matches || !list[1].Matches || !strings.Contains(text, "VOID, it does not count: an alpha") {
		t.Errorf("code of the void copy: %+v\n%s", list, text)
	}
	if _, text := look(t, r, withCheckDigits("12345678901234")); !strings.Contains(text, "No ballot on this board has receipt code 1234 5678 9012") {
		t.Errorf("unknown code:\n%s", text)
	}
}

func TestParseQuery(t *testing.T) {
	good := withCheckDigits("12345678901234")
	for name, s := range map[string]string{
		"empty": "", "short": good[:15], "long": good + "1", "letters": "abcdabcdabcdabcd",
		"one digit wrong": "2" + good[1:], "check digits wrong": good[:14] + "00", "thirteen digits": good[:13],
	} {
		if _, err := ParseQuery(s); err == nil {
			t.Errorf("%s: %q is taken", name, s)
		}
	}
	if q, err := ParseQuery(" " + good[:4] + " " + good[4:8] + "-" + good[8:]); err != nil || q.code != 12345678901234 || !q.byCode {
		t.Errorf("a good code in groups: %+v, %v", q, err)
	}
	if q, err := ParseQuery(withCheckDigits("0000000042")); err != nil || q.number != 42 || q.byCode {
		t.Errorf("a ballot number: %+v, %v", q, err)
	}
}
