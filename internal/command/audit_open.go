package command

import (
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"rollcall/internal/operate"
	"rollcall/internal/workspace"
	"rollcall/tally/record"
)

// parseAudit reads the values of --audit: one number, or a number for each of some
// units.
func parseAudit(values []string) (operate.AuditPlan, error) {
	plan := operate.AuditPlan{Units: map[string]int{}}
	for _, v := range values {
		unit, number, ofUnit := strings.Cut(v, "=")
		if !ofUnit {
			number = v
		}
		n, err := strconv.Atoi(number)
		_, twice := plan.Units[unit]
		switch {
		case err != nil || n < 1:
			return plan, usagef("--audit %s: want a number such as 20, or one of a unit such as north=5", v)
		case !ofUnit && len(values) > 1:
			return plan, usagef("--audit %s: give one number for all units, or one for each unit", v)
		case twice:
			return plan, usagef("--audit %s: the unit is given twice", v)
		case ofUnit:
			plan.Units[unit] = n
		default:
			plan.Total = n
		}
	}
	return plan, nil
}

func newAuditOpen(e *env) *cobra.Command {
	var dir, board string
	c := &cobra.Command{
		Use:   "audit-open",
		Short: "After the end, say on the board which credentials were auditors' (registrar)",
		Long: "Posts what DIR/audit.json holds. Everybody can then check that it is what was committed to before opening,\n" +
			"and that no ballot of an auditor is counted (V21). Until then the record is incomplete.",
		Args: noArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			r, err := operate.ConnectDir(c.Context(), board, workspace.Dir(dir))
			if err != nil {
				return err
			}
			opened, err := operate.OpenAudit(c.Context(), r, workspace.Dir(dir))
			if err != nil {
				return err
			}
			if opened.Counted > 0 {
				e.say("Ballots by %d auditors are in the count: V21 fails, and the election is not verified.", opened.Counted)
			}
			return e.print(opened, func(w io.Writer) {
				fmt.Fprintf(w, "The board now says which %d credentials were auditors'. Ballots by them in the count: %d.\n", opened.Credentials, opened.Counted)
			})
		},
	}
	dirFlag(c, &dir)
	boardFlag(c, &board)
	return c
}

// auditMissing says that auditors' credentials are still to be opened, or nothing.
func auditMissing(s *record.State) string {
	if counts, opened := s.Audits(); counts != nil && opened == 0 {
		return "the registrar says which credentials were auditors': rollcall audit-open (without it no record is verified)"
	}
	return ""
}
