package command

import (
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"rollcall/internal/operate"
	"rollcall/internal/service"
	"rollcall/internal/workspace"
)

func newPrompts(e *env) *cobra.Command {
	c := &cobra.Command{
		Use:   "prompts",
		Short: "Look after what callers hear",
		Args:  noArgs,
		RunE:  func(c *cobra.Command, _ []string) error { return c.Help() },
	}
	var dir string
	check := &cobra.Command{
		Use:   "check",
		Short: "List what the election's calls still lack",
		Long: "Audio comes from DIR/recordings first (WAV files), then from what Rollcall ships, then from espeak-ng\n" +
			"where it is installed. This lists every phrase that none of them has, with the file to record it in.",
		Args: noArgs,
		RunE: func(*cobra.Command, []string) error {
			m, _, err := service.ReadManifest(workspace.Dir(dir))
			if err != nil {
				return err
			}
			missing, err := operate.MissingPrompts(workspace.Dir(dir), m)
			if err != nil {
				return err
			}
			err = e.print(missing, func(w io.Writer) {
				for _, p := range missing {
					fmt.Fprintf(w, "%s  %s  %q\n", p.Language, p.File, p.Text)
				}
				if len(missing) == 0 {
					fmt.Fprintln(w, "Nothing is missing: every phrase of every call can be spoken.")
				}
			})
			if err == nil && len(missing) > 0 {
				err = fmt.Errorf("%d phrases are missing: record them into %s, or install espeak-ng", len(missing), workspace.Dir(dir).Recordings())
			}
			return err
		},
	}
	dirFlag(check, &dir)
	c.AddCommand(check)
	return c
}
