package command

import (
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"

	"rollcall/internal/operate"
	"rollcall/internal/workspace"
)

func newOpen(e *env) *cobra.Command {
	var dir, board string
	c := &cobra.Command{
		Use:   "open",
		Short: "Open the election (authority)",
		Long: "Checks the key ceremony, the roll and the prompts, and opens the election. Before you do: compare the\n" +
			"number of voters of each unit with a number that is published elsewhere.",
		Args: noArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			r, err := operate.ConnectDir(c.Context(), board, workspace.Dir(dir))
			if err != nil {
				return err
			}
			opened, err := operate.Open(c.Context(), r, workspace.Dir(dir))
			if err != nil {
				return err
			}
			return e.print(opened, func(w io.Writer) {
				fmt.Fprintf(w, "The election is open. Voters on the roll%s:\n", beside(opened.Auditors))
				for _, u := range r.State().Manifest().Units {
					if n := opened.Voters[u.ID]; n > 0 {
						fmt.Fprintf(w, "  %-20s %d\n", u.ID, n)
					}
				}
			})
		},
	}
	dirFlag(c, &dir)
	boardFlag(c, &board)
	return c
}

func newClose(e *env) *cobra.Command {
	var dir, board string
	c := &cobra.Command{
		Use:   "close",
		Short: "Close the election: no more ballots; those sealed may still be decided (authority)",
		Args:  noArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			r, err := operate.ConnectDir(c.Context(), board, workspace.Dir(dir))
			if err != nil {
				return err
			}
			index, err := operate.Close(c.Context(), r, workspace.Dir(dir))
			if err != nil {
				return err
			}
			wait := time.Duration(r.State().Manifest().DecisionSeconds) * time.Second
			return e.print(map[string]uint64{"index": index}, func(w io.Writer) {
				fmt.Fprintf(w, "Closed. In %v the board ends the election and posts the totals; then trustees run rollcall trustee decrypt.\n", wait)
			})
		},
	}
	dirFlag(c, &dir)
	boardFlag(c, &board)
	return c
}
