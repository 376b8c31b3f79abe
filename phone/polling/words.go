package polling

import (
	"rollcall/bulletin/entry"
	"rollcall/internal/text"
	"rollcall/phone/callflow"
)

// describe is what a call says of an election before it knows the voter.
func describe(m *entry.Manifest) callflow.Election {
	return callflow.Election{
		Languages: m.Languages, Titles: m.Title, HelpLine: m.HelpLine,
		Rehearsal: m.Rehearsal, Unwitnessed: len(m.Witnesses) == 0,
	}
}

// contest is a contest of the manifest in one language.
func contest(c *entry.Contest, lang string) callflow.Contest {
	out := callflow.Contest{Title: c.Title[lang], Limit: int(c.Limit)}
	for _, o := range c.Options {
		out.Options = append(out.Options, o.Name[lang])
	}
	return out
}

// Phrases lists every phrase that the calls of an election can hold, in all
// its languages.
func Phrases(m *entry.Manifest) ([]text.Phrase, error) {
	contests := map[string][]callflow.Contest{}
	for _, lang := range m.Languages {
		for i := range m.Contests {
			contests[lang] = append(contests[lang], contest(&m.Contests[i], lang))
		}
	}
	return callflow.Phrases(describe(m), contests)
}
