package group

import (
	"bytes"
	"slices"
	"testing"

	"filippo.io/edwards25519/field"
	fp "github.com/cloudflare/circl/math/fp25519"
)

// hintByLibrary is the hint of a string by the library's SqrtRatio.
func hintByLibrary(t testing.TB, b []byte) []byte {
	t.Helper()
	var d decoding
	if len(b) != PointSize || !d.begin((*[PointSize]byte)(b)) {
		return make([]byte, HintSize)
	}
	root, square := new(field.Element).SqrtRatio(one, element(d.radicand))
	if square != 1 {
		return make([]byte, HintSize)
	}
	return root.Bytes()
}

// TestAppendHints holds hints against the library's roots: for points, the
// identity and strings that are no points, in every lane, beside any other, and in
// rows that are not full.
func TestAppendHints(t *testing.T) {
	r := testRandom("rows")
	strings := [][]byte{Identity().Bytes(), Base().Bytes(), nil, make([]byte, PointSize-1), bytes.Repeat([]byte{0xff}, PointSize)}
	for _, tc := range badEncodings {
		for _, s := range tc.encodings {
			strings = append(strings, unhex(t, s))
		}
	}
	for range 40 {
		b := make([]byte, PointSize)
		if _, err := r.Read(b); err != nil {
			t.Fatal(err)
		}
		b[0] &^= 1
		b[31] &= 0x7f
		strings = append(strings, MulBase(randomScalar(t, r)).Bytes(), b)
	}
	roots, none := 0, 0
	for n := range 3*lanes + 1 {
		for range 40 {
			var points [][]byte
			want := []byte("before")
			for range n {
				p := strings[r.Uint64()%uint64(len(strings))]
				h := hintByLibrary(t, p)
				if bytes.Equal(h, make([]byte, HintSize)) {
					none++
				} else {
					roots++
				}
				points, want = append(points, p), append(want, h...)
			}
			if got := AppendHints([]byte("before"), slices.Values(points)); !bytes.Equal(got, want) {
				t.Fatalf("hints of %x are\n%x, want\n%x", points, got, want)
			}
		}
	}
	if roots < 500 || none < 500 {
		t.Errorf("%d roots and %d strings without: one kind is hardly tested", roots, none)
	}
}

// TestPowerOfRows: the chain of squarings is the exponent that it says.
func TestPowerOfRows(t *testing.T) {
	r := testRandom("power")
	for range 20 {
		var a, got row
		for i := range a {
			if _, err := r.Read(a[i][:]); err != nil {
				t.Fatal(err)
			}
			a[i][31] &= 0x7f
		}
		got.power(&a)
		for i := range a {
			want := new(field.Element).Pow22523(element(a[i]))
			if element(got[i]).Equal(want) != 1 {
				t.Fatalf("lane %d: another power", i)
			}
		}
	}
}

// BenchmarkRoots compares roots side by side with roots one after another, by the
// root.
func BenchmarkRoots(b *testing.B) {
	var points [][]byte
	for range 64 {
		points = append(points, MulBase(RandomScalar()).Bytes())
	}
	perRoot := func(b *testing.B) {
		b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*len(points)), "ns/root")
	}
	b.Run("one by one", func(b *testing.B) {
		for b.Loop() {
			for _, p := range points {
				var d decoding
				var root elt
				if !d.begin((*[PointSize]byte)(p)) || !fp.InvSqrt(&root, &eltOne, &d.radicand) {
					b.Fatal("no point")
				}
			}
		}
		perRoot(b)
	})
	b.Run("side by side", func(b *testing.B) {
		hints := make([]byte, 0, len(points)*HintSize)
		for b.Loop() {
			AppendHints(hints, slices.Values(points))
		}
		perRoot(b)
	})
}
