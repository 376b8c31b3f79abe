package group

import (
	"bytes"
	"errors"
	"math/big"
	"slices"
	"testing"

	"filippo.io/edwards25519/field"
)

// TestHints: whatever the hint, the same strings are taken and give the same
// point. Only the right one saves the root, which the last column shows.
func TestHints(t *testing.T) {
	r := testRandom("hints")
	p := MulBase(randomScalar(t, r)).Bytes()
	right := hintOf(p)
	other := hintOf(MulBase(randomScalar(t, r)).Bytes())
	root, err := new(field.Element).SetBytes(right[:])
	if err != nil {
		t.Fatal(err)
	}
	negative := new(field.Element).Negate(root).Bytes()
	times := func(f *field.Element) []byte { return new(field.Element).Multiply(root, f).Bytes() }
	flipped := bytes.Clone(right[:])
	flipped[7] ^= 4
	highBit := bytes.Clone(right[:])
	highBit[31] |= 0x80
	above := eltOfInt(new(big.Int).Add(intOf(right), prime)) // the same number
	for _, tc := range []struct {
		name   string
		hint   []byte
		useful bool
	}{
		{"right", right[:], true},
		{"the other root", negative, true},
		{"plus the prime", above[:], true},
		{"top bit set", highBit, false},
		{"none", nil, false},
		{"zeros", make([]byte, HintSize), false},
		{"ones", bytes.Repeat([]byte{0xff}, HintSize), false},
		{"of another point", other[:], false},
		{"one bit flipped", flipped, false},
		{"times the root of -1", times(sqrtM1), false},
		{"times two", times(new(field.Element).Add(one, one)), false},
		{"cut", right[:31], false},
		{"the encoding itself", p, false},
	} {
		got, err := NewDecoder(tc.hint).Element(p)
		if err != nil || !bytes.Equal((&Point{a: got.a}).Bytes(), p) {
			t.Errorf("%s: %v", tc.name, err)
		}
		var d decoding
		var rootOf elt
		d.begin((*[PointSize]byte)(p))
		if useful := checkHint(&rootOf, tc.hint, &d.radicand); useful != tc.useful {
			t.Errorf("%s: useful is %v", tc.name, useful)
		}
	}
}

// TestHintsForBadStrings: no hint gets a string taken that is refused without.
func TestHintsForBadStrings(t *testing.T) {
	r := testRandom("bad hints")
	for _, tc := range badEncodings {
		for _, s := range tc.encodings {
			b := unhex(t, s)
			hints := [][HintSize]byte{hintOf(b), {1}, hintOf(Base().Bytes()), hintOf(make([]byte, PointSize))}
			for range 8 {
				var h [HintSize]byte
				if _, err := r.Read(h[:]); err != nil {
					t.Fatal(err)
				}
				hints = append(hints, h)
			}
			for _, h := range hints {
				if _, err := NewDecoder(h[:]).Point(b); !errors.Is(err, ErrPoint) {
					t.Errorf("%s %s with hint %x: error is %v", tc.reason, s, h, err)
				}
			}
		}
	}
	identity := make([]byte, PointSize)
	h := hintOf(identity)
	if _, err := NewDecoder(h[:]).Element(identity); !errors.Is(err, ErrIdentity) {
		t.Errorf("identity as an element: %v", err)
	}
	if p, err := NewDecoder(h[:]).Point(identity); err != nil || !p.IsIdentity() {
		t.Errorf("identity as a point: %v", err)
	}
	if hintOf([]byte{1, 2, 3}) != [HintSize]byte{} {
		t.Error("a string of three bytes has a hint")
	}
}

// TestDecoderKeepsItsPlace: hints are taken in order, one a point, whether or not
// they are right, and a decoder that has none left or is nil still decodes.
func TestDecoderKeepsItsPlace(t *testing.T) {
	r := testRandom("places")
	var points, hints [][]byte
	for range 4 {
		p := MulBase(randomScalar(t, r)).Bytes()
		h := hintOf(p)
		points, hints = append(points, p), append(hints, h[:])
	}
	d := NewDecoder(bytes.Join(hints, nil)[:3*HintSize+5])
	d.Skip(1)
	if _, err := d.Element([]byte("no point")); err == nil {
		t.Error("eight bytes were taken for a point")
	}
	if want := hints[2]; !bytes.Equal(d.hints[:HintSize], want) {
		t.Errorf("the next hint is %x, want %x", d.hints[:HintSize], want)
	}
	for i, want := range [][]byte{hints[2], nil, nil} {
		if got, _ := d.next(); !bytes.Equal(got, want) {
			t.Errorf("hint %d is %x, want %x", i, got, want)
		}
	}
	d.Skip(3)
	for _, d := range []*Decoder{d, nil, NewDecoder(nil)} {
		if p, err := d.Element(points[3]); err != nil || !bytes.Equal(p.Bytes(), points[3]) {
			t.Errorf("without hints: %v", err)
		}
	}
}

// TestDecodeAhead: whatever was decoded ahead and whatever of it is asked for, points
// and errors are those of ParsePoint. Strings are points, the identity, and such as
// are none, in every lane and beside any other.
func TestDecodeAhead(t *testing.T) {
	r := testRandom("ahead")
	strings := [][]byte{Identity().Bytes(), Base().Bytes(), nil, make([]byte, PointSize-1), bytes.Repeat([]byte{0xff}, PointSize)}
	for _, tc := range badEncodings {
		for _, s := range tc.encodings {
			strings = append(strings, unhex(t, s))
		}
	}
	for range len(strings) {
		strings = append(strings, MulBase(randomScalar(t, r)).Bytes())
	}
	any := func() []byte { return strings[r.Uint64()%uint64(len(strings))] }
	taken, refused := 0, 0
	for n := range 3*lanes + 1 {
		for range 100 {
			var list [][]byte
			for range n {
				list = append(list, any())
			}
			ahead := DecodeAhead(n, slices.Values(list))
			if len(ahead) != n {
				t.Fatalf("%d strings have %d places", n, len(ahead))
			}
			d := NewDecoder(nil).WithAhead(ahead)
			list = append(list, any()) // after the end
			for i, b := range list {
				switch r.Uint64() % 8 {
				case 0:
					b = any() // not what was decoded
				case 1:
					d.Skip(1)
					continue
				}
				want, wantErr := ParsePoint(b)
				got, err := d.Point(b)
				if (err == nil) != (wantErr == nil) || err != nil && err.Error() != wantErr.Error() {
					t.Fatalf("%x, at %d of %x: error is %v, want %v", b, i, list, err, wantErr)
				}
				if err != nil {
					refused++
					continue
				}
				taken++
				if !got.Equal(want) || !bytes.Equal(got.Bytes(), b) || !bytes.Equal((&Point{a: got.a}).Bytes(), b) {
					t.Fatalf("%x, at %d of %x: another point", b, i, list)
				}
			}
		}
	}
	if taken < 1000 || refused < 1000 {
		t.Errorf("%d points and %d that are none: one kind is hardly tested", taken, refused)
	}
}

// TestDecodeAheadKeeps: a point stays what it is when others are taken after it.
func TestDecodeAheadKeeps(t *testing.T) {
	r := testRandom("ahead, kept")
	var list [][]byte
	for range 3 * lanes {
		list = append(list, MulBase(randomScalar(t, r)).Bytes())
	}
	d := NewDecoder(nil).WithAhead(DecodeAhead(0, slices.Values(list)))
	var points []*Point
	for _, b := range list {
		p, err := d.Element(b)
		if err != nil {
			t.Fatal(err)
		}
		points = append(points, p)
	}
	for i, p := range points {
		if !bytes.Equal(p.Bytes(), list[i]) || !bytes.Equal((&Point{a: p.a}).Bytes(), list[i]) {
			t.Errorf("point %d is another one", i)
		}
	}
}

// TestDecodeAheadLengths: a string that was too short or too long is not taken for
// the point that it is padded or cut to.
func TestDecodeAheadLengths(t *testing.T) {
	identity := make([]byte, PointSize)
	point := Base().Bytes()
	short := point
	for i := uint64(2); short[PointSize-1] != 0; i++ {
		short = MulBase(ScalarFromUint64(i)).Bytes()
	}
	for _, tc := range []struct{ ahead, asked []byte }{
		{nil, identity}, {identity[:31], identity}, {short[:31], short}, {append(bytes.Clone(point), 0), point},
	} {
		d := NewDecoder(nil).WithAhead(DecodeAhead(1, slices.Values([][]byte{tc.ahead})))
		if p, err := d.Point(tc.asked); err != nil || !bytes.Equal(p.Bytes(), tc.asked) {
			t.Errorf("%x after %x: %v", tc.asked, tc.ahead, err)
		}
	}
}

// FuzzHintedDecoder: hints never decide what is taken.
func FuzzHintedDecoder(f *testing.F) {
	base := Base().Bytes()
	right := hintOf(base)
	f.Add(base, right[:])
	f.Add(base, make([]byte, HintSize))
	f.Add(make([]byte, PointSize), right[:])
	f.Fuzz(func(t *testing.T, b, hint []byte) {
		want, wantErr := ParsePoint(b)
		got, err := NewDecoder(hint).Point(b)
		if (err == nil) != (wantErr == nil) || err == nil && !got.Equal(want) {
			t.Fatalf("with the hint %v, without %v", err, wantErr)
		}
		if h := hintOf(b); err == nil {
			var d decoding
			var root elt
			if d.begin((*[PointSize]byte)(b)); !checkHint(&root, h[:], &d.radicand) {
				t.Fatal("the hint is of no use")
			}
		}
	})
}

func BenchmarkDecodeHinted(b *testing.B) {
	enc := MulBase(RandomScalar()).Bytes()
	hint := hintOf(enc)
	for b.Loop() {
		if _, err := NewDecoder(hint[:]).Element(enc); err != nil {
			b.Fatal(err)
		}
	}
}

func hintOf(b []byte) [HintSize]byte {
	return [HintSize]byte(AppendHints(nil, slices.Values([][]byte{b})))
}
