package public

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"rollcall/crypto/checkdigit"
)

func guarded(t testing.TB, digits string) string {
	t.Helper()
	s, err := checkdigit.Append97(digits)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestParseNumber(t *testing.T) {
	c, b := guarded(t, "10000000000001"), guarded(t, "0004000001")
	for _, typed := range []string{
		c, " " + c + "\n", Number(c).Groups(), strings.ReplaceAll(Number(c).Groups(), " ", "-"),
		strings.ReplaceAll(Number(c).Groups(), " ", "\u2013"), strings.ReplaceAll(Number(c).Groups(), " ", "\u00a0"),
	} {
		if n, err := ParseNumber(typed); err != nil || string(n) != c || !n.IsCode() {
			t.Errorf("%q: %q, %v", typed, n, err)
		}
	}
	if n, err := ParseNumber(Number(b).Groups()); err != nil || string(n) != b || n.IsCode() {
		t.Errorf("ballot number: %q, %v", n, err)
	}
	for i := range c {
		wrong := c[:i] + fmt.Sprint((c[i]-'0'+1)%10) + c[i+1:]
		if _, err := ParseNumber(wrong); !errors.Is(err, ErrNumber) || !errors.Is(err, checkdigit.ErrCheck) {
			t.Errorf("digit %d mistyped: %v", i, err)
		} else if strings.Contains(err.Error(), wrong[:4]) {
			t.Errorf("the error repeats the number: %v", err)
		}
	}
	for _, typed := range []string{"", "12", c + "1", c[1:], strings.Repeat("x", 16), "１２３４" + c[4:]} {
		if _, err := ParseNumber(typed); !errors.Is(err, ErrNumber) {
			t.Errorf("%q: %v", typed, err)
		}
	}
}

// TestNear: every slip of the hand is found again, numbers of both lengths and at
// both ends, and what is further away is not.
func TestNear(t *testing.T) {
	for _, right := range []string{guarded(t, "10000000000001"), guarded(t, "98765432101234"), guarded(t, "0004000001")} {
		var typed []string
		for i := range right {
			d := right[i] - '0'
			typed = append(typed, right[:i]+right[i+1:], right[:i]+string('0'+(d+3)%10)+right[i+1:], right[:i]+"7"+right[i:])
			if i+1 < len(right) && right[i] != right[i+1] {
				typed = append(typed, right[:i]+right[i+1:i+2]+right[i:i+1]+right[i+2:])
			}
		}
		for _, s := range append(typed, right+"7", "  "+right[:4]+"-"+right[5:]) {
			if found := near(s); !slices.Contains(found, Number(right)) {
				t.Errorf("%q: %v lacks %s", s, found, right)
			} else if len(found) > 12 {
				t.Errorf("%q: %d numbers are near, which are too many to try", s, len(found))
			}
		}
		for i := range right {
			if slices.Contains(near(right[:i]+right[i:i]+string('0'+(right[i]-'0'+1)%10)+string('0'+(right[(i+1)%len(right)]-'0'+1)%10)), Number(right)) {
				t.Errorf("two slips at %d are near", i)
			}
		}
		if slices.Contains(near(right), Number(right)) {
			t.Errorf("%s is near itself", right)
		}
	}
	for _, s := range []string{"", "1", strings.Repeat("1", 10), strings.Repeat("1", 18), strings.Repeat("x", 16), "１２３４567890123456", strings.Repeat("9", 4000)} {
		if found := near(s); found != nil {
			t.Errorf("%q: %v", s, found)
		}
	}
}

// FuzzNear: whatever is typed, near numbers are numbers, each once, and few.
func FuzzNear(f *testing.F) {
	f.Add("1000 0000 0000 01")
	f.Add("9")
	f.Fuzz(func(t *testing.T, typed string) {
		seen := map[Number]bool{}
		for _, n := range near(typed) {
			if got, err := ParseNumber(string(n)); err != nil || got != n || seen[n] {
				t.Errorf("%q: %q: %v", typed, n, err)
			}
			seen[n] = true
		}
		if len(seen) > 30 {
			t.Errorf("%q: %d are near", typed, len(seen))
		}
	})
}
