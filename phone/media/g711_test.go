package media

import (
	"bytes"
	"slices"
	"testing"
)

// The published tables of G.711 at places: the ends of segments, and the smallest steps.
func TestKnownValues(t *testing.T) {
	for b, want := range map[byte]int16{
		0x00: -32124, 0x01: -31100, 0x0f: -16764, 0x10: -15996, 0x1f: -8316, 0x7e: -8, 0x7f: 0,
		0x80: 32124, 0x8f: 16764, 0xa0: 7932, 0xf0: 120, 0xfe: 8, 0xff: 0,
	} {
		if got := DecodeUlaw([]byte{b})[0]; got != want {
			t.Errorf("mu-law %#x: %d, want %d", b, got, want)
		}
	}
	for b, want := range map[byte]int16{
		0x00: -5504, 0x01: -5248, 0x10: -2752, 0x2a: -32256, 0x55: -8, 0x54: -24,
		0x80: 5504, 0x90: 2752, 0xaa: 32256, 0xd5: 8, 0xd4: 24, 0xff: 848,
	} {
		if got := DecodeAlaw([]byte{b})[0]; got != want {
			t.Errorf("A-law %#x: %d, want %d", b, got, want)
		}
	}
}

// Every sample is encoded as a code that is at most half a step away: half of the wider step beside it, since the
// decision values between two segments do not lie in the middle.
func TestEncodingIsClose(t *testing.T) {
	for _, tt := range []struct {
		name   string
		encode func([]int16) []byte
		decode func([]byte) []int16
	}{{"mu-law", EncodeUlaw, DecodeUlaw}, {"A-law", EncodeAlaw, DecodeAlaw}} {
		all := make([]byte, 256)
		for i := range all {
			all[i] = byte(i)
		}
		levels := tt.decode(all)
		slices.Sort(levels)
		for s := -ulawClip; s <= ulawClip; s++ { // beyond, mu-law clips
			got := tt.decode(tt.encode([]int16{int16(s)}))[0]
			i, _ := slices.BinarySearch(levels, got)
			below, above := int(levels[max(i-1, 0)]), int(levels[min(i+1, 255)])
			step := max(int(got)-below, above-int(got))
			if d := abs(int(got) - s); 2*d > step {
				t.Fatalf("%s: %d is encoded as %d, %d away at a step of %d", tt.name, s, got, d, step)
			}
		}
	}
}

func abs(n int) int { return max(n, -n) }

func TestCodesComeBack(t *testing.T) {
	all := make([]byte, 256)
	for i := range all {
		all[i] = byte(i)
	}
	want := bytes.Clone(all)
	want[0x7f] = 0xff // the two zeros of mu-law are one sample
	if got := EncodeUlaw(DecodeUlaw(all)); !bytes.Equal(got, want) {
		t.Error("mu-law codes do not come back")
	}
	if got := EncodeAlaw(DecodeAlaw(all)); !bytes.Equal(got, all) {
		t.Error("A-law codes do not come back")
	}
	// Through the other law and back, nothing moves any more: a second passage changes nothing.
	once := AlawToUlaw(nil, UlawToAlaw(nil, all))
	if twice := AlawToUlaw(nil, UlawToAlaw(nil, once)); !bytes.Equal(once, twice) {
		t.Error("a second passage through A-law changes the sound")
	}
	if got := UlawToAlaw([]byte{1}, []byte{Silence}); !bytes.Equal(got, []byte{1, 0xd5}) {
		t.Errorf("silence in A-law: %x", got)
	}
}
