package verifier

import (
	"fmt"
	"strings"
)

// number is the number of a check: v05 is V05.
type number int

// The checks of SPEC.md, section 16.
const (
	v01 number = iota + 1
	v02
	v03
	v04
	v05
	v06
	v07
	v08
	v09
	v10
	v11
	v12
	v13
	v14
	v15
	v16
	v17
	v18
	v19
	v20
	v21
)

// all are the numbers in order.
var all = []number{v01, v02, v03, v04, v05, v06, v07, v08, v09, v10, v11, v12, v13, v14, v15, v16, v17, v18, v19, v20, v21}

func (n number) String() string { return names[n] }

var names = func() (names [v21 + 1]string) {
	for _, n := range all {
		names[n] = fmt.Sprintf("V%02d", int(n))
	}
	return names
}()

// titles say in plain words what it means that a check passed.
var titles = []string{
	v01 - 1: "the rules of this election are the ones named by its id",
	v02 - 1: "the trustees made the key without one choosing last",
	v03 - 1: "the key is the trustees' own and all of them signed for it",
	v04 - 1: "the list of voters is complete, unique and of the stated size",
	v05 - 1: "the board is whole, and as its log and witnesses signed it",
	v06 - 1: "every entry is well formed, in its phase and by its signer",
	v07 - 1: "the board's clock is right and the election has ended",
	v08 - 1: "every ballot is from a voter on the list, through a known booth",
	v09 - 1: "every ballot has the right contests and copies no other",
	v10 - 1: "every ballot is proved to hold allowed votes only",
	v11 - 1: "no voter was given one receipt code twice",
	v12 - 1: "every ballot was sealed and decided in time, one cast a voter",
	v13 - 1: "every tested ballot opens to what was said, and is not counted",
	v14 - 1: "the encrypted totals are the sums of the cast ballots",
	v15 - 1: "enough trustees decrypted rightly",
	v16 - 1: "the counts are what the totals decrypt to",
	v17 - 1: "the counts add up to the ballots",
	v18 - 1: "the result names exactly the contests and options that were asked",
	v19 - 1: "no group of voters too small was counted apart",
	v20 - 1: "further rules were kept",
	v21 - 1: "no ballot by an auditor is counted",
}

// check gathers the outcome of one check while the record is read.
type check struct {
	err     error // the first fault
	faults  int
	done    bool   // judged to the end
	skipped string // why it can not be judged, if so
	notes   []string
}

// checks holds all of them.
type checks [v21 + 1]check

// fail records a fault. The first is reported, with the number of the others.
func (c *checks) fail(n number, err error) {
	if c[n].err == nil {
		c[n].err = err
	}
	c[n].faults++
}

// pass says that a check has been judged to the end. It passes if no fault was
// recorded.
func (c *checks) pass(ns ...number) {
	for _, n := range ns {
		c[n].done = true
	}
}

// skip says why a check is not judged. The first reason counts.
func (c *checks) skip(why string, ns ...number) {
	for _, n := range ns {
		if c[n].skipped == "" {
			c[n].skipped = why
		}
	}
}

// note adds something worth knowing to a check.
func (c *checks) note(n number, format string, args ...any) {
	c[n].notes = append(c[n].notes, fmt.Sprintf(format, args...))
}

func (c *checks) failed(n number) bool { return c[n].err != nil }

// list returns the outcomes in order. A check that was neither judged nor
// skipped is skipped by the first one that failed.
func (c *checks) list() []Check {
	because := "could not be judged"
	for _, n := range all {
		if c.failed(n) {
			because = fmt.Sprintf("not judged, since %s failed", n)
			break
		}
	}
	out := make([]Check, 0, len(titles))
	for _, n := range all {
		k, r := &c[n], Check{ID: n.String(), Title: titles[n-1]}
		notes := k.notes
		switch {
		case k.err != nil:
			r.Status, r.Error = Fail, k.err.Error()
			if k.faults > 1 {
				notes = append(notes, fmt.Sprintf("%d faults in all", k.faults))
			}
		case k.skipped != "":
			r.Status = Skipped
			notes = append([]string{k.skipped}, notes...)
		case k.done:
			r.Status = Pass
		default:
			r.Status = Skipped
			notes = append([]string{because}, notes...)
		}
		r.Note = strings.Join(notes, "; ")
		out = append(out, r)
	}
	return out
}
