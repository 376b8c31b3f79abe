package command

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"rollcall/internal/service"
	"rollcall/internal/workspace"
)

func newRefill(e *env) *cobra.Command {
	var dir string
	c := &cobra.Command{
		Use:   "refill",
		Short: "Give a voter all tries again, once staff have identified the person (registrar)",
		Long: "A voter number has a budget of tries for PIN and cast code. When it is used up, the line says so and\n" +
			"gives the help line. Identify the person, then run this. The voter number is read from standard input,\n" +
			"so that it stands in no command history.",
		Args: noArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			fmt.Fprint(e.err, "Voter number: ")
			line, err := bufio.NewReader(io.LimitReader(e.in, 100)).ReadString('\n')
			if err != nil && !errors.Is(err, io.EOF) {
				return err
			}
			number := strings.ReplaceAll(strings.TrimSpace(line), " ", "")
			registrar, err := service.OpenRegistrar(c.Context(), workspace.Dir(dir), nil)
			if err != nil {
				return err
			}
			if err := errors.Join(registrar.Refill(c.Context(), number), registrar.Close()); err != nil {
				return err
			}
			return e.print(map[string]bool{"refilled": true}, func(w io.Writer) {
				fmt.Fprintln(w, "The voter has all tries again, for PIN and cast code.")
			})
		},
	}
	dirFlag(c, &dir)
	return c
}
