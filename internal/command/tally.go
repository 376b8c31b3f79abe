package command

import (
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"rollcall/internal/operate"
	"rollcall/internal/resulttable"
	"rollcall/internal/workspace"
)

func newTally(e *env) *cobra.Command {
	var dir, board string
	c := &cobra.Command{
		Use:   "tally",
		Short: "Combine the trustees' shares and post the result (authority)",
		Args:  noArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			r, err := operate.ConnectDir(c.Context(), board, workspace.Dir(dir))
			if err != nil {
				return err
			}
			tallied, err := operate.Tally(c.Context(), r, workspace.Dir(dir))
			if tallied != nil {
				for _, bad := range tallied.Bad {
					e.say("This share is not valid and is not used: %s", bad)
				}
			}
			if err != nil {
				return err
			}
			if why := auditMissing(r.State()); why != "" {
				e.say("Still to do: %s", why)
			}
			return printResult(e, r, tallied)
		},
	}
	dirFlag(c, &dir)
	boardFlag(c, &board)
	return c
}

func newResult(e *env) *cobra.Command {
	var dir, board string
	c := &cobra.Command{
		Use:   "result",
		Short: "Show the result that stands on the board",
		Long:  "Shows the published result as it stands. Whether it is right is what rollcall-verify says.",
		Args:  noArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			r, err := operate.ConnectDir(c.Context(), board, workspace.Dir(dir))
			if err != nil {
				return err
			}
			parts, end, _, ok := r.State().Result()
			if !ok {
				return fmt.Errorf("there is no result yet: the election is %v", r.State().Phase())
			}
			return printResult(e, r, &operate.Tallied{Parts: parts, Trustees: end.Trustees})
		},
	}
	dirFlag(c, &dir)
	boardFlag(c, &board)
	return c
}

func printResult(e *env, r *operate.Remote, t *operate.Tallied) error {
	return e.print(t, func(w io.Writer) { resulttable.Write(w, r.State().Manifest(), "en", t.Parts) })
}
