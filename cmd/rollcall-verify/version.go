package main

import (
	"github.com/spf13/cobra"

	"rollcall/buildinfo"
)

// version is the command that says what this program is, as rollcall's does.
func (c *command) version() *cobra.Command {
	var sbom bool
	cmd := &cobra.Command{
		Use:   "version",
		Short: "Say what this program is: revision, build and hash",
		Long: "Say what this program is: its revision, how it was built, the SHA-256 of its file, and the command\n" +
			"that builds the same file again.",
		Args: cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			form := buildinfo.Text
			switch {
			case sbom:
				form = buildinfo.SBOM
			case c.json:
				form = buildinfo.JSON
			}
			c.code = exitIncomplete
			if err := buildinfo.Print(c.stdout, form); err != nil {
				return err
			}
			c.code = exitVerified
			return nil
		},
	}
	cmd.Flags().BoolVar(&c.json, "json", false, "write JSON to standard output")
	cmd.Flags().BoolVar(&sbom, "sbom", false, "list what this program is made of, as CycloneDX 1.6 in JSON")
	return cmd
}
