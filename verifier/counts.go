package verifier

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"strconv"
)

// ReadExpectedCounts reads the number of voters of every leaf unit, as somebody
// else published it: lines "unit id,voters" of a CSV file, with an optional
// first line "unit,voters".
func ReadExpectedCounts(r io.Reader) (map[string]uint64, error) {
	c := csv.NewReader(r)
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
