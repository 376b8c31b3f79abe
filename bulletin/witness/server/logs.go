package server

import (
	"fmt"
	"strings"

	"rollcall/bulletin/checkpoint"
)

// MaxLogs is the most bytes a file of logs may have.
const MaxLogs = 1 << 20

// ParseLogs reads the logs that a witness is to cosign: a line "log" and the
// log's verifier key for each, as a policy file has it (c2sp.org/tlog-policy).
// Empty lines and lines that begin with '#' say nothing; any other is refused
// with its number.
func ParseLogs(file []byte) ([]*checkpoint.Verifier, error) {
	if len(file) > MaxLogs {
		return nil, fmt.Errorf("over %d bytes", MaxLogs)
	}
	var logs []*checkpoint.Verifier
	seen := map[string]bool{}
	n := 0
	for line := range strings.Lines(string(file)) {
		n++
		fields := strings.Fields(line)
		if len(fields) == 0 || strings.HasPrefix(fields[0], "#") {
			continue
		}
		if len(fields) != 2 || fields[0] != "log" {
			return nil, fmt.Errorf("line %d: want \"log\" and the log's verifier key, as the first line of its policy file", n)
		}
		l, err := checkpoint.ParseLogVerifier(fields[1])
		if err != nil {
			return nil, fmt.Errorf("line %d: %w", n, err)
		}
		if seen[l.Name()] {
			return nil, fmt.Errorf("line %d: the log %s is there twice", n, l.Name())
		}
		seen[l.Name()] = true
		logs = append(logs, l)
	}
	return logs, nil
}
