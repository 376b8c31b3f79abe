package elgamal

import (
	"bytes"
	"errors"
	"slices"
	"strings"
	"testing"

	"rollcall/crypto/group"
)

func TestAccumulator(t *testing.T) {
	enc, _ := newEncryptor(t)
	var cs []Ciphertext
	var points [][]byte
	for m := range uint64(9) {
		c := enc.Encrypt(m, group.RandomScalar())
		cs = append(cs, c)
		for _, p := range []*group.Point{c.Alpha, c.Beta} {
			points = append(points, p.Bytes())
		}
	}
	hints := group.AppendHints(nil, slices.Values(points))
	for name, d := range map[string]*group.Decoder{"none": nil, "right": group.NewDecoder(hints), "garbage": group.NewDecoder(hints[5:])} {
		var a, b Accumulator
		for i, c := range cs {
			part := &a
			if i%2 == 1 {
				part = &b
			}
			if err := part.Add(d, c.Bytes()); err != nil {
				t.Fatal(err)
			}
		}
		a.Merge(&b)
		if !a.Ciphertext().Equal(Sum(cs)) {
			t.Errorf("hints %s: another sum", name)
		}
	}
	if !new(Accumulator).Ciphertext().Equal(Zero()) {
		t.Error("the sum of none is not zero")
	}
	good := cs[0].Bytes()
	for _, c := range []struct {
		name, want string
		change     func(b []byte) []byte
		is         error
	}{
		{"short", "63 bytes, want 64", func(b []byte) []byte { return b[:63] }, nil},
		{"alpha off the curve", "alpha: ", func(b []byte) []byte { b[0] |= 1; return b }, group.ErrPoint},
		{"beta off the curve", "beta: ", func(b []byte) []byte { b[32] |= 1; return b }, group.ErrPoint},
		{"alpha is the identity", "alpha: ", func(b []byte) []byte { clear(b[:32]); return b }, group.ErrIdentity},
		{"beta is the identity", "beta: ", func(b []byte) []byte { clear(b[32:]); return b }, group.ErrIdentity},
	} {
		err := new(Accumulator).Add(nil, c.change(bytes.Clone(good)))
		if err == nil || !strings.Contains(err.Error(), c.want) || c.is != nil && !errors.Is(err, c.is) {
			t.Errorf("%s: %v, want %q", c.name, err, c.want)
		}
	}
}
