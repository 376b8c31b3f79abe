package export

import (
	"cmp"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
)

// ErrLanguage says that the manifest has no texts in a language.
var ErrLanguage = errors.New("export: not a language of the manifest")

// underVotes is the convention's name for votes that could have been given and
// were not, in every language: programs look for it in the column of candidates.
const underVotes = "Under Votes"

// OpenElections writes the result as a CSV table in the form of OpenElections
// (https://docs.openelections.net/data-entry, and the checks of the repository
// openelections-data-tests), with texts in a language of the manifest; "" is its
// first one. Errors wrap ErrResult or ErrLanguage, or are those of w; nothing is
// written before the result has been checked.
//
// There is a row for every contest, part and option, and one for "Under Votes",
// which has the blank votes of a vote for one too. Office is the title of the
// contest; district and party are empty, for the manifest has neither. There are
// no totals.
//
// Precinct is the name of the leaf unit; county that of the unit above it that is
// next to the root, or the root's own where there is none in between. The units of
// a merged part are joined by " + ", and so are their counties.
//
// A withheld part has its rows, with the votes left empty: a reader sees that
// there is something and how much is not known, where 0 would be a lie and no row
// would be an oversight. The convention takes votes that are no number for
// redacted.
//
// White space is reduced to single spaces, as the convention wants. A name that
// stands twice where it has to tell things apart gets the id of the manifest in
// brackets. A cell that a spreadsheet could take for a formula gets an apostrophe
// (see cell).
//
// The table does not say which election it is of, and neither that it is a
// rehearsal nor a zero report: by the convention the name of its file does.
func OpenElections(w io.Writer, r Result, lang string) error {
	contests, err := r.contests()
	if err != nil {
		return err
	}
	m := r.Manifest
	lang = cmp.Or(lang, m.Languages[0])
	if !slices.Contains(m.Languages, lang) {
		return fmt.Errorf("%w: %q", ErrLanguage, lang)
	}
	t := newTable(m, lang)
	out := csv.NewWriter(w)
	// The first error stays with the writer, and Error returns it.
	_ = out.Write([]string{"county", "precinct", "office", "district", "party", "candidate", "votes"})
	for i := range contests {
		candidates := t.candidates(i)
		for _, p := range contests[i] {
			county, precinct := cell(t.county(p.units)), cell(t.precinct(p.units))
			for j, candidate := range candidates {
				votes := ""
				switch {
				case p.withheld():
				case j < len(p.votes):
					votes = strconv.FormatUint(p.votes[j], 10)
				default:
					votes = strconv.FormatUint(p.undervotes, 10)
				}
				_ = out.Write([]string{county, precinct, cell(t.offices[i]), "", "", cell(candidate), votes})
			}
		}
	}
	out.Flush()
	return out.Error()
}
