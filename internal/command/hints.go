package command

import (
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"rollcall/bulletin/hint"
)

// Hinted is what hints tells.
type Hinted struct {
	Bundles uint64 `json:"bundles"` // full bundles of the board
	Made    uint64 `json:"made"`    // hint files made
	Present uint64 `json:"present"` // hint files that were there already
}

func newHints(e *env) *cobra.Command {
	return &cobra.Command{
		Use:   "hints DIR",
		Short: "Make the hint files of a copy of a board, so that verifying it is faster",
		Long: "DIR is the public directory of a board, or a copy of one: it holds checkpoint and tile/. Beside them, below\n" +
			"DIR/hint/, this writes a file for each full bundle of 256 entries that has none yet. Nothing else is changed.\n\n" +
			"Hints save a verifier most of the work of decoding points. It checks each of them, so that nobody has to\n" +
			"believe who made them: a wrong or missing hint costs time, and a verdict does not depend on it. A board\n" +
			"that runs (rollcall serve) makes its own.",
		Args: exactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			bar := newBar(e, "hints")
			f, err := hint.Fill(c.Context(), args[0], bar.set)
			bar.done()
			if err != nil {
				return err
			}
			return e.print(Hinted(f), func(w io.Writer) {
				fmt.Fprintf(w, "Full bundles: %d. Hint files made: %d, there already: %d.\n", f.Bundles, f.Made, f.Present)
			})
		},
	}
}
