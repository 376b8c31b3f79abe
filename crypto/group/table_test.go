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

// TestPick looks at every digit in every row.
func TestPick(t *testing.T) {
	p := MulBase(ScalarFromUint64(12345))
	table := NewTable(p)
	row := p.Mul(oneHalf)
	for i := range table.rows {
		want := row.Mul(ScalarFromUint64(8).Neg())
		for digit := -8; digit <= 8; digit++ {
			q, v := niels{}, extended{y: eltOne, z: eltOne}
			table.rows[i].pick(&q, int8(digit))
			v.addNiels(&q)
			if v.edwards().Equal(want.p) != 1 {
				t.Errorf("row %d, digit %d is another point", i, digit)
			}
			want = want.Add(row)
		}
		row = row.Mul(ScalarFromUint64(16))
	}
}

// TestMulEach multiplies edge scalars, zeros among them, with several tables
// at once.
func TestMulEach(t *testing.T) {
	r := testRandom("each")
	tables := []*Table{BaseTable(), NewTable(MulBase(randomScalar(t, r))), NewTable(Identity())}
	var products []Product
	for _, s := range append(edgeScalars(t), new(Scalar), new(Scalar)) {
		for _, table := range tables {
			products = append(products, Product{table, s})
		}
	}
	points := MulEach(products)
	if len(points) != len(products) {
		t.Fatalf("%d points of %d products", len(points), len(products))
	}
	for i, p := range products {
		want := p.Table.Point().Mul(p.Scalar)
		if !points[i].Equal(want) {
			t.Errorf("product %d: %x times table %d is another point", i, p.Scalar.Bytes(), i%3)
		}
		if fresh := encode(want.p); points[i].enc == nil || *points[i].enc != fresh {
			t.Errorf("product %d: encoding is %x, want %x", i, points[i].Bytes(), fresh)
		}
		if alone := p.Table.Mul(p.Scalar); !alone.Equal(want) {
			t.Errorf("product %d: alone it is another point", i)
		}
	}
	if len(MulEach(nil)) != 0 {
		t.Error("no products have points")
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
		got, want := table.Mul(s), table.Point().Mul(s)
		if !got.Equal(want) || *got.enc != encode(want.p) {
			t.Errorf("table and Mul differ at %x", s.Bytes())
		}
	})
}
