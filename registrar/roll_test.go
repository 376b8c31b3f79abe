package registrar

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

var testRollOptions = RollOptions{
	Units:     map[string]uint64{"North": 1, "South": 2, "Harbor, East": 5},
	Languages: []string{"en", "es"},
}

func TestReadRoll(t *testing.T) {
	for _, tc := range []struct{ name, file string }{
		{"plain", "name,street,unit,language,town\nAda,1 Rd,North,en,X\nBob,,\"Harbor, East\",es,Y\n"},
		{"byte order mark", "\uFEFFname,street,unit,language,town\nAda,1 Rd,North,en,X\nBob,,\"Harbor, East\",es,Y\n"},
		{"CRLF", "name,street,unit,language,town\r\nAda,1 Rd,North,en,X\r\nBob,,\"Harbor, East\",es,Y\r\n"},
		{"no line feed at the end", "name,street,unit,language,town\nAda,1 Rd,North,en,X\nBob,,\"Harbor, East\",es,Y"},
		{"quoted", "\"name\",\"street\",\"unit\",\"language\",\"town\"\n\"Ada\",\"1 Rd\",\"North\",\"en\",\"X\"\nBob,,\"Harbor, East\",es,Y\n"},
		{"upper case and spaces", "Name, Street ,UNIT,Language,Town\n Ada ,1 Rd, North,en,X\nBob,,\"Harbor, East\",es ,Y\n"},
		{"first language by default", "name,street,unit,language,town\nAda,1 Rd,North,,X\nBob,,\"Harbor, East\",es,Y\n"},
		{"unique ids", "id,name,street,unit,language,town\n1,Ada,1 Rd,North,en,X\n2,Bob,,\"Harbor, East\",es,Y\n"},
		{"empty line", "name,street,unit,language,town\n\nAda,1 Rd,North,en,X\n\nBob,,\"Harbor, East\",es,Y\n"},
	} {
		roll, err := ReadRoll(strings.NewReader(tc.file), testRollOptions)
		if err != nil {
			t.Errorf("%s: %v", tc.name, err)
			continue
		}
		if !slices.Equal(roll.AddressColumns, []string{"street", "town"}) {
			t.Errorf("%s: address columns %q", tc.name, roll.AddressColumns)
		}
		want := []Person{
			{Name: "Ada", Address: []string{"1 Rd", "X"}, Unit: 1, UnitName: "North", Language: "en"},
			{Name: "Bob", Address: []string{"", "Y"}, Unit: 5, UnitName: "Harbor, East", Language: "es"},
		}
		if !slices.EqualFunc(roll.People, want, func(a, b Person) bool {
			return a.Name == b.Name && a.Unit == b.Unit && a.UnitName == b.UnitName && a.Language == b.Language && slices.Equal(a.Address, b.Address)
		}) {
			t.Errorf("%s: people %+v", tc.name, roll.People)
		}
	}
}

func TestReadRollRefuses(t *testing.T) {
	const head = "name,street,unit,language\nAda,1 Rd,North,en\n"
	for _, tc := range []struct {
		name, file string
		want       []string // all in the error
	}{
		{"empty", "", []string{"empty"}},
		{"only a byte order mark", "\uFEFF", []string{"empty"}},
		{"nobody", "name,unit,language\n", []string{"nobody"}},
		{"no unit column", "name,language\nAda,en\n", []string{"line 1", `"unit"`, "name, language"}},
		{"no name column", "unit,language\nNorth,en\n", []string{"line 1", `"name"`}},
		{"column twice", "name,unit,language,Name\nAda,North,en,x\n", []string{"line 1, column 4", `"name"`}},
		{"column without a name", "name,unit,,language\nAda,North,,en\n", []string{"line 1, column 3"}},
		{"column of the letters", "name,unit,language,pin\nAda,North,en,1\n", []string{"line 1, column 4", `"pin"`}},
		{"too many columns", "name,unit,language" + strings.Repeat(",x", 60) + "\n", []string{"line 1", "63 columns"}},
		{"unknown unit", head + "Bob,2 Rd,Nroth,en\n", []string{"line 3, column 3 (unit)", `"Nroth"`, "North, South, Harbor, East"}},
		{"unit of another case", head + "Bob,2 Rd,north,en\n", []string{"line 3, column 3 (unit)"}},
		{"empty unit", head + "Bob,2 Rd,,en\n", []string{"line 3, column 3 (unit)"}},
		{"unknown language", head + "Bob,2 Rd,North,fr\n", []string{"line 3, column 4 (language)", `"fr"`, "en, es"}},
		{"empty name", head + " ,2 Rd,North,en\n", []string{"line 3, column 1 (name)"}},
		{"cell missing", head + "Bob,North,en\n", []string{"line 3", "wrong number of fields"}},
		{"cell too many", head + "Bob,2 Rd,North,en,x\n", []string{"line 3", "wrong number of fields"}},
		{"line after a line break in quotes", head + "Bob,\"2 Rd\nflat 3\",North,en\nCid,,West,en\n", []string{"line 5, column 3 (unit)"}},
		{"quote left open", head + "Bob,\"2 Rd,North,en\n", []string{"line 3"}},
		{"bare quote", head + "Bob,2\" Rd,North,en\n", []string{"line 3"}},
		{"text after a quote", head + "\"Bob\" ,2 Rd,North,en\n", []string{"line 3"}},
		{"same id", "id,name,unit,language\n7,Ada,North,en\n8,Bob,North,en\n7,Cid,North,en\n", []string{"line 4, column 1 (id)", "line 2"}},
		{"empty id", "id,name,unit,language\n,Ada,North,en\n", []string{"line 2, column 1 (id)"}},
		{"UTF-16", "\xff\xfen\x00a\x00", []string{"UTF-16"}},
		{"Latin-1", head + "Jos\xe9,2 Rd,North,en\n", []string{"line 3, column 1 (name)", "UTF-8"}},
		{"zero byte", head + "Bob,2\x00Rd,North,en\n", []string{"line 3, column 2 (street)", "control"}},
		{"tab", head + "Bob,2\tRd,North,en\n", []string{"line 3, column 2 (street)", "control"}},
		{"old Mac line ends", "name,unit,language\rAda,North,en\r", []string{"line 1", "control"}},
		{"cell too long", head + "Bob," + strings.Repeat("x", 1001) + ",North,en\n", []string{"line 3, column 2 (street)", "1001"}},
		{"semicolons", "name;unit;language\nAda;North;en\n", []string{"line 1", `"name"`}},
	} {
		roll, err := ReadRoll(strings.NewReader(tc.file), testRollOptions)
		if !errors.Is(err, ErrRoll) || roll != nil {
			t.Errorf("%s: %v, want ErrRoll", tc.name, err)
			continue
		}
		for _, want := range tc.want {
			if !strings.Contains(err.Error(), want) {
				t.Errorf("%s: error %q does not say %q", tc.name, err, want)
			}
		}
		mustNotTell(t, err, "Bob", "Cid", "2 Rd")
	}
}

func TestReadRollFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "roll.csv")
	if _, err := ReadRollFile(path, testRollOptions); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("no file: %v", err)
	}
	if err := os.WriteFile(path, []byte("name,unit,language\nAda,West,en\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := ReadRollFile(path, testRollOptions); !errors.Is(err, ErrRoll) || !strings.Contains(err.Error(), path) {
		t.Errorf("error %v does not name the file", err)
	}
}

func FuzzReadRoll(f *testing.F) {
	f.Add("name,street,unit,language\nAda,1 Rd,North,en\n")
	f.Add("\uFEFFid,name,unit,language\r\n1,\"A\"\"da\",\"Harbor, East\",\r\n")
	f.Fuzz(func(t *testing.T, file string) {
		roll, err := ReadRoll(strings.NewReader(file), testRollOptions)
		if err != nil {
			if !errors.Is(err, ErrRoll) {
				t.Errorf("error %v does not wrap ErrRoll", err)
			}
			return
		}
		for _, p := range roll.People {
			if p.Name == "" || testRollOptions.Units[p.UnitName] != p.Unit || len(p.Address) != len(roll.AddressColumns) ||
				!slices.Contains(testRollOptions.Languages, p.Language) {
				t.Errorf("bad person %+v", p)
			}
		}
	})
}
