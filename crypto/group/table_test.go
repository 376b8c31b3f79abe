package group

import (
	"encoding/binary"
	"math/big"
	"testing"
)

// edgeScalars are those where recoding into signed digits carries, or where
// digits take their extremes.
func edgeScalars(t testing.TB) []*Scalar {
	t.Helper()
	var out []*Scalar
	add := func(n *big.Int) {
		if n.Sign() < 0 || n.Cmp(order) >= 0 {
			return
		}
		s, err := ParseScalar(encodeInt(n))
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, s)
	}
	for d := int64(0); d <= 17; d++ {
		add(big.NewInt(d))
		add(new(big.Int).Sub(order, big.NewInt(d)))
	}
	for bit := uint(3); bit < 253; bit++ {
		power := new(big.Int).Lsh(big.NewInt(1), bit)
		for d := int64(-1); d <= 1; d++ {
			add(new(big.Int).Add(power, big.NewInt(d)))
		}
	}
	for digit := byte(0); digit < 16; digit++ { // one digit repeated, as 777..7 and 888..8
		b := make([]byte, 32)
		for i := range b {
			b[i] = digit<<4 | digit
		}
		b[31] &= 0x0f
		add(decodeInt(b))
	}
	return out
}

func TestTableMul(t *testing.T) {
	r := testRandom("table")
	p := MulBase(randomScalar(t, r))
	table := NewTable(p)
	if !table.Point().Equal(p) {
		t.Fatal("table is of another point")
	}
	scalars := edgeScalars(t)
	for range 200 {
		scalars = append(scalars, randomScalar(t, r))
	}
	for _, s := range scalars {
		want := p.Mul(s)
		if !table.Mul(s).Equal(want) {
			t.Errorf("table and Mul differ at %x", s.Bytes())
		}
		if !VarTimeMultiMul([]*Scalar{s}, []*Point{p}).Equal(want) {
			t.Errorf("VarTimeMultiMul and Mul differ at %x", s.Bytes())
		}
	}
	if identity := NewTable(Identity()); !identity.Mul(RandomScalar()).IsIdentity() {
		t.Error("a multiple of the identity is not the identity")
	}
}

func TestSignedRadix16(t *testing.T) {
	for _, s := range edgeScalars(t) {
		sum := new(big.Int)
		digits := signedRadix16(s)
		for i := len(digits) - 1; i >= 0; i-- {
			if digits[i] < -8 || digits[i] > 8 {
				t.Fatalf("digit %d of %x is %d", i, s.Bytes(), digits[i])
			}
			sum.Lsh(sum, 4).Add(sum, big.NewInt(int64(digits[i])))
		}
		if sum.Cmp(decodeInt(s.Bytes())) != 0 {
			t.Fatalf("digits of %x sum to %v", s.Bytes(), sum)
		}
	}
}

func TestEqualInt(t *testing.T) {
	for a := range 18 {
		for b := range 18 {
			if got := equalInt(a, b) == 1; got != (a == b) {
				t.Errorf("equalInt(%d, %d) is %v", a, b, got)
			}
		}
	}
}

func TestVarTimeMultiMul(t *testing.T) {
	r := testRandom("multi")
	var scalars []*Scalar
	var points []*Point
	sum := Identity()
	for n := range 40 {
		if got := VarTimeMultiMul(scalars, points); !got.Equal(sum) {
			t.Fatalf("sum of %d products is wrong", n)
		}
		s, p := randomScalar(t, r), MulBase(randomScalar(t, r))
		scalars, points = append(scalars, s), append(points, p)
		sum = sum.Add(p.Mul(s))
	}
	defer func() {
		if recover() == nil {
			t.Error("more scalars than points were taken")
		}
	}()
	VarTimeMultiMul(scalars, points[1:])
}

func FuzzTableMul(f *testing.F) {
	table := NewTable(MulBase(ScalarFromUint64(12345)))
	f.Add(make([]byte, 64))
	f.Add(binary.LittleEndian.AppendUint64(make([]byte, 56), 1<<63))
	f.Fuzz(func(t *testing.T, wide []byte) {
		if len(wide) != 64 {
			return
		}
		s := ScalarFromWide((*[64]byte)(wide))
		if !table.Mul(s).Equal(table.Point().Mul(s)) {
			t.Errorf("table and Mul differ at %x", s.Bytes())
		}
	})
}
