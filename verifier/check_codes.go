package verifier

import (
	"fmt"
	"math/big"
	"slices"

	"rollcall/bulletin/entry"
	"rollcall/crypto/transcript"
)

// codeModulus is 10^14: a receipt code is 14 digits, and 2 to check them.
var codeModulus = big.NewInt(1e14)

// receiptCode returns the receipt code of a ballot without its check digits:
// leaf is the ballot's leaf hash, stretch the S of its code tick. SPEC.md,
// section 8.
func (j *judge) receiptCode(leaf [32]byte, stretch []byte) uint64 {
	d := transcript.New("rollcall/v1/code").Bytes(j.hash[:]).Bytes(leaf[:]).Bytes(stretch).Sum()
	n := new(big.Int).SetBytes(d[:])
	return n.Mod(n, codeModulus).Uint64()
}

func formatCode(n uint64) string { return withCheckDigits(fmt.Sprintf("%014d", n)) }

// giveCodes gives every ballot below the size of a valid tick that has none its
// code: this is its code tick.
func (j *judge) giveCodes(f *tickFacts, t *entry.Tick) {
	w, taken := j.clock.waiting, 0
	for len(w) > 0 && w[0].index < t.Size {
		if f.stretch == nil {
			f.stretch = j.stretch(t)
		}
		code := j.receiptCode(w[0].leaf, f.stretch)
		switch {
		case w[0].ballot >= 0:
			j.checkV11(w[0].ballot, code, t.Time)
		case w[0].ghost >= 0:
			g := &j.ghosts[w[0].ghost]
			g.code, g.coded, g.time = code, true, t.Time
		}
		w, taken = w[1:], taken+1
	}
	// Those that are done still stand in memory before the others.
	switch {
	case len(w) == 0:
		w = nil
	case taken > len(w):
		w = slices.Clone(w)
	}
	j.clock.waiting = w
}

// checkV11 gives a ballot its receipt code, unless the same voter has had that
// code before: then the booth has spoken one code for two ballots, and this
// one turns void.
func (j *judge) checkV11(at int32, code, time uint64) {
	b := j.ballots.at(at)
	b.setCode(code)
	b.codeTime = toWide(time)
	j.clock.coded = at + 1
	for at := b.previous; at >= 0; {
		other := j.ballots.at(at)
		if other.code() == code {
			j.voidBallot(j.clock.coded-1, fmt.Sprintf("has the receipt code of ballot %d of the same voter", other.index))
			j.roll.list[b.voter].last = b.previous
			return
		}
		at = other.previous
	}
}
