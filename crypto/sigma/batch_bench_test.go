package sigma

import (
	"slices"
	"testing"

	"rollcall/crypto/elgamal"
	"rollcall/crypto/group"
	"rollcall/crypto/schnorr"
)

// castBallot is all that is verified of a cast ballot: its ciphertexts and proof,
// and four signatures, two of the ballot and two of the cast.
type castBallot struct {
	st          *Statement
	ciphertexts []byte
	proof       []byte
	keys        [2][]byte // of the voter: for the ballot and for the cast
	signatures  [4][]byte
	hints       []byte
}

const ballotMessage, castMessage = 2700, 300 // bytes that are signed

func newCastBallots(b *testing.B, n int) (ballots []castBallot, booth schnorr.PublicKey) {
	b.Helper()
	enc := newKey(b)
	boothKey := schnorr.GenerateKey()
	long, short := make([]byte, ballotMessage), make([]byte, castMessage)
	for i := range n {
		s := sealOne(b, enc, benchOptions, i%benchOptions)
		c := castBallot{st: s.st, ciphertexts: elgamal.Encode(s.st.Ciphertexts), proof: s.proof}
		ballot, cast := schnorr.GenerateKey(), schnorr.GenerateKey()
		c.keys = [2][]byte{ballot.Public().Bytes(), cast.Public().Bytes()}
		c.signatures = [4][]byte{ballot.Sign(long), boothKey.Sign(long), cast.Sign(short), boothKey.Sign(short)}
		var points [][]byte
		c.points(func(p []byte) { points = append(points, p) })
		c.hints = group.AppendHints(nil, slices.Values(points))
		ballots = append(ballots, c)
	}
	return ballots, boothKey.Public()
}

// points calls fn for every encoded point in the order in which they are decoded.
func (c *castBallot) points(fn func([]byte)) {
	for _, k := range c.keys {
		fn(k)
	}
	for _, s := range c.signatures {
		fn(s[:32])
	}
	for at := 0; at < len(c.ciphertexts); at += 32 {
		fn(c.ciphertexts[at : at+32])
	}
	for at := 0; at < len(c.proof); at += branchSize {
		fn(c.proof[at : at+32])
		fn(c.proof[at+32 : at+64])
	}
}

// equations decodes all and returns what must hold.
func (c *castBallot) equations(b *testing.B, booth schnorr.PublicKey, hinted bool) []group.Equation {
	var d *group.Decoder
	if hinted {
		d = group.NewDecoder(c.hints)
	}
	var keys [2]schnorr.PublicKey
	for i := range keys {
		keys[i], _ = schnorr.DecodePublicKey(d, c.keys[i])
	}
	long, short := make([]byte, ballotMessage), make([]byte, castMessage)
	var equations []group.Equation
	for i, message := range [][]byte{long, long, short, short} {
		s, err := schnorr.DecodeSignature(d, c.signatures[i])
		if err != nil {
			b.Fatal(err)
		}
		key := booth
		if i%2 == 0 {
			key = keys[i/2]
		}
		equations = append(equations, s.Equation(key, message))
	}
	st := *c.st
	st.Ciphertexts, _ = elgamal.DecodeCiphertexts(d, c.ciphertexts, benchOptions)
	es, err := UnitVectorEquations(d, &st, c.proof)
	if err != nil {
		b.Fatal(err)
	}
	return append(equations, es...)
}

// BenchmarkCastBallots is the cost of a cast ballot, checked in several ways. The
// floor is decoding and one multi-scalar multiplication of the same points.
func BenchmarkCastBallots(b *testing.B) {
	const n = 512
	ballots, booth := newCastBallots(b, n)
	k := ballots[0].st.Key
	perBallot := func(b *testing.B, ballots int) {
		b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(b.N*ballots), "us/ballot")
	}
	b.Run("one by one", func(b *testing.B) {
		for b.Loop() {
			for i := range ballots[:64] {
				if err := group.VarTimeCheckAll(ballots[i].equations(b, booth, false), k); err != nil {
					b.Fatal(err)
				}
			}
		}
		perBallot(b, 64)
	})
	for _, hinted := range []bool{false, true} {
		name := map[bool]string{false: "", true: ", hints"}[hinted]
		b.Run("batch"+name, func(b *testing.B) {
			for b.Loop() {
				items := make([][]group.Equation, n)
				for i := range ballots {
					items[i] = ballots[i].equations(b, booth, hinted)
				}
				for _, err := range new(group.Batch).VarTimeCheck(items, k) {
					if err != nil {
						b.Fatal(err)
					}
				}
			}
			perBallot(b, n)
		})
		b.Run("decoding"+name, func(b *testing.B) {
			for b.Loop() {
				for i := range ballots {
					var d *group.Decoder
					if hinted {
						d = group.NewDecoder(ballots[i].hints)
					}
					ballots[i].points(func(p []byte) {
						if _, err := d.Element(p); err != nil {
							b.Fatal(err)
						}
					})
				}
			}
			perBallot(b, n)
		})
		b.Run("equations"+name, func(b *testing.B) {
			for b.Loop() {
				for i := range ballots {
					ballots[i].equations(b, booth, hinted)
				}
			}
			perBallot(b, n)
		})
	}
}
