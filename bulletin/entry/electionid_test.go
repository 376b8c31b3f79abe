package entry

import (
	"crypto/sha512"
	"errors"
	"fmt"
	"strings"
	"testing"
)

func testHash(i int) [HashSize]byte { return sha512.Sum512(fmt.Appendf(nil, "election %d", i)) }

func TestElectionIDRoundTrip(t *testing.T) {
	var zero, ones [HashSize]byte
	for i := range ones {
		ones[i] = 0xff
	}
	hashes := [][HashSize]byte{zero, ones}
	for i := range 200 {
		hashes = append(hashes, testHash(i))
	}
	for _, h := range hashes {
		id := NewElectionID(h)
		if len(id) != 27 {
			t.Fatalf("id %q has %d characters", id, len(id))
		}
		s := string(id)
		grouped := s[:4] + " " + s[4:9] + "-" + s[9:20] + "--" + s[20:] + " "
		for _, typed := range []string{s, strings.ToLower(s), grouped, strings.NewReplacer("0", "O", "1", "I").Replace(s[:26]) + s[26:],
			strings.NewReplacer("0", "o", "1", "l").Replace(s[:26]) + s[26:]} {
			got, err := ParseElectionID(typed)
			if err != nil || got != id {
				t.Errorf("typed %q: %q, %v; want %q", typed, got, err, id)
			}
		}
		if !id.Matches(h) {
			t.Errorf("%s does not match its own hash", id)
		}
	}
	if got, want := string(NewElectionID(zero)), strings.Repeat("0", 27); got != want {
		t.Errorf("id of zeros: %s, want %s", got, want)
	}
	// 2^130 mod 37 = 2^22 mod 37 = 21, and M is the character of 20.
	if got, want := string(NewElectionID(ones)), strings.Repeat("Z", 26)+"M"; got != want {
		t.Errorf("id of ones: %s, want %s", got, want)
	}
}

// TestElectionIDBits holds that the id is of the first 130 bits and of no
// others.
func TestElectionIDBits(t *testing.T) {
	h := testHash(0)
	id := NewElectionID(h)
	for bit := range HashSize * 8 {
		other := h
		other[bit/8] ^= 0x80 >> (bit % 8)
		if same := NewElectionID(other) == id; same != (bit >= 130) {
			t.Errorf("bit %d: the id is the same: %v", bit, same)
		}
		if id.Matches(other) != (bit >= 130) {
			t.Errorf("bit %d: matches: %v", bit, !id.Matches(other))
		}
	}
}

// TestElectionIDErrors makes every single error and every swap of neighbours.
func TestElectionIDErrors(t *testing.T) {
	for i := range 20 {
		id := string(NewElectionID(testHash(i)))
		for at := range id {
			for _, c := range checkAlpha + "OIL!?" {
				typed := id[:at] + string(c) + id[at+1:]
				canonical := strings.NewReplacer("O", "0", "I", "1", "L", "1").Replace(typed[:26]) + typed[26:]
				got, err := ParseElectionID(typed)
				if canonical == id {
					if err != nil || string(got) != id {
						t.Errorf("%q: %q, %v", typed, got, err)
					}
				} else if !errors.Is(err, ErrElectionID) {
					t.Errorf("%q for %q: read as %q, %v", typed, id, got, err)
				}
			}
			if at+1 < len(id) && id[at] != id[at+1] {
				typed := id[:at] + id[at+1:at+2] + id[at:at+1] + id[at+2:]
				if got, err := ParseElectionID(typed); !errors.Is(err, ErrElectionID) {
					t.Errorf("%q for %q: read as %q, %v", typed, id, got, err)
				}
			}
		}
	}
}

func TestElectionIDRefused(t *testing.T) {
	id := string(NewElectionID(testHash(1)))
	for _, c := range []struct{ typed, want string }{
		{"", "0 characters"}, {id[:26], "26 characters"}, {id[:10], "10 characters"}, {id[1:], "26 characters"},
		{id + "0", "28 characters"}, {id + id, "54 characters"},
		{"--  --", "0 characters"},
		{"U" + id[1:], `character 1 is 'U'`}, {id[:25] + "*" + id[26:], `character 26 is '*'`},
		{id[:26] + "\u00b9", "something else than letters and digits"},
		{"\u0131" + id[1:], "something else than letters and digits"}, // its upper case is I
		{id[:5] + "\u00a0" + id[5:], "something else than letters and digits"},
		{id[:5] + "\t" + id[5:], "28 characters"},
	} {
		if got, err := ParseElectionID(c.typed); !errors.Is(err, ErrElectionID) || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%q: read as %q, %v; want %s", c.typed, got, err, c.want)
		}
	}
}
