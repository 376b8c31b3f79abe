package entry

import (
	"crypto/sha512"
	"errors"
	"fmt"
	"math/big"
	"strings"
)

// ElectionID names an election on letters and in the press: the first 130
// bits of the election hash as 26 characters of Crockford's base 32 and his
// check symbol modulo 37. Shorter names can be forged.
type ElectionID string

const (
	idDigits   = 26
	alphabet   = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
	checkAlpha = alphabet + "*~$=U"
)

// ErrElectionID says that a text is no election id.
var ErrElectionID = errors.New("not an election id")

// Hash returns the election hash: SHA-512 of the manifest entry.
func (e *Entry) Hash() [HashSize]byte { return sha512.Sum512(e.raw) }

// NewElectionID returns the id of an election hash.
func NewElectionID(hash [HashSize]byte) ElectionID {
	n := new(big.Int).SetBytes(hash[:])
	n.Rsh(n, HashSize*8-5*idDigits)
	check := new(big.Int).Mod(n, big.NewInt(37)).Int64()
	out := make([]byte, idDigits)
	mod := new(big.Int)
	for i := idDigits - 1; i >= 0; i-- {
		n.DivMod(n, big.NewInt(32), mod)
		out[i] = alphabet[mod.Int64()]
	}
	return ElectionID(string(out) + checkAlpha[check:check+1])
}

// ParseElectionID reads an id as a person types it: any case, with spaces or
// hyphens, O for 0 and I or L for 1. It takes nothing shorter than 27
// characters and checks the last one.
func ParseElectionID(s string) (ElectionID, error) {
	for i := range len(s) {
		if s[i] >= 0x80 { // upper case maps some of these to letters
			return "", fmt.Errorf("%w: it holds something else than letters and digits", ErrElectionID)
		}
	}
	clean := strings.NewReplacer(" ", "", "-", "").Replace(strings.ToUpper(s))
	if len(clean) != idDigits+1 {
		return "", fmt.Errorf("%w: %d characters, want all %d", ErrElectionID, len(clean), idDigits+1)
	}
	body := strings.NewReplacer("O", "0", "I", "1", "L", "1").Replace(clean[:idDigits])
	n := new(big.Int)
	for i := range body {
		v := strings.IndexByte(alphabet, body[i])
		if v < 0 {
			return "", fmt.Errorf("%w: character %d is %q", ErrElectionID, i+1, body[i])
		}
		n.Lsh(n, 5).Or(n, big.NewInt(int64(v)))
	}
	want := checkAlpha[new(big.Int).Mod(n, big.NewInt(37)).Int64()]
	if clean[idDigits] != want {
		return "", fmt.Errorf("%w: the check character does not match, please compare it with the letter", ErrElectionID)
	}
	return ElectionID(body + string(want)), nil
}

// Matches reports whether hash is the election's.
func (id ElectionID) Matches(hash [HashSize]byte) bool {
	return id == NewElectionID(hash)
}
