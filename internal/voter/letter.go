package voter

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
)

// Letter is what a voter got by mail. Numbers are digits only.
type Letter struct {
	Number       string // 9 digits
	PIN          string // 8 digits
	CastCode     string // 6 digits
	BallotNumber string // 12 digits
	Unit         string // id of the reporting unit
	Language     string
}

// ReadLetters reads the mail-merge file that the registrar writes, as whoever
// prints letters does.
func ReadLetters(path string) ([]Letter, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	r := csv.NewReader(f)
	header, err := r.Read()
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	column := map[string]int{}
	for i, h := range header {
		column[h] = i
	}
	for _, name := range []string{"voter_number", "pin", "cast_code", "ballot_number", "unit", "language"} {
		if _, ok := column[name]; !ok {
			return nil, fmt.Errorf("%s: there is no column %q", path, name)
		}
	}
	var list []Letter
	for {
		line, err := r.Read()
		if errors.Is(err, io.EOF) {
			return list, nil
		}
		if err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
		get := func(name string) string { return Plain(line[column[name]]) }
		list = append(list, Letter{Number: get("voter_number"), PIN: get("pin"), CastCode: get("cast_code"),
			BallotNumber: get("ballot_number"), Unit: get("unit"), Language: get("language")})
	}
}

// Plain takes the spaces out of a number that is printed in groups.
func Plain(s string) string { return strings.ReplaceAll(s, " ", "") }
