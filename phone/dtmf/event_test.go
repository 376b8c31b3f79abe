package dtmf

import (
	"bytes"
	"testing"
)

func TestEventWire(t *testing.T) {
	for _, tt := range []struct {
		name string
		wire []byte
		want Event
		ok   bool
	}{
		// From recordings of telephones: the 5 down at -10 dBm0, and released after 160 ms.
		{"down", []byte{5, 10, 0, 160}, Event{Code: 5, Volume: 10, Duration: 160}, true},
		{"released", []byte{5, 0x8a, 5, 0}, Event{Code: 5, End: true, Volume: 10, Duration: 1280}, true},
		{"reserved bit", []byte{11, 0xca, 0, 0}, Event{Code: 11, End: true, Volume: 10}, true},
		{"D", []byte{15, 63, 0xff, 0xff}, Event{Code: 15, Volume: 63, Duration: 0xffff}, true},
		{"flash", []byte{16, 10, 0, 160}, Event{}, false},
		{"short", []byte{5, 10, 0}, Event{}, false},
		{"long", []byte{5, 10, 0, 160, 0}, Event{}, false},
		{"two events", []byte{5, 10, 0, 160, 6, 10, 0, 160}, Event{}, false},
		{"empty", nil, Event{}, false},
	} {
		e, err := ParseEvent(tt.wire)
		if e != tt.want || (err == nil) != tt.ok {
			t.Errorf("%s: %+v, %v", tt.name, e, err)
		}
	}
	for _, e := range []Event{{Code: 16}, {Volume: 64}} {
		if _, err := e.Append(nil); err == nil {
			t.Errorf("%+v was encoded", e)
		}
	}
}

func TestDigitsAndCodes(t *testing.T) {
	for code, digit := range []byte("0123456789*#") {
		if d, ok := Digit(uint8(code)); !ok || d != digit {
			t.Errorf("code %d: %q", code, d)
		}
		if c, err := Code(digit); err != nil || int(c) != code {
			t.Errorf("digit %q: code %d, %v", digit, c, err)
		}
	}
	for code := 12; code < 256; code++ {
		if d, ok := Digit(uint8(code)); ok {
			t.Errorf("code %d is digit %q", code, d)
		}
	}
	for _, d := range []byte{'A', 'D', 'a', 0, 5, ' ', '+', 0xb1} {
		if _, err := Code(d); err == nil {
			t.Errorf("%q has a code", d)
		}
	}
}

func FuzzEvent(f *testing.F) {
	f.Add([]byte{5, 10, 0, 160})
	f.Add([]byte{11, 0x8a, 5, 0})
	f.Fuzz(func(t *testing.T, b []byte) {
		e, err := ParseEvent(b)
		if err != nil {
			return
		}
		back, err := e.Append(nil)
		if err != nil {
			t.Fatal(err)
		}
		want := bytes.Clone(b)
		want[1] &^= 0x40 // the reserved bit is not kept
		if !bytes.Equal(back, want) {
			t.Errorf("%x comes back as %x", b, back)
		}
	})
}
