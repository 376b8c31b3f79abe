package group

import (
	"bytes"
	"errors"
	"fmt"
	"math/big"
	"slices"
	"strings"
	"testing"
	"testing/iotest"
)

// order is l.
var order, _ = new(big.Int).SetString("7237005577332262213973186563042994240857116359379907606001950938285454250989", 10)

// encodeInt writes a number below 2^256 as 32 bytes, little-endian.
func encodeInt(n *big.Int) []byte {
	b := n.FillBytes(make([]byte, 32))
	slices.Reverse(b)
	return b
}

func decodeInt(b []byte) *big.Int {
	b = bytes.Clone(b)
	slices.Reverse(b)
	return new(big.Int).SetBytes(b)
}

func TestParseScalar(t *testing.T) {
	add := func(n *big.Int, d int64) *big.Int { return new(big.Int).Add(n, big.NewInt(d)) }
	two256 := new(big.Int).Lsh(big.NewInt(1), 256)
	for _, tc := range []struct {
		name string
		n    *big.Int
		ok   bool
	}{
		{"zero", big.NewInt(0), true},
		{"one", big.NewInt(1), true},
		{"l-1", add(order, -1), true},
		{"l", order, false},
		{"l+1", add(order, 1), false},
		{"2l", new(big.Int).Lsh(order, 1), false},
		{"2^252", new(big.Int).Lsh(big.NewInt(1), 252), true},
		{"2^253-1", add(new(big.Int).Lsh(big.NewInt(1), 253), -1), false},
		{"2^255", new(big.Int).Lsh(big.NewInt(1), 255), false},
		{"2^256-1", add(two256, -1), false},
	} {
		s, err := ParseScalar(encodeInt(tc.n))
		switch {
		case tc.ok && err != nil:
			t.Errorf("%s: %v", tc.name, err)
		case tc.ok && !bytes.Equal(s.Bytes(), encodeInt(tc.n)):
			t.Errorf("%s encodes again as %x", tc.name, s.Bytes())
		case !tc.ok && !errors.Is(err, ErrScalar):
			t.Errorf("%s: error is %v", tc.name, err)
		}
	}
	for _, n := range []int{0, 31, 33, 64} {
		if _, err := ParseScalar(make([]byte, n)); err == nil {
			t.Errorf("%d bytes were taken", n)
		}
	}
}

// TestArithmetic compares with math/big.
func TestArithmetic(t *testing.T) {
	r := testRandom("arithmetic")
	mod := func(n *big.Int) []byte { return encodeInt(n.Mod(n, order)) }
	for range 500 {
		a, b := randomScalar(t, r), randomScalar(t, r)
		ia, ib := decodeInt(a.Bytes()), decodeInt(b.Bytes())
		for name, pair := range map[string][2][]byte{
			"a+b": {a.Add(b).Bytes(), mod(new(big.Int).Add(ia, ib))},
			"a-b": {a.Sub(b).Bytes(), mod(new(big.Int).Sub(ia, ib))},
			"a*b": {a.Mul(b).Bytes(), mod(new(big.Int).Mul(ia, ib))},
			"-a":  {a.Neg().Bytes(), mod(new(big.Int).Neg(ia))},
		} {
			if !bytes.Equal(pair[0], pair[1]) {
				t.Fatalf("%s for a=%v, b=%v: %x, want %x", name, ia, ib, pair[0], pair[1])
			}
		}
		if !a.IsZero() && !a.Mul(a.Invert()).Equal(ScalarFromUint64(1)) {
			t.Fatalf("inverse of %v is wrong", ia)
		}
		if a.Equal(b) != (ia.Cmp(ib) == 0) {
			t.Fatalf("Equal(%v, %v) is %v", ia, ib, a.Equal(b))
		}
		if !SelectScalar(a, b, 1).Equal(a) || !SelectScalar(a, b, 0).Equal(b) {
			t.Fatalf("SelectScalar of %v and %v is wrong", ia, ib)
		}
	}
	if !new(Scalar).Invert().IsZero() {
		t.Error("inverse of zero is not zero")
	}
}

func TestPowers(t *testing.T) {
	r := testRandom("powers")
	for _, n := range []int{0, 1, 2, 40} {
		s := randomScalar(t, r)
		list := s.Powers(n)
		if len(list) != n {
			t.Errorf("%d powers are %d", n, len(list))
		}
		base, want := decodeInt(s.Bytes()), big.NewInt(1)
		for i, p := range list {
			if !bytes.Equal(p.Bytes(), encodeInt(want)) {
				t.Errorf("%v to the power of %d is %x", base, i, p.Bytes())
			}
			want.Mul(want, base).Mod(want, order)
		}
	}
}

func TestScalarFromWide(t *testing.T) {
	r := testRandom("wide")
	for _, fill := range []func(b []byte){
		func(b []byte) {},
		func(b []byte) { copy(b, bytes.Repeat([]byte{0xff}, 64)) },
		func(b []byte) { copy(b, encodeInt(order)) },
		func(b []byte) { copy(b[32:], encodeInt(order)) },
		func(b []byte) { _, _ = r.Read(b) }, // ChaCha8 never fails
	} {
		var b [64]byte
		fill(b[:])
		n := decodeInt(b[:])
		if got := ScalarFromWide(&b).Bytes(); !bytes.Equal(got, encodeInt(n.Mod(n, order))) {
			t.Errorf("%x reduces to %x", b, got)
		}
	}
}

func TestRandomScalar(t *testing.T) {
	if RandomScalar().Equal(RandomScalar()) {
		t.Error("two random scalars are equal")
	}
	if _, err := RandomScalarFrom(bytes.NewReader(make([]byte, 63))); err == nil {
		t.Error("63 bytes of randomness were enough")
	}
	broken := errors.New("no entropy")
	if _, err := RandomScalarFrom(iotest.ErrReader(broken)); !errors.Is(err, broken) {
		t.Errorf("error is %v", err)
	}
}

func TestSelectScalarRefusesOtherConditions(t *testing.T) {
	for _, cond := range []int{-1, 2} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("condition %d was taken", cond)
				}
			}()
			SelectScalar(new(Scalar), new(Scalar), cond)
		}()
	}
}

// TestScalarsAreNotPrinted by any verb, alone or in a list.
func TestScalarsAreNotPrinted(t *testing.T) {
	s := ScalarFromUint64(0x1234567)
	for _, v := range []any{s, *s, []*Scalar{s, s}, []Scalar{*s}, map[string]*Scalar{"x": s}} {
		for _, verb := range []string{"%v", "%+v", "%#v", "%x", "%d", "%s", "%q"} {
			got := fmt.Sprintf(verb, v)
			if strings.Count(got, "(scalar)") == 0 || strings.Contains(got, "1234567") || strings.Contains(got, "19088743") {
				t.Errorf("%s of %T prints %s", verb, v, got)
			}
		}
	}
}

func TestWipe(t *testing.T) {
	s := RandomScalar()
	s.Wipe()
	if !s.IsZero() {
		t.Error("a wiped scalar is not zero")
	}
}

// TestOperandsStay holds the promise that operations leave their operands
// alone, on which sharing scalars and points rests.
func TestOperandsStay(t *testing.T) {
	a, b := RandomScalar(), RandomScalar()
	p, q := MulBase(a), MulBase(b)
	sa, sb, sp, sq := a.Bytes(), b.Bytes(), p.Bytes(), q.Bytes()
	a.Add(b)
	a.Sub(b)
	a.Mul(b)
	a.Neg()
	a.Invert()
	SelectScalar(a, b, 1)
	p.Add(q)
	p.Sub(q)
	p.Neg()
	p.Mul(a)
	p.Encoded()
	NewTable(p).Mul(a)
	VarTimeMultiMul([]*Scalar{a, b}, []*Point{p, q})
	enc := p.Encoded().Bytes()
	enc[0] ^= 1
	if !bytes.Equal(a.Bytes(), sa) || !bytes.Equal(b.Bytes(), sb) ||
		!bytes.Equal(p.Bytes(), sp) || !bytes.Equal(q.Bytes(), sq) {
		t.Error("an operation changed its operand")
	}
	kept := p.Encoded()
	kept.Bytes()[0] ^= 1
	if !bytes.Equal(kept.Bytes(), sp) {
		t.Error("the remembered encoding can be written to")
	}
}
