package verifier

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"strconv"
	"unicode/utf8"
)

// ReadExpectedCounts reads the number of voters of every leaf unit, as somebody
// else published it: lines "unit id,voters" of a CSV file in UTF-8, with an optional
// first line "unit,voters". SPEC.md, section 16. The caller bounds what r gives.
func ReadExpectedCounts(r io.Reader) (map[string]uint64, error) {
	b, err := io.ReadAll(r)
	if err != nil {
		return nil, fmt.Errorf("expected counts: %w", err)
	}
	if !utf8.Valid(b) {
		return nil, errors.New("expected counts: not UTF-8")
	}
	c := csv.NewReader(bytes.NewReader(b))
	c.FieldsPerRecord = 2
	counts := map[string]uint64{}
	for {
		record, err := c.Read()
		if errors.Is(err, io.EOF) {
			return counts, nil
		}
		if err != nil {
			return nil, fmt.Errorf("expected counts: %w", err)
		}
		line, _ := c.FieldPos(0)
		if line == 1 && record[0] == "unit" && record[1] == "voters" {
			continue
		}
		n, err := strconv.ParseUint(record[1], 10, 32)
		if err != nil {
			return nil, fmt.Errorf("expected counts: line %d: %q is no number of voters", line, record[1])
		}
		if _, ok := counts[record[0]]; ok {
			return nil, fmt.Errorf("expected counts: line %d: unit %q stands there twice", line, record[0])
		}
		counts[record[0]] = n
	}
}
