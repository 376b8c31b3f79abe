// Command rollcall runs elections by telephone: for operators, election staff
// and trustees. Verifying one needs only rollcall-verify.
package main

import (
	"os"

	"rollcall/internal/command"
)

func main() { os.Exit(command.Main(os.Args[1:], os.Stdin, os.Stdout, os.Stderr)) }
