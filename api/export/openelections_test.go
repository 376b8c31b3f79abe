package export

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"reflect"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"rollcall/bulletin/entry"
)

func equal(a, b any) bool { return reflect.DeepEqual(a, b) }

var header = []string{"county", "precinct", "office", "district", "party", "candidate", "votes"}

// rowsOf writes a table, holds it against the convention, and returns its rows.
func rowsOf(t testing.TB, r Result, lang string) [][]string {
	t.Helper()
	var b bytes.Buffer
	if err := OpenElections(&b, r, lang); err != nil {
		t.Fatal(err)
	}
	rows, err := csv.NewReader(&b).ReadAll() // refuses rows of another length
	if err != nil {
		t.Fatal(err)
	}
	if !equal(rows[0], header) {
		t.Errorf("header %q", rows[0])
	}
	for _, fault := range conventional(rows[1:]) {
		t.Error(fault)
	}
	return rows[1:]
}

var (
	spaces  = regexp.MustCompile(`\s{2,}|^\s|\s$|[\x00-\x1f]`)
	formula = regexp.MustCompile(`^[\s"]*[=+\-@＝＋－＠]|;[\s"]*[=+\-@＝＋－＠]`)
)

// conventional has the checks of openelections-data-tests, and that no cell is a
// formula.
func conventional(rows [][]string) []string {
	var faults []string
	for i, row := range rows {
		for j, c := range row {
			if spaces.MatchString(c) {
				faults = append(faults, fmt.Sprintf("row %d: white space in %q", i, c))
			}
			if formula.MatchString(c) {
				faults = append(faults, fmt.Sprintf("row %d: %q is a formula", i, c))
			}
			if required := j != 3 && j != 4 && j != 6; required && c == "" {
				faults = append(faults, fmt.Sprintf("row %d: no %s", i, header[j]))
			}
		}
		if row[6] != "" {
			if _, err := strconv.ParseUint(row[6], 10, 63); err != nil {
				faults = append(faults, fmt.Sprintf("row %d: votes %q", i, row[6]))
			}
		}
	}
	return faults
}

// repeated returns the first row that stands twice but for its votes.
func repeated(rows [][]string) []string {
	seen := map[string]bool{}
	for _, row := range rows {
		key := fmt.Sprintf("%q", row[:6])
		if seen[key] {
			return row
		}
		seen[key] = true
	}
	return nil
}

func TestConventionalCanFail(t *testing.T) {
	good := []string{"A", "B", "C", "", "", "D", "1"}
	for i, bad := range map[int]string{0: "", 1: " B", 2: "C  C", 5: "=D", 6: "-1"} {
		row := append([]string{}, good...)
		row[i] = bad
		if len(conventional([][]string{good, row})) == 0 {
			t.Errorf("%q passes", row)
		}
	}
	if f := conventional([][]string{good}); len(f) > 0 {
		t.Error(f)
	}
	if repeated([][]string{good, good}) == nil {
		t.Error("a row may stand twice")
	}
}

// checkTable holds that the rows are those of the result, in order.
func checkTable(t testing.TB, r Result, rows [][]string) {
	t.Helper()
	var want []string
	for _, c := range r.Manifest.Contests {
		parts := r.Parts
		if len(parts) == 0 {
			for range c.Units {
				p := entry.ResultPart{Contest: c.ID}
				p.Options = make([]entry.OptionCount, len(c.Options))
				parts = append(parts, p)
			}
		}
		for _, p := range parts {
			if p.Contest != c.ID {
				continue
			}
			for i := range c.Options {
				if len(p.Options) == 0 {
					want = append(want, "")
				} else {
					want = append(want, strconv.FormatUint(p.Options[i].Votes, 10))
				}
			}
			if len(p.Options) == 0 {
				want = append(want, "")
			} else {
				want = append(want, strconv.FormatUint(p.Undervotes, 10))
			}
		}
	}
	var got []string
	for _, row := range rows {
		got = append(got, row[6])
	}
	if !equal(got, want) {
		t.Errorf("votes %q, want %q", got, want)
	}
}

func TestOpenElections(t *testing.T) {
	for name, change := range map[string]func(*Result){
		"ordinary": func(*Result) {}, "zero": zeroReport, "withheld": withhold, "odd ids": odd,
		"no titles": func(r *Result) { r.Manifest.Title, r.Manifest.Contests[0].Title = nil, entry.Text{} },
	} {
		for _, lang := range []string{"en", "es", ""} {
			t.Run(name+" "+lang, func(t *testing.T) {
				r := changed(change)
				rows := rowsOf(t, r, lang)
				checkTable(t, r, rows)
				if row := repeated(rows); row != nil {
					t.Errorf("%q stands twice", row)
				}
			})
		}
	}
}

// TestOpenElectionsWithheld has the rows of a withheld part, without votes.
func TestOpenElectionsWithheld(t *testing.T) {
	rows := rowsOf(t, changed(withhold), "en")
	want := []string{"Alder City + Alder County", "North Ward + South Ward + Mill Island", "County chair", "", "", "Under Votes", ""}
	if len(rows) != 7 || !equal(rows[2], want) {
		t.Errorf("%d rows, %q, want 7, %q", len(rows), rows[2], want)
	}
}

func TestOpenElectionsLanguage(t *testing.T) {
	var b bytes.Buffer
	if err := OpenElections(&b, small(), "fr"); !errors.Is(err, ErrLanguage) || b.Len() > 0 {
		t.Errorf("error %v, %d bytes", err, b.Len())
	}
	if !equal(rowsOf(t, small(), ""), rowsOf(t, small(), "en")) {
		t.Error("without a language it is not the first")
	}
}

// failing is a disk that is full.
type failing struct{}

var errFull = errors.New("full")

func (failing) Write([]byte) (int, error) { return 0, errFull }

func TestOpenElectionsWriter(t *testing.T) {
	if err := OpenElections(failing{}, small(), "en"); !errors.Is(err, errFull) {
		t.Errorf("error %v", err)
	}
}

// TestPlaces maps units of every depth.
func TestPlaces(t *testing.T) {
	unit := func(name string, parent uint64) entry.Unit {
		return entry.Unit{ID: "id-" + name, Name: entry.Text{"en": name}, Parent: parent}
	}
	m := &entry.Manifest{Units: []entry.Unit{
		unit("State", 0), unit("East", 0), unit("West", 0), unit("Islands", 0), unit("Town", 1), unit("Ward 1", 4), unit("Ward 2", 4),
		unit("Ward 1", 2), unit("Ward 2", 2), unit("Ward 2", 2), unit("Town", 1),
	}}
	m.Units[8].ID, m.Units[9].ID = "w2", "w3" // two wards of West have one name
	table := newTable(m, "en")
	for _, c := range []struct {
		units []int
		want  string
	}{
		{[]int{3}, "State|Islands"}, {[]int{5}, "East|Ward 1"}, {[]int{7}, "West|Ward 1"}, {[]int{8}, "West|Ward 2 (w2)"},
		// The town without wards is the only leaf of its name.
		{[]int{10}, "East|Town"},
		{[]int{5, 6}, "East|Ward 1 + Ward 2"}, {[]int{3, 5, 7, 10}, "State + East + West|Islands + Ward 1 + Ward 1 + Town"},
	} {
		if got := table.county(c.units) + "|" + table.precinct(c.units); got != c.want {
			t.Errorf("%v: %s, want %s", c.units, got, c.want)
		}
	}
	lone := newTable(&entry.Manifest{Units: m.Units[:1]}, "en")
	if got := lone.county([]int{0}) + "|" + lone.precinct([]int{0}); got != "State|State" {
		t.Errorf("a lone unit: %s", got)
	}
}

// TestDistinct has names that do not tell things apart.
func TestDistinct(t *testing.T) {
	r := changed(func(r *Result) {
		m := r.Manifest
		m.Contests[1].Title = text2(" County\tchair\n\x1c\x00", "x")
		m.Contests[0].Options[0].Name = text2("Ann", "x")
		m.Contests[0].Options[1].Name = text2("Ann", "y")
		m.Contests[1].Options[0].Name = text2("Under Votes", "z")
		m.Contests[1].Options[1].Name = text2("\u00a0\t", "z")
		m.Units[3].Name = text2("North Ward", "z")
	})
	rows := rowsOf(t, r, "en")
	if row := repeated(rows); row != nil {
		t.Errorf("%q stands twice", row)
	}
	for i, want := range map[int]string{
		0: "Alder City|North Ward (north)|County chair (chair)|||Ann (amara)|210",
		1: "Alder City|North Ward (north)|County chair (chair)|||Ann (jonas)|350",
		3: "Alder City + Alder County|North Ward (south) + Mill Island|County chair (chair)|||Ann (amara)|320",
		6: "Alder City|North Ward (north)|County chair (council)|||Under Votes (a)|500",
		7: "Alder City|North Ward (north)|County chair (council)|||b|400",
		9: "Alder City|North Ward (north)|County chair (council)|||Under Votes|200",
	} {
		if got := strings.Join(rows[i], "|"); got != want {
			t.Errorf("row %d: %s, want %s", i, got, want)
		}
	}
}

func TestCell(t *testing.T) {
	for in, want := range map[string]string{
		"":                     "",
		"Ann":                  "Ann",
		"Smith-Jones + Li = @": "Smith-Jones + Li = @",
		"=HYPERLINK(1)":        "'=HYPERLINK(1)",
		"+1":                   "'+1",
		"-1":                   "'-1",
		"--1":                  "'--1",
		"@SUM(1)":              "'@SUM(1)",
		"＝1":                   "'＝1",
		` "=1"`:                ` "'=1"`,
		"\u200b=1":             "\u200b'=1",
		"a;=1":                 "a;'=1",
		`a; "-1`:               `a; "'-1`,
		";;@":                  ";;'@",
		"'=1":                  "'=1",
		"Ben; Ida":             "Ben; Ida",
	} {
		if got := cell(in); got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
}

// TestFormulas puts a formula into every name.
func TestFormulas(t *testing.T) {
	r := changed(func(r *Result) {
		evil := text2("=cmd|' /C calc'!A0", "\t=1;=2,\"=3")
		for i := range r.Manifest.Units {
			r.Manifest.Units[i].Name = evil
		}
		for i := range r.Manifest.Contests {
			c := &r.Manifest.Contests[i]
			c.Title = evil
			for j := range c.Options {
				c.Options[j].Name = evil
			}
		}
	})
	for _, lang := range r.Manifest.Languages {
		rows := rowsOf(t, r, lang) // which looks for formulas
		if !strings.HasPrefix(rows[0][5], "'=") {
			t.Errorf("candidate %q", rows[0][5])
		}
	}
}
