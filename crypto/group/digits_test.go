package group

import (
	"math/big"
	"testing"
)

// TestSignedDigits puts digits together again: they are those of the number nearest
// to zero that is the scalar modulo the order.
func TestSignedDigits(t *testing.T) {
	r := testRandom("digits")
	for window := 2; window <= maxWindow; window++ {
		var scalars []Scalar
		for range 200 {
			scalars = append(scalars, *randomScalar(t, r))
		}
		half := new(big.Int).Rsh(order, 1)
		for _, n := range []*big.Int{{}, big.NewInt(1), half, new(big.Int).Add(half, big.NewInt(1)), new(big.Int).Sub(order, big.NewInt(1))} {
			s, err := ParseScalar(encodeInt(n))
			if err != nil {
				t.Fatal(err)
			}
			scalars = append(scalars, *s)
		}
		var digits signedDigits
		digits.set(scalars, scalarBits, window)
		for i := range scalars {
			sum := new(big.Int)
			for place := digits.places - 1; place >= 0; place-- {
				d := int64(digits.at(i, place))
				if d > 1<<(window-1) || d < -(1<<(window-1)) {
					t.Fatalf("window %d: digit %d", window, d)
				}
				sum.Lsh(sum, uint(window)).Add(sum, big.NewInt(d))
			}
			if sum.CmpAbs(half) > 0 {
				t.Fatalf("window %d: digits add up to %v, which is far from zero", window, sum)
			}
			if want := decodeInt(scalars[i].Bytes()); sum.Mod(sum, order).Cmp(want) != 0 {
				t.Fatalf("window %d: digits of %v add up to %v", window, want, sum)
			}
		}
	}
}
