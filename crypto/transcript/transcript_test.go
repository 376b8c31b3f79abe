package transcript

import (
	"bytes"
	"crypto/sha512"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"math/big"
	"slices"
	"testing"

	"rollcall/crypto/group"
)

// TestByHand spells out the bytes that SPEC.md promises.
func TestByHand(t *testing.T) {
	var in []byte
	in = append(in, 0, 0, 0, 0, 0, 0, 0, 3, 't', 'a', 'g')
	in = append(in, 0, 0, 0, 0, 0, 0, 0, 2, 0xab, 0xcd)
	in = append(in, 0, 0, 0, 0, 0, 0, 0, 0)
	in = append(in, 0, 0, 0, 0, 0, 0, 0, 8, 1, 2, 3, 4, 5, 6, 7, 8)
	in = append(append(in, 0, 0, 0, 0, 0, 0, 0, 32), group.Base().Bytes()...)
	in = append(in, 0, 0, 0, 0, 0, 0, 0, 32, 7)
	in = append(in, make([]byte, 31)...)
	want := sha512.Sum512(in)

	build := func() *Transcript {
		return New("tag").Bytes([]byte{0xab, 0xcd}).Bytes(nil).Uint64(0x0102030405060708).
			Point(group.Base()).Scalar(group.ScalarFromUint64(7))
	}
	if got := build().Sum(); got != want {
		t.Errorf("digest is %x, want %x", got, want)
	}

	if got := New("tag").Bytes([]byte{0xab, 0xcd}).Public(3, func(to []byte) []byte { return append(to, 1, 2, 3) }).Sum(); got != New("tag").Bytes([]byte{0xab, 0xcd}).Bytes([]byte{1, 2, 3}).Sum() {
		t.Errorf("a field that is appended gives %x", got)
	}

	little := bytes.Clone(want[:])
	slices.Reverse(little)
	order, _ := new(big.Int).SetString("7237005577332262213973186563042994240857116359379907606001950938285454250989", 10)
	n := new(big.Int).SetBytes(little)
	enc := n.Mod(n, order).FillBytes(make([]byte, 32))
	slices.Reverse(enc)
	if got := build().Challenge().Bytes(); !bytes.Equal(got, enc) {
		t.Errorf("challenge is %x, want %x", got, enc)
	}
}

// TestInjective has lists of fields that a hash without lengths, with short
// lengths or with separators would take for one another.
func TestInjective(t *testing.T) {
	be8 := func(n uint64) []byte { return binary.BigEndian.AppendUint64(nil, n) }
	statements := []struct {
		tag    string
		fields [][]byte
	}{
		{"t", nil},
		{"", [][]byte{[]byte("t")}},
		{"t", [][]byte{nil}},
		{"t", [][]byte{nil, nil}},
		{"t", [][]byte{{0}}},
		{"t", [][]byte{{0, 0}}},
		{"t", [][]byte{{0}, {0}}},
		{"t", [][]byte{[]byte("ab"), []byte("c")}},
		{"t", [][]byte{[]byte("a"), []byte("bc")}},
		{"t", [][]byte{[]byte("abc")}},
		{"t", [][]byte{[]byte("abc"), nil}},
		{"t", [][]byte{nil, []byte("abc")}},
		{"ta", [][]byte{[]byte("bc")}},
		{"tabc", nil},
		{"t/challenge", [][]byte{[]byte("abc")}},
		{"t", [][]byte{[]byte("/challenge"), []byte("abc")}},
		{"t", [][]byte{be8(1)}},
		{"t", [][]byte{be8(0), be8(1)}},
		// Fields that look like the framing of other fields.
		{"t", [][]byte{slices.Concat([]byte("a"), be8(1), []byte("b"))}},
		{"t", [][]byte{[]byte("a"), []byte("b")}},
		{"t", [][]byte{slices.Concat(be8(1), []byte("a"))}},
		{"t", [][]byte{bytes.Repeat([]byte{1}, 256)}},
		{"t", [][]byte{bytes.Repeat([]byte{1}, 255), {1}}},
	}
	seen := make(map[[Size]byte]string)
	for _, s := range statements {
		tr := New(s.tag)
		for _, f := range s.fields {
			tr.Bytes(f)
		}
		name := fmt.Sprintf("%q %q", s.tag, s.fields)
		sum := tr.Sum()
		if other, ok := seen[sum]; ok {
			t.Errorf("%s and %s hash the same", name, other)
		}
		seen[sum] = name
	}
}

// TestWiped: nothing is left of fields, neither in the room that the next statement
// gets nor in one that was too small; and what was summed can not be used again.
func TestWiped(t *testing.T) {
	tr := New("tag")
	var left [][]byte
	for range 3 {
		left = append(left, *tr.fields)
		tr.Bytes(bytes.Repeat([]byte{0xaa}, 2000))
	}
	left = append(left, *tr.fields)
	tr.Sum()
	for i, b := range left {
		if i > 0 && bytes.Contains(b[:cap(b)], []byte{0xaa}) || bytes.Contains(b, []byte("tag")) {
			t.Errorf("room %d is not wiped", i)
		}
	}
	panics := func(name string, fn func()) {
		t.Helper()
		defer func() {
			if recover() == nil {
				t.Errorf("%s: no panic", name)
			}
		}()
		fn()
	}
	panics("summed twice", func() { tr.Sum() })
	for _, n := range []int{1, 3, 5000} {
		tr := New("tag")
		b := *tr.fields
		panics("another length", func() { tr.Public(2, func(to []byte) []byte { return append(to, make([]byte, n)...) }) })
		if bytes.Contains(b, []byte("tag")) {
			t.Errorf("%d bytes instead of 2: not wiped", n)
		}
	}
}

func TestFrame(t *testing.T) {
	for _, tc := range []struct {
		fields []string
		want   string
	}{
		{nil, ""},
		{[]string{""}, "0000000000000000"},
		{[]string{"a", "", "bc"}, "000000000000000161" + "0000000000000000" + "00000000000000026263"},
	} {
		var fields [][]byte
		for _, f := range tc.fields {
			fields = append(fields, []byte(f))
		}
		if got := hex.EncodeToString(Frame(fields...)); got != tc.want {
			t.Errorf("frame of %q is %s, want %s", tc.fields, got, tc.want)
		}
	}
}

// FuzzInjective cuts one string into two fields at two places.
func FuzzInjective(f *testing.F) {
	f.Add([]byte("abcdef"), uint(2), uint(3))
	f.Add(make([]byte, 24), uint(0), uint(8))
	f.Add([]byte{}, uint(0), uint(0))
	f.Fuzz(func(t *testing.T, b []byte, i, j uint) {
		n := uint(len(b)) + 1
		i, j = i%n, j%n
		same := New("t").Bytes(b[:i]).Bytes(b[i:]).Sum() == New("t").Bytes(b[:j]).Bytes(b[j:]).Sum()
		frames := bytes.Equal(Frame(b[:i], b[i:]), Frame(b[:j], b[j:]))
		if same != (i == j) || frames != (i == j) {
			t.Errorf("cut at %d and %d: same hash %v, same frame %v", i, j, same, frames)
		}
		framed := sha512.Sum512(Frame([]byte("t"), b[:i], b[i:]))
		if framed != New("t").Bytes(b[:i]).Bytes(b[i:]).Sum() {
			t.Error("a transcript is not the hash of the frame of its tag and fields")
		}
	})
}
