package export

import (
	"fmt"
	"strings"
	"time"

	"rollcall/bulletin/entry"
)

var noon = time.Date(2026, 11, 3, 12, 0, 0, 0, time.UTC)

func text2(en, es string) entry.Text { return entry.Text{"en": en, "es": es} }

// small is an election with a contest of each sort, over two wards of a city and
// an island that is too small to be reported alone.
func small() Result {
	m := &entry.Manifest{
		Version: 1, Title: text2("Winter Caucus", "Asamblea de invierno"), Languages: []string{"en", "es"},
		Contests: []entry.Contest{
			{ID: "chair", Title: text2("County chair", "Presidencia"), Limit: 1, Units: []uint64{2, 3, 4}, Options: []entry.Option{
				{ID: "amara", Name: text2("Amara Osei", "Amara Osei")}, {ID: "jonas", Name: text2(`Jonas "Jo" <Lind>, Jr.`, "Jonas Lind")},
			}},
			{ID: "council", Title: text2("Library council", "Consejo de la biblioteca"), Limit: 2, Units: []uint64{2, 3}, Options: []entry.Option{
				{ID: "a", Name: text2("Ben Tran", "Ben Tran")}, {ID: "b", Name: text2("Ida Novak", "Ida Novák")}, {ID: "c", Name: text2("Lou Ek", "Lou Ek")},
			}},
		},
		Units: []entry.Unit{
			{ID: "alder", Name: text2("Alder County", "Condado de Alder")},
			{ID: "city", Name: text2("Alder City", "Ciudad de Alder")},
			{ID: "north", Name: text2("North Ward", "Distrito Norte"), Parent: 1},
			{ID: "south", Name: text2("South Ward", "Distrito Sur"), Parent: 1},
			{ID: "mill", Name: text2("Mill Island", "Isla del Molino")},
		},
		Minimum: 10,
		Windows: []entry.Window{{From: uint64(noon.Unix()), To: uint64(noon.Unix()) + 36000}, {From: uint64(noon.Unix()) + 86400, To: uint64(noon.Unix()) + 86400 + 43200}},
		Log:     entry.Log{Origin: "alder.example/rollcall/5f2c"},
	}
	return Result{
		Manifest: m, ID: "5JX1ZQ0A8CK9V4T7M2W3YH6RBD*", Index: 88, Published: noon.Add(50*time.Hour + 123456789), Version: 2,
		Parts: []entry.ResultPart{
			{Contest: "chair", Units: []string{"north"}, Ballots: 600, Options: options("amara 210 jonas 350 none 40"), Undervotes: 40},
			{Contest: "chair", Units: []string{"south", "mill"}, Ballots: 440, Options: options("amara 320 jonas 120 none 0")},
			{Contest: "council", Units: []string{"north"}, Ballots: 600, Options: options("a 500 b 400 c 100"), Undervotes: 200},
			{Contest: "council", Units: []string{"south"}, Ballots: 433, Options: options("a 433 b 0 c 7"), Undervotes: 426},
		},
	}
}

// options reads pairs of an option and its votes.
func options(s string) []entry.OptionCount {
	var list []entry.OptionCount
	r := strings.NewReader(s)
	for {
		var o entry.OptionCount
		if _, err := fmt.Fscan(r, &o.Option, &o.Votes); err != nil {
			return list
		}
		list = append(list, o)
	}
}

// changed is the small election with a change.
func changed(change func(r *Result)) Result {
	r := small()
	change(&r)
	return r
}

// zeroReport is the small election before its close.
func zeroReport(r *Result) { r.Parts, r.Index, r.Version = nil, 0, 1 }

// withhold leaves 7 ballots, all together, in every contest.
func withhold(r *Result) {
	r.Parts = []entry.ResultPart{
		{Contest: "chair", Units: []string{"north", "south", "mill"}, Ballots: 7},
		{Contest: "council", Units: []string{"north", "south"}, Ballots: 6},
	}
}

// odd has ids and names of every character that can do harm somewhere.
func odd(r *Result) {
	m := r.Manifest
	names := []string{"a b", "<&>", `"`, "é", "日本", "1", "-", "../x", "\t\n", "\u2028", "#", "unit-0", " ", "none ", "=1+1", "%00"}
	ids := map[string]string{}
	for i := range m.Units {
		ids[m.Units[i].ID], m.Units[i].ID = names[i], names[i]
		m.Units[i].Name = text2(names[len(names)-1-i], names[i])
	}
	for i := range m.Contests {
		c := &m.Contests[i]
		ids[c.ID], c.ID = names[i], names[i]
		c.Title = text2(names[9+i], names[7+i])
		for j := range c.Options {
			ids[c.Options[j].ID], c.Options[j].ID = names[i+j+3], names[i+j+3]
			c.Options[j].Name = text2(names[14-j], names[12+j])
		}
	}
	for i := range r.Parts {
		p := &r.Parts[i]
		p.Contest = ids[p.Contest]
		for j := range p.Units {
			p.Units[j] = ids[p.Units[j]]
		}
		for j := range p.Options {
			if id, ok := ids[p.Options[j].Option]; ok {
				p.Options[j].Option = id
			}
		}
	}
}
