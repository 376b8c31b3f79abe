package command

import (
	"errors"
	"fmt"
	"os"
	"strings"

	"golang.org/x/term"

	"rollcall/internal/workspace"
)

// passphrase reads a passphrase from a file of its owner's, or asks for it on
// the terminal; twice where it is a new one.
func (e *env) passphrase(file string, twice bool) (string, error) {
	if file != "" {
		b, err := workspace.ReadSecret(file)
		if err != nil {
			return "", err
		}
		defer clear(b)
		return checkPassphrase(strings.TrimRight(string(b), "\r\n"))
	}
	in, ok := e.in.(*os.File)
	if !ok || !term.IsTerminal(int(in.Fd())) {
		return "", usagef("there is no terminal to ask for the passphrase: give --passphrase-file")
	}
	first, err := e.ask(in, "Passphrase: ")
	if err != nil || !twice {
		return first, err
	}
	second, err := e.ask(in, "Once more: ")
	if err == nil && first != second {
		err = errors.New("the two passphrases differ")
	}
	return first, err
}

func (e *env) ask(in *os.File, prompt string) (string, error) {
	fmt.Fprint(e.err, prompt)
	b, err := term.ReadPassword(int(in.Fd()))
	fmt.Fprintln(e.err)
	if err != nil {
		return "", err
	}
	defer clear(b)
	return checkPassphrase(string(b))
}

// minPassphrase is the fewest characters a passphrase may have.
const minPassphrase = 12

func checkPassphrase(s string) (string, error) {
	if len([]rune(s)) < minPassphrase {
		return "", fmt.Errorf("a passphrase needs at least %d characters: several words are good", minPassphrase)
	}
	return s, nil
}
