package command

import (
	"github.com/spf13/cobra"

	"rollcall/internal/demo"
)

func newDemo(e *env) *cobra.Command {
	var o demo.Options
	c := &cobra.Command{
		Use:   "demo",
		Short: "Run a complete election over real phone calls on this machine",
		Args:  noArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			o.JSON, o.Out, o.Err = e.json, e.out, e.err
			return demo.Run(c.Context(), o)
		},
	}
	c.Flags().IntVar(&o.Voters, "voters", 200, "voters on the roll")
	c.Flags().IntVar(&o.Calls, "calls", 60, "phone calls")
	c.Flags().IntVar(&o.Trustees, "trustees", 3, "trustees")
	c.Flags().IntVar(&o.Threshold, "threshold", 2, "trustees needed")
	c.Flags().StringVar(&o.Dir, "dir", "", "a new directory to keep the election in (default: a temporary one)")
	c.Flags().BoolVar(&o.Serve, "serve", false, "after the calls, leave board, page and phone line up, with a letter to vote by any softphone")
	return c
}
