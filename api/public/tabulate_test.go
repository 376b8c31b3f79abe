package public

import (
	"fmt"
	"math"
	"reflect"
	"strings"
	"testing"

	"rollcall/bulletin/entry"
)

// caucus is a manifest with a contest of each sort over two wards and an island, of
// which one contest is not asked on the island, and its result.
func caucus() (*entry.Manifest, *Result) {
	option := func(id string) entry.Option { return entry.Option{ID: id, Name: entry.Text{"en": strings.ToUpper(id)}} }
	m := &entry.Manifest{
		Units: []entry.Unit{{ID: "county"}, {ID: "north"}, {ID: "south"}, {ID: "mill"}},
		Contests: []entry.Contest{
			{ID: "chair", Limit: 1, Units: []uint64{1, 2, 3}, Options: []entry.Option{option("x"), option("y")}},
			{ID: "council", Limit: 2, Units: []uint64{1, 2}, Options: []entry.Option{option("a"), option("b"), option("c")}},
		},
	}
	count := func(pairs ...any) (list []entry.OptionCount) {
		for i := 0; i < len(pairs); i += 2 {
			list = append(list, entry.OptionCount{Option: pairs[i].(string), Votes: uint64(pairs[i+1].(int))})
		}
		return list
	}
	return m, &Result{Index: 88, Parts: []entry.ResultPart{
		{Contest: "chair", Units: []string{"north"}, Ballots: 60, Options: count("x", 20, "y", 36, "none", 4), Undervotes: 4},
		{Contest: "council", Units: []string{"north"}, Ballots: 60, Options: count("a", 60, "b", 20, "c", 0), Undervotes: 40},
		{Contest: "chair", Units: []string{"south", "mill"}, Ballots: 40, Options: count("x", 40, "y", 0, "none", 0)},
		{Contest: "council", Units: []string{"south"}, Ballots: 7},
	}}
}

func TestTabulate(t *testing.T) {
	m, r := caucus()
	got, err := Tabulate(m, r)
	if err != nil {
		t.Fatal(err)
	}
	chair := []Part{
		{Units: []string{"north"}, Ballots: 60, Undervotes: 4, Votes: []uint64{20, 36, 4}},
		{Units: []string{"south", "mill"}, Ballots: 40, Votes: []uint64{40, 0, 0}},
	}
	council := []Part{
		{Units: []string{"north"}, Ballots: 60, Undervotes: 40, Votes: []uint64{60, 20, 0}},
		{Units: []string{"south"}, Ballots: 7, Withheld: true},
	}
	want := []ContestResult{
		{&m.Contests[0], Part{Units: []string{"north", "south", "mill"}, Ballots: 100, Undervotes: 4, Votes: []uint64{60, 36, 4}}, chair},
		{&m.Contests[1], Part{Units: []string{"north"}, Ballots: 60, Undervotes: 40, Votes: []uint64{60, 20, 0}}, council},
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("%+v\nwant %+v", got, want)
	}
	zero, err := Tabulate(m, &Result{})
	if err != nil || len(zero) != 2 || len(zero[0].Parts) != 0 || !reflect.DeepEqual(zero[1].Total, Part{Votes: make([]uint64, 3)}) {
		t.Errorf("zero report: %+v, %v", zero, err)
	}
}

// TestTabulateRefuses: what does not fit the manifest or itself, each with a word of
// the reason. Package export has the same of the forms that stand on it.
func TestTabulateRefuses(t *testing.T) {
	for name, c := range map[string]struct {
		change func(r *Result)
		want   string
	}{
		"lost parts":           {func(r *Result) { r.Parts = nil }, "result-end at entry 88, but no parts"},
		"no result-end":        {func(r *Result) { r.Index = 0 }, "parts without a result-end entry"},
		"unknown contest":      {func(r *Result) { r.Parts[1].Contest = "mayor" }, `part 1: no contest "mayor"`},
		"no units":             {func(r *Result) { r.Parts[1].Units = nil }, "part 1: no units"},
		"unknown unit":         {func(r *Result) { r.Parts[2].Units[1] = "east" }, `part 2: contest "chair" is not asked in unit "east"`},
		"a unit not asked":     {func(r *Result) { r.Parts[3].Units[0] = "mill" }, `"council" is not asked in unit "mill"`},
		"no leaf":              {func(r *Result) { r.Parts[3].Units[0] = "county" }, `"council" is not asked in unit "county"`},
		"a unit twice":         {func(r *Result) { r.Parts[2].Units[0] = "north" }, `unit "north", or the unit has been counted`},
		"a part twice":         {func(r *Result) { r.Parts = append(r.Parts, r.Parts[0]) }, "part 4: "},
		"a unit missing":       {func(r *Result) { r.Parts[2].Units = r.Parts[2].Units[1:] }, `contest "chair": 1 of its units are in no part`},
		"a part missing":       {func(r *Result) { r.Parts = r.Parts[:3] }, `contest "council": 1 of its units are in no part`},
		"other ballots":        {func(r *Result) { r.Parts[1].Ballots, r.Parts[1].Undervotes = 61, 42 }, "part 1: contest \"council\": 61 ballots where another contest has 60"},
		"an option missing":    {func(r *Result) { r.Parts[0].Options = r.Parts[0].Options[:2] }, `part 0, contest "chair": 2 options, want 3`},
		"options swapped":      {func(r *Result) { o := r.Parts[1].Options; o[0], o[1] = o[1], o[0] }, `option 0 is "b", want "a"`},
		"another none":         {func(r *Result) { r.Parts[0].Options[2].Option = "blank" }, `option 2 is "blank", want "none"`},
		"a vote too few":       {func(r *Result) { r.Parts[0].Options[0].Votes-- }, "4 votes for none, but 5 ballots without a vote"},
		"more than all":        {func(r *Result) { r.Parts[0].Options[1].Votes = 41 }, `option "y": more votes than 60 ballots can have`},
		"more than one each":   {func(r *Result) { r.Parts[1].Options[0].Votes = 61 }, `option "a": more votes`},
		"undervotes":           {func(r *Result) { r.Parts[1].Undervotes-- }, "39 undervotes, but 40 votes were left unused"},
		"withheld and empty":   {func(r *Result) { r.Parts[3].Ballots = 0 }, "withheld with 0 ballots"},
		"withheld undervotes":  {func(r *Result) { r.Parts[3].Undervotes = 1 }, "withheld with 7 ballots and 1 undervotes"},
		"too many ballots":     {func(r *Result) { r.Parts[3].Ballots = maxBallots + 1 }, "17592186044417 ballots, want at most 17592186044416"},
		"a sum that overflows": {func(r *Result) { r.Parts[3].Ballots = math.MaxUint64 }, "want at most"},
	} {
		m, r := caucus()
		c.change(r)
		if got, err := Tabulate(m, r); err == nil || got != nil || !strings.HasPrefix(err.Error(), "result: ") || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %s", name, err, c.want)
		}
	}
}

// BenchmarkTabulate is a result of about the largest size: it is made for each page
// of results.
func BenchmarkTabulate(b *testing.B) {
	m := &entry.Manifest{Units: []entry.Unit{{ID: "all"}}}
	r := &Result{Index: 1}
	for u := range uint64(999) {
		m.Units = append(m.Units, entry.Unit{ID: fmt.Sprint("unit-", u)})
	}
	for i := range 10 {
		c := entry.Contest{ID: fmt.Sprint(i), Limit: 1}
		none := []entry.OptionCount{{Option: entry.NoneID}}
		for j := range 5 {
			c.Options = append(c.Options, entry.Option{ID: fmt.Sprint(j)})
			none = append(none[:j], entry.OptionCount{Option: fmt.Sprint(j)}, entry.OptionCount{Option: entry.NoneID})
		}
		for u := range uint64(999) {
			c.Units = append(c.Units, u+1)
			r.Parts = append(r.Parts, entry.ResultPart{Contest: c.ID, Units: []string{m.Units[u+1].ID}, Options: none})
		}
		m.Contests = append(m.Contests, c)
	}
	for b.Loop() {
		if _, err := Tabulate(m, r); err != nil {
			b.Fatal(err)
		}
	}
}
