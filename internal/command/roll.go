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
	c := &cobra.Command{
		Use:   "roll ROLL.csv",
		Short: "Draw PINs and codes for the people of a roll, write letters, post the roll (registrar)",
		Long: "Reads a CSV file with the columns name, unit and language; further columns, such as an address, go to\n" +
			"the letters. Writes DIR/letters.csv for a mail merge, and posts the voters' public keys, in shuffled\n" +
			"order and without names, to the board. The letters exist nowhere else: after mailing, destroy the file.",
		Args: exactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			r, err := operate.ConnectDir(c.Context(), board, workspace.Dir(dir))
			if err != nil {
				return err
			}
			bar := newBar(e, "drawing PINs")
			rolled, err := operate.Roll(c.Context(), r, workspace.Dir(dir), args[0], func(done, total int) { bar.set(uint64(done), uint64(total)) })
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
			})
		},
	}
	dirFlag(c, &dir)
	boardFlag(c, &board)
	return c
}
