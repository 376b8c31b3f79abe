package command

import (
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"rollcall/internal/operate"
	"rollcall/internal/workspace"
)

func newRoll(e *env) *cobra.Command {
	var dir, board string
	var audit []string
	c := &cobra.Command{
		Use:   "roll ROLL.csv",
		Short: "Draw PINs and codes for the people of a roll, write letters, post the roll (registrar)",
		Long: "Reads a CSV file with the columns name, unit and language; further columns, such as an address, go to\n" +
			"the letters. Writes DIR/letters.csv for a mail merge, and posts the voters' public keys, in shuffled\n" +
			"order and without names, to the board. The letters exist nowhere else: after mailing, destroy the file.\n\n" +
			"With --audit, credentials of auditors are put among those of the voters. Auditors call like voters and test\n" +
			"what they hear; they have no cast code and can not cast. DIR/audit-letters.csv is for them, and for nobody\n" +
			"else: the phone line must not know who they are. When the election has ended, rollcall audit-open says which\n" +
			"they were.",
		Args: exactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			plan, err := parseAudit(audit)
			if err != nil {
				return err
			}
			r, err := operate.ConnectDir(c.Context(), board, workspace.Dir(dir))
			if err != nil {
				return err
			}
			bar := newBar(e, "drawing PINs")
			rolled, err := operate.Roll(c.Context(), r, workspace.Dir(dir), args[0], operate.RollOptions{
				Audit: plan, Progress: func(done, total int) { bar.set(uint64(done), uint64(total)) }})
			bar.done()
			if err != nil {
				return err
			}
			return e.print(rolled, func(w io.Writer) {
				fmt.Fprintf(w, "%d voters are on the roll:\n", rolled.Voters)
				for _, u := range r.State().Manifest().Units {
					if n := rolled.Units[u.ID]; n > 0 {
						fmt.Fprintf(w, "  %-20s %d\n", u.ID, n)
					}
				}
				fmt.Fprintf(w, "Letters: %s (secret; mail it, then destroy it)\n", rolled.Letters)
				if rolled.Auditors > 0 {
					fmt.Fprintf(w, "%d audit credentials stand among the voters. Their letters: %s (secret; for auditors only)\n", rolled.Auditors, rolled.AuditLetters)
					fmt.Fprintf(w, "Keep %s secret until the election has ended, and do not lose it: rollcall audit-open needs it.\n", workspace.Dir(dir).Audit())
				}
			})
		},
	}
	dirFlag(c, &dir)
	boardFlag(c, &board)
	c.Flags().StringArrayVar(&audit, "audit", nil, "audit credentials: N, spread over all units, or UNIT=N, once for each unit")
	return c
}
