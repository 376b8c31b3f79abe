package demo

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"time"

	"rollcall/internal/demo/names"
	"rollcall/internal/text"
	"rollcall/internal/voter"
)

// slug turns a unit's or option's name into an id.
func slug(name string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z', r >= '0' && r <= '9':
			return r
		case r == ' ':
			return '-'
		}
		return -1
	}, strings.ToLower(name))
}

// decisionSeconds is how long a caller of the demo may take to decide.
const decisionSeconds = 10

// manifestYAML writes the demo's manifest file, as staff would.
func manifestYAML(threshold int, now time.Time) string {
	var b strings.Builder
	local := func(l names.Local) string { return fmt.Sprintf("{en: %q, es: %q}", l["en"], l["es"]) }
	fmt.Fprintf(&b, "title: %s\nlanguages: [en, es]\nrehearsal: true\n", local(names.Title))
	fmt.Fprintf(&b, "phone: %q\nhelp_line: %q\n", phoneNumber, names.HelpLine)
	fmt.Fprintf(&b, "minimum: 5\ndecision_seconds: %d\ntrustees_needed: %d\n", decisionSeconds, threshold)
	fmt.Fprintf(&b, "windows:\n  - {from: %s, to: %s}\n", now.Add(-time.Minute).UTC().Format(time.RFC3339), now.Add(24*time.Hour).UTC().Format(time.RFC3339))
	b.WriteString("units:\n")
	for _, u := range names.Units {
		fmt.Fprintf(&b, "  - {id: %s, name: %q", slug(u.Name), u.Name)
		if u.Parent != "" {
			fmt.Fprintf(&b, ", parent: %s", slug(u.Parent))
		}
		b.WriteString("}\n")
	}
	b.WriteString("contests:\n")
	for i, c := range names.Contests {
		fmt.Fprintf(&b, "  - id: contest-%d\n    title: %s\n    vote_for: %d\n    options:\n", i+1, local(c.Title), c.Limit)
		for j, o := range c.Options {
			fmt.Fprintf(&b, "      - {id: option-%d, name: %s}\n", j+1, local(o))
		}
	}
	return b.String()
}

// phoneNumber is printed on the demo's letters; it is reserved for fiction.
const phoneNumber = "+1 555 0123"

// rollCSV writes a roll of invented people. The tiny unit keeps its size, the
// others share the rest.
func rollCSV(voters int) string {
	tiny := 2
	var b strings.Builder
	b.WriteString("name,unit,language,street\n")
	for i := range voters {
		unit := names.Units[1+i%2].Name
		if i < tiny {
			unit = names.Units[3].Name
		}
		lang := "en"
		if i%4 == 3 {
			lang = "es"
		}
		fmt.Fprintf(&b, "Voter %d,%s,%s,%d Harbour Road\n", i+1, slug(unit), lang, i+1)
	}
	return b.String()
}

// plan says who calls and how: most vote, some test first, some hang up, and
// three misbehave. The first letters are the tiny unit's, whose voters call
// first.
func plan(letters []voter.Letter, calls int, r *rand.Rand) []*person {
	people := make([]*person, min(calls, len(letters)))
	for i := range people {
		p := &person{letter: letters[i], conduct: votes}
		for _, c := range names.Contests {
			n := 1
			if c.Limit > 1 {
				n = r.IntN(c.Limit + 1)
			} else if r.IntN(12) == 0 {
				n = 0 // leaves it blank
			}
			p.choices = append(p.choices, favourites(r, len(c.Options), n))
		}
		people[i] = p
	}
	for i, c := range []conduct{wrongPIN, wrongCode, votesTwice} {
		if at := 3 + i; at < len(people) {
			people[at].conduct = c
		}
	}
	for i := 6; i < len(people); i++ {
		switch i % 9 {
		case 0:
			people[i].conduct, people[i].hangUp = hangsUp, i/9%4
		case 4:
			people[i].conduct = testsFirst
		}
	}
	return people
}

// favourites draws n of m options; the first ones are liked better, so that
// the demo has a winner.
func favourites(r *rand.Rand, m, n int) []int {
	chosen := map[int]bool{}
	var list []int
	for len(list) < n {
		o := min(r.IntN(m), r.IntN(m))
		if !chosen[o] {
			chosen[o] = true
			list = append(list, o)
		}
	}
	return list
}

// conductName says in words what a caller did.
func conductName(c conduct) string {
	return map[conduct]string{
		votes: "voted", testsFirst: "tested a ballot first, then voted", hangsUp: "hung up before casting",
		wrongPIN: "keyed a wrong PIN", wrongCode: "keyed a wrong cast code", votesTwice: "voted, and called again to vote once more",
	}[c]
}

// said is what the line told a caller, in English.
func said(id text.ID) string {
	words, err := text.Message{Lang: "en", ID: id}.Phrases()
	if err != nil || len(words) == 0 {
		return string(id)
	}
	return words[0].Text
}
