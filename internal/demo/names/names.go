// Package names is what the demo election is about: its title, contests, units
// and help line, all invented, in English and Spanish. The audio of every name
// here is shipped in phone/prompt, so that the demo speaks on a machine without
// espeak-ng; whoever changes a name runs go generate ./phone/prompt.
package names

import "rollcall/phone/callflow"

// Local is a text by language, "en" and "es".
type Local map[string]string

func same(s string) Local { return Local{"en": s, "es": s} }

// Languages of the demo, in the order of their keys.
var Languages = []string{"en", "es"}

// Title of the election.
var Title = Local{"en": "Port Maren telephone caucus", "es": "Asamblea telefónica de Port Maren"}

// HelpLine is a number that is reserved for fiction.
const HelpLine = "800 555 0142"

// Contest is a contest of the demo. Options do not hold "none".
type Contest struct {
	Title   Local
	Limit   int // 1 is "vote for one"
	Options []Local
}

// Contests of the demo, on the ballot of every unit.
var Contests = []Contest{
	{
		Title: Local{"en": "City Council, Ward 4", "es": "Concejo Municipal, Distrito 4"},
		Limit: 1,
		Options: []Local{
			same("Amara Okafor"), same("Beatriz Luna"), same("Carl Lindqvist"), same("Daniela Prieto"),
			same("Edwin Marsh"), same("Fatima Haddad"), same("Gideon Price"), same("Helena Novak"),
			same("Ignacio Robles"), same("Joan Whitaker"), same("Kofi Mensah"), same("Lucía Ferrer"),
		},
	},
	{
		Title: Local{"en": "What to build first", "es": "Qué construir primero"},
		Limit: 2,
		Options: []Local{
			{"en": "a new library", "es": "una nueva biblioteca"},
			{"en": "night buses", "es": "autobuses nocturnos"},
			{"en": "safe school crossings", "es": "cruces escolares seguros"},
			{"en": "a public garden", "es": "un jardín público"},
		},
	},
}

// Unit is a reporting unit with its number of voters.
type Unit struct {
	Name   string
	Parent string // empty for the root
	Voters int
}

// Units of the demo: 200 voters, two of them in a unit that is too small to be
// reported alone.
var Units = []Unit{
	{Name: "Port Maren"},
	{Name: "Northside", Parent: "Port Maren", Voters: 99},
	{Name: "Southside", Parent: "Port Maren", Voters: 99},
	{Name: "Gull Island", Parent: "Port Maren", Voters: 2},
}

// Election is what a call says about the demo before it knows the voter.
func Election() callflow.Election {
	return callflow.Election{Languages: Languages, Titles: Title, HelpLine: HelpLine}
}

// Ballot is the contests of every voter in lang.
func Ballot(lang string) []callflow.Contest {
	all := make([]callflow.Contest, len(Contests))
	for i, c := range Contests {
		all[i] = callflow.Contest{Title: c.Title[lang], Limit: c.Limit}
		for _, option := range c.Options {
			all[i].Options = append(all[i].Options, option[lang])
		}
	}
	return all
}
