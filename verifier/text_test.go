package verifier

import (
	"strings"
	"testing"
	"time"
)

// TestText holds what a person reads, for every verdict.
func TestText(t *testing.T) {
	report := func(statuses string) *Report {
		r := &Report{Size: 7, Elapsed: 1234 * time.Millisecond, Ballots: Ballots{Cast: 3, Void: 1},
			Void:    []Void{{Index: 5, Kind: "ballot", Check: "V10", Reason: "contest 0, option 1: response does not match"}},
			Results: []Count{{"mayor", []string{"north"}, "a", 2}, {"mayor", []string{"north"}, "none", 1}, {"mayor", []string{"isle", "south"}, "a", 0}}}
		for i, n := range all {
			c := Check{ID: n.String(), Title: titles[i], Status: map[byte]Status{'P': Pass, 'F': Fail, 'S': Skipped}[statuses[min(i, len(statuses)-1)]]}
			switch c.Status {
			case Fail:
				c.Error = "entry 4: bad"
			case Skipped:
				c.Note = "not yet"
			}
			r.Checks = append(r.Checks, c)
		}
		return r
	}
	for statuses, want := range map[string][]string{
		"P": {"V01  pass  the rules", "entry 5, ballot, V10: contest 0, option 1: response does not match",
			"3 ballots were cast, 0 tested, 0 not decided, 1 void; 7 entries judged in 1.23s",
			"\nResult\n  mayor, north: a 2, none 1\n  mayor, isle + south: a 0\n", "\nVERIFIED: every check passed\n"},
		"PFSP": {"V02  FAIL  it is NOT so that the trustees", "last: entry 4: bad\n", "V03  skip  not known whether the key", "(not yet)",
			"Result as posted, NOT verified", "\nNOT VERIFIED: V02 failed\n"},
		"SP": {"\nINCOMPLETE: nothing is wrong with what is there, but V01 could not be judged\n"},
	} {
		for _, colour := range []bool{false, true} {
			var b strings.Builder
			if err := report(statuses).WriteText(&b, colour); err != nil {
				t.Fatal(err)
			}
			text := b.String()
			if strings.Contains(text, "\x1b[") != colour {
				t.Errorf("%s: colour %v gives %q", statuses, colour, text)
			}
			if colour {
				continue
			}
			for _, w := range want {
				if !strings.Contains(text, w) {
					t.Errorf("%s: no %q in\n%s", statuses, w, text)
				}
			}
		}
	}
	many := report("P")
	for range 30 {
		many.Void = append(many.Void, many.Void[0])
	}
	var b strings.Builder
	if err := many.WriteText(&b, false); err != nil || !strings.Contains(b.String(), "and 11 more, see --json") {
		t.Errorf("%v\n%s", err, b.String())
	}
}

func TestReadExpectedCounts(t *testing.T) {
	got, err := ReadExpectedCounts(strings.NewReader("unit,voters\nnorth,12\n\"south, old\",0\n"))
	if err != nil || len(got) != 2 || got["north"] != 12 || got["south, old"] != 0 {
		t.Errorf("%v, %v", got, err)
	}
	for name, c := range map[string]struct{ text, want string }{
		"no number":     {"north,many\n", `line 1: "many" is no number of voters`},
		"negative":      {"north,-1\n", "no number"},
		"twice":         {"north,1\nnorth,1\n", `line 2: unit "north" stands there twice`},
		"one column":    {"north\n", "wrong number of fields"},
		"three columns": {"north,1,2\n", "wrong number of fields"},
		"second header": {"north,1\nunit,voters\n", "no number"},
	} {
		if _, err := ReadExpectedCounts(strings.NewReader(c.text)); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", name, err, c.want)
		}
	}
}
