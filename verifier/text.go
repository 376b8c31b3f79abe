package verifier

import (
	"bufio"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"
)

// maxVoidLines is how many void entries are written out for a person; the JSON
// form has all of them.
const maxVoidLines = 20

// Colours of a terminal, by status.
var colours = map[Status]string{Pass: "\x1b[32m", Fail: "\x1b[31;1m", Skipped: "\x1b[33m"}

// words for a status, of one width.
var words = map[Status]string{Pass: "pass", Fail: "FAIL", Skipped: "skip"}

// WriteText writes the report for a person: one line a check, the void entries,
// and the verdict. colour says whether to colour it for a terminal.
func (r *Report) WriteText(w io.Writer, colour bool) error {
	b := bufio.NewWriter(w)
	paint := func(s Status, text string) string {
		if !colour {
			return text
		}
		return colours[s] + text + "\x1b[0m"
	}
	for _, c := range r.Checks {
		line := c.Title
		switch c.Status {
		case Fail:
			line = "it is NOT so that " + c.Title + ": " + c.Error
		case Skipped:
			line = "not known whether " + c.Title
		}
		if c.Note != "" {
			line += " (" + c.Note + ")"
		}
		fmt.Fprintf(b, "%s  %s  %s\n", c.ID, paint(c.Status, words[c.Status]), Printable(line))
	}
	r.writeVoid(b)
	r.writeResults(b)
	before := ""
	if r.Before > 0 {
		before = fmt.Sprintf(" after %d that had been before", r.Before)
	}
	fmt.Fprintf(b, "\n%d ballots were cast, %d tested, %d not decided, %d void; %d entries judged%s in %s\n",
		r.Ballots.Cast, r.Ballots.Tested, r.Ballots.Undecided, r.Ballots.Void, r.Size-r.Before, before, r.Elapsed.Round(10*time.Millisecond))
	switch {
	case r.Verified():
		fmt.Fprintln(b, paint(Pass, "VERIFIED: every check passed"))
	case r.Failed():
		fmt.Fprintln(b, paint(Fail, "NOT VERIFIED: "+r.first(Fail)+" failed"))
	default:
		fmt.Fprintln(b, paint(Skipped, "INCOMPLETE: nothing is wrong with what is there, but "+r.first(Skipped)+" could not be judged"))
	}
	return b.Flush()
}

// first returns the ids of all checks with a status.
func (r *Report) first(s Status) string {
	var ids []string
	for _, c := range r.Checks {
		if c.Status == s {
			ids = append(ids, c.ID)
		}
	}
	return strings.Join(ids, ", ")
}

// writeResults writes one line for every part of every contest.
func (r *Report) writeResults(w io.Writer) {
	if len(r.Results) == 0 {
		return
	}
	title := "Result"
	if !r.Verified() {
		title = "Result as posted, NOT verified"
	}
	fmt.Fprintf(w, "\n%s", title)
	for i, c := range r.Results {
		same := i > 0 && r.Results[i-1].Contest == c.Contest && slices.Equal(r.Results[i-1].Units, c.Units)
		if same {
			fmt.Fprintf(w, ", %s %d", Printable(c.Option), c.Votes)
			continue
		}
		fmt.Fprintf(w, "\n  %s: %s %d", Printable(c.Contest+", "+strings.Join(c.Units, " + ")), Printable(c.Option), c.Votes)
	}
	fmt.Fprintln(w)
}

func (r *Report) writeVoid(w io.Writer) {
	if len(r.Void) == 0 {
		return
	}
	fmt.Fprintf(w, "\n%d entries are void: they count for nothing and are evidence against whoever let them in\n", len(r.Void))
	for i, v := range r.Void {
		if i == maxVoidLines {
			fmt.Fprintf(w, "  and %d more, see --json\n", len(r.Void)-i)
			return
		}
		fmt.Fprintf(w, "  entry %d, %s, %s: %s\n", v.Index, v.Kind, v.Check, Printable(v.Reason))
	}
}

// WriteReceipts tells a voter in plain words what became of the ballots with
// the code or ballot number asked for. q is the query that was in the options.
func (r *Report) WriteReceipts(w io.Writer, q *Query) error {
	b := bufio.NewWriter(w)
	var matching, others []Receipt
	cast := map[string]uint64{} // where another ballot of a number was cast
	for _, x := range r.Receipts {
		if x.Matches {
			matching = append(matching, x)
			continue
		}
		others = append(others, x)
		if x.State == stateNames[stateCast] {
			cast[x.BallotNumber] = x.Index
		}
	}
	if len(matching) == 0 {
		fmt.Fprintf(b, "No ballot on this board has %s.\n", q)
		fmt.Fprintln(b, "If it was read to you more than a minute ago, keep it and report it: it is evidence that a ballot is missing.")
	}
	for _, x := range matching {
		fmt.Fprintf(b, "Ballot at entry %d: %s\n", x.Index, x.sentence())
		if other, ok := cast[x.BallotNumber]; ok && x.State != stateNames[stateCast] {
			fmt.Fprintf(b, "  This ballot was NOT cast, but another one of ballot number %s was: entry %d.\n", x.BallotNumber, other)
			fmt.Fprintln(b, "  If you did not cast that one, report it.")
		}
	}
	if len(others) > 0 {
		fmt.Fprintln(b, "Other ballots of the same ballot number:")
		for _, x := range others {
			fmt.Fprintf(b, "  entry %d: %s\n", x.Index, x.sentence())
		}
	}
	if r.Failed() {
		fmt.Fprintf(b, "The record itself is NOT in order: %s failed.\n", r.first(Fail))
	}
	return b.Flush()
}

// String returns what was asked for, spoken in groups of four.
func (q *Query) String() string {
	what := "ballot number "
	if q.byCode {
		what = "receipt code "
	}
	return what + groups(q.text)
}

func groups(digits string) string {
	var parts []string
	for len(digits) > 4 {
		parts, digits = append(parts, digits[:4]), digits[4:]
	}
	return strings.Join(append(parts, digits), " ")
}

// sentence says what became of the ballot.
func (x *Receipt) sentence() string {
	var s string
	switch x.State {
	case stateNames[stateCast]:
		s = "CAST, it counts"
	case stateNames[stateTested]:
		s = "TESTED, it was opened for all to see and does not count"
	case stateNames[stateUndecided]:
		s = "sealed and NOT DECIDED: neither cast nor tested, it does not count"
	default:
		s = "VOID, it does not count: " + Printable(x.Reason)
	}
	if x.BallotNumber != "" {
		s += "; ballot number " + groups(x.BallotNumber)
	}
	if x.Code != "" {
		s += "; receipt code " + groups(x.Code) + "; sealed " + time.Unix(int64(x.Sealed), 0).UTC().Format("2006-01-02 15:04:05 MST")
	} else {
		s += "; it has no receipt code yet"
	}
	return s
}
