// Package code computes receipt codes: 14 digits that nobody can know before a
// tick of the board covers the ballot, and two check digits.
//
// A booth that could know codes beforehand would make an honest and an altered
// ballot with one code and choose after the voter has decided; so a code
// depends on the witnesses' signatures of a tree that holds the ballot.
// SPEC.md, section 8.
package code

import (
	"fmt"
	"math/big"

	"golang.org/x/crypto/scrypt"

	"rollcall/bulletin/entry"
	"rollcall/crypto/checkdigit"
	"rollcall/crypto/transcript"
)

// Digits is the length of a receipt code, check digits included.
const Digits = 16

const (
	tagTick    = "rollcall/v1/code/tick"
	tagStretch = "rollcall/v1/code/stretch"
	tagCode    = "rollcall/v1/code"
)

var modulus = big.NewInt(100_000_000_000_000)

// Tick gives the codes of all ballots that have one code tick. Making it costs
// about three milliseconds, on purpose: it makes grinding dear.
type Tick struct {
	hash      [entry.HashSize]byte
	stretched []byte
}

// NewTick stretches a tick's contents.
func NewTick(electionHash [entry.HashSize]byte, t *entry.Tick) (*Tick, error) {
	h := transcript.New(tagTick).Bytes(electionHash[:]).
		Uint64(t.Size).Bytes(t.Root).Bytes(t.Random).Uint64(uint64(len(t.Cosignatures)))
	for _, c := range t.Cosignatures {
		h.Uint64(c.Witness).Uint64(c.Time).Bytes(c.Value)
	}
	sum := h.Sum()
	s, err := scrypt.Key(sum[:], []byte(tagStretch), 1<<10, 8, 1, 64)
	if err != nil {
		return nil, fmt.Errorf("stretching a tick: %w", err)
	}
	return &Tick{electionHash, s}, nil
}

// Code returns the 16 digits for the ballot with a leaf hash.
func (t *Tick) Code(leaf [32]byte) string {
	d := transcript.New(tagCode).Bytes(t.hash[:]).Bytes(leaf[:]).Bytes(t.stretched).Sum()
	n := new(big.Int).SetBytes(d[:])
	n.Mod(n, modulus)
	code, err := checkdigit.Append97(fmt.Sprintf("%014d", n))
	if err != nil {
		panic("code: 14 digits refused: " + err.Error()) // they are digits
	}
	return code
}
