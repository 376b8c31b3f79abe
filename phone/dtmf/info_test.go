package dtmf

import (
	"errors"
	"strings"
	"testing"
)

func TestParseInfo(t *testing.T) {
	for _, tt := range []struct {
		name, kind, body string
		want             byte // 0: refused
	}{
		{"relay", TypeRelay, "Signal=5\r\nDuration=160\r\n", '5'},
		{"relay, other order", TypeRelay, "Duration=160\nSignal= *\n", '*'},
		{"relay, lower case and spaces", "Application/DTMF-Relay; charset=utf-8", " signal = # \r\n\r\n", '#'},
		{"relay, code of star", TypeRelay, "Signal=10\r\n", '*'},
		{"relay, code of hash", TypeRelay, "Signal=11\r\n", '#'},
		{"relay, no line end", TypeRelay, "Signal=0", '0'},
		{"plain", TypePlain, "9\r\n", '9'},
		{"plain hash", TypePlain, "#", '#'},
		{"plain code", TypePlain, "11", '#'},
		{"relay, no signal", TypeRelay, "Duration=160\r\n", 0},
		{"relay, two signals", TypeRelay, "Signal=1\r\nSignal=2\r\n", 0},
		{"relay, empty signal", TypeRelay, "Signal=\r\n", 0},
		{"relay, two digits", TypeRelay, "Signal=12\r\n", 0},
		{"relay, letter", TypeRelay, "Signal=A\r\n", 0},
		{"relay, no pair", TypeRelay, "Signal=1\r\nhello\r\n", 0},
		{"relay, empty", TypeRelay, "", 0},
		{"relay, long", TypeRelay, "Signal=1\r\n" + strings.Repeat("X=1\r\n", 100), 0},
		{"plain, empty", TypePlain, "", 0},
		{"plain, two digits", TypePlain, "55", 0},
		{"plain, as relay", TypePlain, "Signal=5", 0},
		{"plain, not ASCII", TypePlain, "５", 0},
	} {
		got, err := ParseInfo(tt.kind, []byte(tt.body))
		if got != tt.want || (err == nil) != (tt.want != 0) {
			t.Errorf("%s: %q, %v", tt.name, got, err)
		}
	}
	for _, kind := range []string{"", "text/plain", "application/dtmf-relayed", ";;;", "application/sdp"} {
		if _, err := ParseInfo(kind, []byte("5")); !errors.Is(err, ErrMediaType) {
			t.Errorf("type %q: %v, want ErrMediaType", kind, err)
		}
	}
}

func TestFormatInfo(t *testing.T) {
	for _, d := range []byte("0123456789*#") {
		body, err := FormatInfo(d)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := ParseInfo(TypeRelay, body); err != nil || got != d {
			t.Errorf("%q comes back as %q, %v", d, got, err)
		}
	}
	if _, err := FormatInfo('x'); err == nil {
		t.Error("key x was written")
	}
}

func FuzzParseInfo(f *testing.F) {
	f.Add(TypeRelay, []byte("Signal=5\r\nDuration=160\r\n"))
	f.Add(TypePlain, []byte("11"))
	f.Fuzz(func(t *testing.T, kind string, body []byte) {
		digit, err := ParseInfo(kind, body)
		if err != nil {
			if digit != 0 {
				t.Error("a digit beside an error")
			}
			return
		}
		if _, err := Code(digit); err != nil {
			t.Errorf("%q was taken for a digit", digit)
		}
	})
}
