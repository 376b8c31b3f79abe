package verifier

import (
	"fmt"
	"math/big"

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
	w := j.clock.waiting
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
		w = w[1:]
	}
	j.clock.waiting = w
}

// checkV11 gives a ballot its receipt code, unless the same voter has had that
// code before: then the booth has spoken one code for two ballots, and this
// one turns void.
func (j *judge) checkV11(at int32, code, time uint64) {
	b := &j.ballots[at]
	b.code, b.codeTime, b.coded = code, time, true
	v := &j.roll.list[b.voter]
	for other := b.previous; other >= 0; other = j.ballots[other].previous {
		if j.ballots[other].code != code {
			continue
		}
		j.voidBallot(at, fmt.Sprintf("has the receipt code of ballot %d of the same voter", j.ballots[other].index))
		v.last = b.previous
		return
	}
	j.clock.expiry = append(j.clock.expiry, at)
}
