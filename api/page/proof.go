package page

import (
	"strconv"
	"strings"

	"rollcall/api/public"
)

// browserCheck is what a page claims of a ballot, for the scripts of package script
// to hold against the record, and which of their steps apply.
type browserCheck struct {
	Decision string // index of the cast or test, or ""
	Kind     string // cast or test
	Opened   string // of a test: what the page shows, as positions
	Steps    []string
}

// checkOf returns what can be checked of a ballot; nil of a void one, which is
// not in order.
func checkOf(b *public.Match) *browserCheck {
	if b.State == public.StateVoid {
		return nil
	}
	c := &browserCheck{Steps: []string{"election", "ballot", "ballot-record"}}
	switch b.State {
	case public.StateCast:
		c.Kind = "cast"
	case public.StateTested:
		c.Kind, c.Opened = "test", openedPositions(b.Opened)
	}
	decided := c.Kind != "" && !b.Decided.IsZero() // else it may not be published yet
	if decided {
		c.Decision = strconv.FormatUint(b.Decision, 10)
		c.Steps = append(c.Steps, "decision", "decision-record")
	} else {
		c.Kind, c.Opened = "", ""
	}
	c.Steps = append(c.Steps, "checkpoint", "key", "roll", "ballot-signed", "ballot-form")
	if decided {
		c.Steps = append(c.Steps, "decision-signed")
	}
	if b.Code != "" {
		c.Steps = append(c.Steps, "tick", "code")
	}
	if c.Kind == "test" {
		c.Steps = append(c.Steps, "opening")
	}
	return c
}

// openedPositions writes what a test held as the scripts take it: "0:3 1:0,2" is
// option 3 of contest 0, and options 0 and 2 of contest 1.
func openedPositions(list []public.Opened) string {
	contests := make([]string, len(list))
	for i, o := range list {
		selected := make([]string, len(o.Selected))
		for j, p := range o.Selected {
			selected[j] = strconv.FormatUint(p, 10)
		}
		contests[i] = strconv.FormatUint(o.Contest, 10) + ":" + strings.Join(selected, ",")
	}
	return strings.Join(contests, " ")
}
