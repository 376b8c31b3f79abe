package group

import (
	"bytes"
	"errors"
	"strings"
	"testing"
)

// TestAccumulator holds sums against Point.Add, with right hints, wrong ones,
// some and none, of points and of their negatives.
func TestAccumulator(t *testing.T) {
	var points []*Point
	var hints []byte
	want := Identity()
	for i := range 20 {
		p := MulBase(RandomScalar())
		if i == 13 {
			p = points[3].Neg() // the sum passes through what cancels
		}
		if i == 14 {
			p = points[4] // and a doubling
		}
		points = append(points, p)
		h := hintOf(p.Bytes())
		hints = append(hints, h[:]...)
		want = want.Add(p)
	}
	wrong := bytes.Repeat([]byte{7}, len(hints))
	for name, h := range map[string][]byte{"right": hints, "wrong": wrong, "shifted": hints[HintSize:], "cut": hints[:101], "none": nil} {
		d := NewDecoder(h)
		if name == "none" {
			d = nil
		}
		var whole, first, second Accumulator
		for i, p := range points {
			part := &first
			if i >= 7 {
				part = &second
			}
			if err := whole.Add(nil, p.Bytes()); err != nil {
				t.Fatal(err)
			}
			if err := part.Add(d, p.Bytes()); err != nil {
				t.Fatal(err)
			}
		}
		first.Merge(&second)
		first.Merge(&Accumulator{})
		var all Accumulator
		all.Merge(&first)
		for what, got := range map[string]*Point{"whole": whole.Point(), "merged": all.Point()} {
			if !got.Equal(want) || !bytes.Equal(got.Bytes(), want.Bytes()) {
				t.Errorf("hints %s: the %s sum is another", name, what)
			}
		}
	}
	if !new(Accumulator).Point().IsIdentity() {
		t.Error("the sum of none is not the identity")
	}
}

// TestAccumulatorCancels adds points that cancel, and goes on.
func TestAccumulatorCancels(t *testing.T) {
	p := MulBase(RandomScalar())
	var a Accumulator
	for _, q := range []*Point{p, p.Neg()} {
		if err := a.Add(nil, q.Bytes()); err != nil {
			t.Fatal(err)
		}
	}
	if !a.Point().IsIdentity() {
		t.Error("p - p is not the identity")
	}
	if err := a.Add(nil, p.Bytes()); err != nil || !a.Point().Equal(p) {
		t.Errorf("p - p + p is not p: %v", err)
	}
}

// TestAccumulatorRefuses holds that what ParseElement refuses is refused, with a
// hint too, and changes nothing.
func TestAccumulatorRefuses(t *testing.T) {
	p := MulBase(RandomScalar()).Encoded()
	negative, over := p.Bytes(), p.Bytes()
	negative[0] |= 1
	over[31] |= 0x80
	hint := hintOf(p.Bytes())
	var a Accumulator
	if err := a.Add(nil, p.Bytes()); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name string
		b    []byte
		want error
	}{
		{"negative", negative, ErrPoint}, {"over the modulus", over, ErrPoint}, {"identity", make([]byte, 32), ErrIdentity},
		{"short", p.Bytes()[:31], nil}, {"long", append(p.Bytes(), 0), nil}, {"empty", nil, nil},
	} {
		for _, d := range []*Decoder{nil, NewDecoder(hint[:])} {
			err := a.Add(d, c.b)
			if err == nil || c.want != nil && !errors.Is(err, c.want) || c.want == nil && !strings.Contains(err.Error(), "bytes, want 32") {
				t.Errorf("%s: %v", c.name, err)
			}
			if !a.Point().Equal(p) {
				t.Fatalf("%s: the sum has changed", c.name)
			}
		}
	}
	// A point that is refused uses up its hint: those after it stay in place.
	d := NewDecoder(append(make([]byte, HintSize), hint[:]...))
	if a.Add(d, nil) == nil || !bytes.Equal(d.hints, hint[:]) {
		t.Error("the next hint is another point's")
	}
}

func BenchmarkAccumulate(b *testing.B) {
	p := MulBase(RandomScalar()).Bytes()
	hint := hintOf(p)
	for name, h := range map[string][]byte{"hints": hint[:], "none": nil} {
		b.Run(name, func(b *testing.B) {
			var a Accumulator
			for b.Loop() {
				if err := a.Add(NewDecoder(h), p); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
