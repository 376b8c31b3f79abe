package command

import (
	"fmt"
	"io"
	"os"

	"github.com/spf13/cobra"

	"rollcall/bulletin/entry"
	"rollcall/internal/operate"
	"rollcall/internal/trustee"
	"rollcall/internal/workspace"
	"rollcall/tally/manifest"
)

// Initialised is what init tells.
type Initialised struct {
	Election string `json:"election"`
	Dir      string `json:"dir"`
}

func newInit(e *env) *cobra.Command {
	var dir, file string
	var trustees []string
	c := &cobra.Command{
		Use:   "init",
		Short: "Make an election from a manifest file and the trustees' public files",
		Long: "Makes the keys of authority, board, registrar and booth, signs the manifest, makes it entry 0 of a new\n" +
			"board, and starts the key ceremony. The order of --trustee is the trustees' numbering.",
		Args: noArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			if len(trustees) == 0 {
				return usagef("give each trustee's public file with --trustee (rollcall trustee init makes it)")
			}
			if file == "" {
				file = workspace.Dir(dir).ManifestFile()
			}
			f, err := os.Open(file)
			if err != nil {
				return err
			}
			defer f.Close()
			parsed, err := manifest.Parse(f)
			if err != nil {
				return fmt.Errorf("%s: %w", file, err)
			}
			var list []entry.Trustee
			for _, path := range trustees {
				t, err := trustee.ReadPublic(path)
				if err != nil {
					return err
				}
				list = append(list, t)
			}
			id, err := operate.Init(c.Context(), workspace.Dir(dir), parsed, list)
			if err != nil {
				return err
			}
			return e.print(Initialised{string(id), dir}, func(w io.Writer) {
				fmt.Fprintf(w, "Election id: %s\n", id)
				fmt.Fprintf(w, "Print it on every letter, and publish it. Next: rollcall serve --dir %s\n", dir)
			})
		},
	}
	dirFlag(c, &dir)
	c.Flags().StringVar(&file, "manifest", "", "the manifest file (default DIR/manifest.yaml)")
	c.Flags().StringArrayVar(&trustees, "trustee", nil, "a trustee's public file; once for each, in order")
	return c
}

func newCeremony(e *env) *cobra.Command {
	var dir, board string
	c := &cobra.Command{
		Use:   "ceremony",
		Short: "Start the key ceremony anew, after an attempt has failed (authority)",
		Args:  noArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			r, err := operate.ConnectDir(c.Context(), board, workspace.Dir(dir))
			if err != nil {
				return err
			}
			attempt, err := operate.NewAttempt(c.Context(), r, workspace.Dir(dir))
			if err != nil {
				return err
			}
			return e.print(map[string]uint64{"attempt": attempt}, func(w io.Writer) {
				fmt.Fprintf(w, "Attempt %d at the key ceremony has begun: trustees run rollcall trustee ceremony.\n", attempt)
			})
		},
	}
	dirFlag(c, &dir)
	boardFlag(c, &board)
	return c
}
