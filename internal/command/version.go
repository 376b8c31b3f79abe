package command

import (
	"github.com/spf13/cobra"

	"rollcall/api/script"
	"rollcall/buildinfo"
)

func newVersion(e *env) *cobra.Command {
	var sbom bool
	c := &cobra.Command{
		Use:   "version",
		Short: "Say what this program is: revision, build and hash",
		Long: "Say what this program is: its revision, how it was built, the SHA-256 of its file, and the command\n" +
			"that builds the same file again. rollcall-verify has the same command.",
		Args: noArgs,
		RunE: func(*cobra.Command, []string) error {
			switch {
			case sbom:
				npm, err := script.Packages()
				if err != nil {
					return err
				}
				return buildinfo.Print(e.out, buildinfo.SBOM, npm...)
			case e.json:
				return buildinfo.Print(e.out, buildinfo.JSON)
			}
			return buildinfo.Print(e.out, buildinfo.Text)
		},
	}
	c.Flags().BoolVar(&sbom, "sbom", false, "list what this program is made of, as CycloneDX 1.6 in JSON")
	return c
}
