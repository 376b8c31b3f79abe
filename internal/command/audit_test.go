package command

import (
	"errors"
	"fmt"
	"strings"
	"testing"
)

func TestParseAudit(t *testing.T) {
	for given, want := range map[string]string{
		"":                    "0 map[]",
		"20":                  "20 map[]",
		"north=5":             "0 map[north:5]",
		"north=5 south=1":     "0 map[north:5 south:1]",
		"a=b=3":               "--audit a=b=3: want a number",
		"many":                "--audit many: want a number",
		"0":                   "--audit 0: want a number",
		"-3":                  "--audit -3: want a number",
		"north=":              "--audit north=: want a number",
		"north=5 3":           "--audit 3: give one number for all units, or one for each unit",
		"3 4":                 "--audit 3: give one number",
		"north=5 north=5":     "--audit north=5: the unit is given twice",
		"9999999999999999999": "want a number",
	} {
		plan, err := parseAudit(strings.Fields(given))
		got := fmt.Sprint(plan.Total, plan.Units)
		if err != nil {
			if got = err.Error(); !errors.Is(err, errUsage) {
				t.Errorf("%s: %v is no error of usage", given, err)
			}
		}
		if err == nil && got != want || err != nil && !strings.Contains(got, want) {
			t.Errorf("--audit %s: %s, want %s", given, got, want)
		}
	}
}
