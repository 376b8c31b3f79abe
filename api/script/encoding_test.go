package script_test

import (
	"encoding/hex"
	"strings"
	"testing"

	"rollcall/bulletin/entry"
)

// TestDeterministicEncoding holds that every entry has one encoding: the bodies
// of a cast in it are taken, all others are refused, as by the Go decoder.
func TestDeterministicEncoding(t *testing.T) {
	const leaf, ballot = "646c656166", "6662616c6c6f74" // the keys, in their order
	hash := strings.Repeat("11", 32)
	right := "a2" + leaf + "5820" + hash + ballot
	for _, c := range []struct {
		name, body string
		ok         bool
	}{
		{"0", right + "00", true},
		{"23", right + "17", true},
		{"24", right + "1818", true},
		{"255", right + "18ff", true},
		{"256", right + "190100", true},
		{"65536", right + "1a00010000", true},
		{"2^32", right + "1b0000000100000000", true},
		{"2^53 - 1", right + "1b001fffffffffffff", true},
		{"2^53", right + "1b0020000000000000", true},
		{"2^64 - 1", right + "1bffffffffffffffff", true},

		{"23 in two bytes", right + "1817", false},
		{"255 in three", right + "1900ff", false},
		{"65535 in five", right + "1a0000ffff", false},
		{"2^32 - 1 in nine", right + "1b00000000ffffffff", false},
		{"a reserved head", right + "1c", false},
		{"an integer cut short", right + "1901", false},
		{"minus one", right + "20", false},
		{"a tag", right + "c000", false},
		{"false", right + "f4", false},
		{"null", right + "f6", false},
		{"a half", right + "f93800", false},
		{"a break", right + "ff", false},
		{"a text", right + "60", false},
		{"a byte more", right + "0000", false},
		{"keys out of order", "a2" + ballot + "00" + leaf + "5820" + hash, false},
		{"a key twice", "a2" + leaf + "5820" + hash + leaf + "5820" + hash, false},
		{"a key more", "a3" + leaf + "5820" + hash + ballot + "00" + "677a7a7a7a7a7a7a" + "00", false},
		{"a key less", "a1" + leaf + "5820" + hash, false},
		{"another key", "a2" + leaf + "5820" + hash + "6662616c6c6f75" + "00", false},
		{"a key of bytes", "a2" + leaf + "5820" + hash + "4662616c6c6f74" + "00", false},
		{"a key that is no UTF-8", "a2" + leaf + "5820" + hash + "66ff616c6c6f74" + "00", false},
		{"a long head of a map", "b802" + right[2:] + "00", false},
		{"a long head of bytes", "a2" + leaf + "590020" + hash + ballot + "00", false},
		{"a long head of a text", "a2" + "7804" + leaf[2:] + "5820" + hash + ballot + "00", false},
		{"a map without a length", "bf" + right[2:] + "00ff", false},
		{"bytes in chunks", "a2" + leaf + "5f5820" + hash + "ff" + ballot + "00", false},
		{"a hash of 31 bytes", "a2" + leaf + "581f" + hash[2:] + ballot + "00", false},
		{"a hash that is a text", "a2" + leaf + "7820" + hash + ballot + "00", false},
		{"a list", "82005820" + hash, false},
		{"nothing", "", false},
	} {
		t.Run(c.name, func(t *testing.T) {
			n := byte(len(c.body) / 2)
			size := []byte{0x58, n}
			if n < 24 {
				size = []byte{0x40 + n}
			}
			signature := "82" + "5820" + hash + "5840" + hash + hash
			raw := "83" + "6463617374" + hex.EncodeToString(size) + c.body + "82" + signature + signature
			b, err := hex.DecodeString(raw)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := entry.Decode(b); (err == nil) != c.ok {
				t.Errorf("Go: %v", err)
			}
			if a := call(t, "decodeEntry", raw); a.ok() != c.ok {
				t.Errorf("the script: %q", a.Error)
			}
		})
	}
}
