package export

import (
	"bytes"
	"errors"
	"strings"
	"testing"
	"time"

	"rollcall/bulletin/entry"
)

// TestRefused has what is no result, each with a word of the reason. Neither
// format makes anything of it.
func TestRefused(t *testing.T) {
	m := func(change func(*entry.Manifest)) func(*Result) { return func(r *Result) { change(r.Manifest) } }
	for name, c := range map[string]struct {
		change func(*Result)
		want   string
	}{
		"no manifest":            {func(r *Result) { r.Manifest = nil }, "no manifest"},
		"no id":                  {func(r *Result) { r.ID = "" }, "no election id"},
		"no languages":           {m(func(m *entry.Manifest) { m.Languages = nil }), "without languages"},
		"no units":               {m(func(m *entry.Manifest) { m.Units = nil }), "without languages, units"},
		"no windows":             {m(func(m *entry.Manifest) { m.Windows = nil }), "or windows"},
		"no time":                {func(r *Result) { r.Published = time.Time{} }, "no time of publication"},
		"a time too late":        {func(r *Result) { r.Published = time.Unix(latest+1, 0) }, "no time of publication"},
		"no version":             {func(r *Result) { r.Version = 0 }, "version 0, want at least 1"},
		"lost parts":             {func(r *Result) { r.Parts = nil }, "result-end at entry 88, but no parts"},
		"no result-end":          {func(r *Result) { r.Index = 0 }, "without a result-end"},
		"root with a parent":     {m(func(m *entry.Manifest) { m.Units[0].Parent = 99 }), `unit "alder": no unit before it is its parent`},
		"unit its own parent":    {m(func(m *entry.Manifest) { m.Units[2].Parent = 2 }), `unit "north": no unit before it`},
		"limit 0":                {m(func(m *entry.Manifest) { m.Contests[0].Limit = 0 }), `contest "chair": limit 0 of 2 options`},
		"limit too high":         {m(func(m *entry.Manifest) { m.Contests[1].Limit = 4 }), "limit 4 of 3 options"},
		"contest in no unit":     {m(func(m *entry.Manifest) { m.Contests[1].Units[1] = 5 }), `contest "council": unit 5 is not there`},
		"contest's units":        {m(func(m *entry.Manifest) { m.Contests[1].Units = []uint64{3, 2} }), "or not in order"},
		"unknown contest":        {func(r *Result) { r.Parts[1].Contest = "mayor" }, `part 1: no contest "mayor"`},
		"part without units":     {func(r *Result) { r.Parts[1].Units = nil }, "part 1: no units"},
		"unknown unit":           {func(r *Result) { r.Parts[1].Units[0] = "east" }, `part 1: contest "chair" is not asked in unit "east"`},
		"unit not asked":         {func(r *Result) { r.Parts[3].Units[0] = "mill" }, `contest "council" is not asked in unit "mill"`},
		"a unit twice":           {func(r *Result) { r.Parts[1].Units[0] = "north" }, `in unit "north", or the unit has been counted`},
		"a unit twice in a part": {func(r *Result) { r.Parts[1].Units[0] = "mill" }, `in unit "mill", or the unit has been counted`},
		"a unit missing":         {func(r *Result) { r.Parts[1].Units = []string{"mill"} }, `contest "chair": 1 of its units are in no part`},
		"a contest missing":      {func(r *Result) { r.Parts = r.Parts[:2] }, `contest "council": 2 of its units are in no part`},
		"an option missing":      {func(r *Result) { r.Parts[2].Options = r.Parts[2].Options[:2] }, `part 2, contest "council": 2 options, want 3`},
		"no none":                {func(r *Result) { r.Parts[0].Options = r.Parts[0].Options[:2] }, "2 options, want 3"},
		"options swapped":        {func(r *Result) { r.Parts[2].Options = options("b 400 a 500 c 100") }, `option 0 is "b", want "a"`},
		"none is called so":      {func(r *Result) { r.Parts[0].Options[2].Option = "blank" }, `option 2 is "blank", want "none"`},
		"a vote too few":         {func(r *Result) { r.Parts[0].Options[0].Votes-- }, "40 votes for none, but 41 ballots without a vote"},
		"too many votes":         {func(r *Result) { r.Parts[0].Options[1].Votes = 391 }, `option "jonas": more votes than 600 ballots can have`},
		"more votes than votes":  {func(r *Result) { r.Parts[2].Options = options("a 601 b 0 c 0") }, `option "a": more votes`},
		"more than the limit":    {func(r *Result) { r.Parts[2].Options = options("a 500 b 500 c 500") }, `option "c": more votes`},
		"undervotes":             {func(r *Result) { r.Parts[3].Undervotes = 0 }, "0 undervotes, but 426 votes were left unused"},
		"withheld, but empty":    {func(r *Result) { r.Parts[0].Options, r.Parts[0].Ballots, r.Parts[0].Undervotes = nil, 0, 0 }, "withheld with 0 ballots"},
		"withheld undervotes":    {func(r *Result) { r.Parts[0].Options = nil }, "withheld with 600 ballots and 40 undervotes"},
		"ballots differ": {func(r *Result) { r.Parts[2].Ballots, r.Parts[2].Undervotes = 601, 202 },
			`contest "council": 601 ballots where another contest has 600`},
		"too many ballots": {func(r *Result) { r.Parts[0].Ballots = 1 << 63 }, "9223372036854775808 ballots, want at most"},
	} {
		t.Run(name, func(t *testing.T) {
			r := changed(c.change)
			if raw, err := NIST(r); !errors.Is(err, ErrResult) || !strings.Contains(err.Error(), c.want) || raw != nil {
				t.Errorf("NIST: %d bytes, error %v, want %s", len(raw), err, c.want)
			}
			var b bytes.Buffer
			if err := OpenElections(&b, r, "en"); !errors.Is(err, ErrResult) || !strings.Contains(err.Error(), c.want) || b.Len() > 0 {
				t.Errorf("OpenElections: %d bytes, error %v, want %s", b.Len(), err, c.want)
			}
		})
	}
}

// TestUnchanged holds that neither format writes into what it is given.
func TestUnchanged(t *testing.T) {
	r, again := small(), small()
	r.Parts[1].Units = []string{"mill", "south"}
	again.Parts[1].Units = []string{"mill", "south"}
	report(t, r)
	rowsOf(t, r, "es")
	if !equal(r, again) {
		t.Error("the result was changed")
	}
}
