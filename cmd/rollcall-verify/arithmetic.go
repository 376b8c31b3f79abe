package main

import (
	"fmt"

	"rollcall/crypto/group"
)

const defaultArithmetic = "edwards25519"

// chooseArithmetic chooses that of --arithmetic for the whole process, which has
// not computed anything yet.
func (c *command) chooseArithmetic() error {
	switch c.arithmetic {
	case defaultArithmetic: // as a process begins
	case "circl":
		group.Use(group.Circl)
	case "both":
		group.Use(group.Both)
	default:
		return fmt.Errorf("--arithmetic %s: want %s, circl or both", c.arithmetic, defaultArithmetic)
	}
	return nil
}
