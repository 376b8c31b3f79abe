package checkdigit

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
)

// system is one of the two systems at one length.
type system struct {
	name   string
	length int // with check digits
	check  int // check digits
	add    func(string) (string, error)
	verify func(string, int) error
}

var systems = []system{
	{"ballot number", BallotNumberLength, 2, Append97, Verify97},
	{"receipt code", ReceiptCodeLength, 2, Append97, Verify97},
	{"voter number", VoterNumberLength, 1, Append1110, Verify1110},
}

// numbers are random ones and the edges.
func (s *system) numbers(t *testing.T, n int) []string {
	t.Helper()
	r := rand.New(rand.NewPCG(7, uint64(s.length)))
	bodies := []string{strings.Repeat("0", s.length-s.check), strings.Repeat("9", s.length-s.check)}
	for range n {
		b := make([]byte, s.length-s.check)
		for i := range b {
			b[i] = byte('0' + r.IntN(10))
		}
		bodies = append(bodies, string(b))
	}
	for i, b := range bodies {
		full, err := s.add(b)
		if err != nil || len(full) != s.length || full[:len(b)] != b {
			t.Fatalf("%s: appending to %s gives %s, %v", s.name, b, full, err)
		}
		bodies[i] = full
	}
	return bodies
}

// TestKnownNumbers has examples published elsewhere: bank account numbers of
// the IBAN registry (ISO 13616: letters become numbers and the country, with
// the check digits, goes to the end) and the one of ISO/IEC 7064 for MOD 11,10.
func TestKnownNumbers(t *testing.T) {
	for _, tc := range []struct{ body, check string }{
		{"3214282912345698765432" + "1611", "82"}, // GB82 WEST 1234 5698 7654 32
		{"370400440532013000" + "1314", "89"},     // DE89 3704 0044 0532 0130 00
	} {
		if got, err := Append97(tc.body); err != nil || got != tc.body+tc.check {
			t.Errorf("MOD 97-10 of %s is %s, %v", tc.body, got, err)
		}
	}
	if got, err := Append1110("0794"); err != nil || got != "07945" {
		t.Errorf("MOD 11,10 of 0794 is %s, %v", got, err)
	}
}

func TestRoundTrip(t *testing.T) {
	for _, s := range systems {
		for _, n := range s.numbers(t, 200) {
			if err := s.verify(n, s.length); err != nil {
				t.Errorf("%s %s: %v", s.name, n, err)
			}
		}
	}
}

// TestSingleErrors replaces every digit by every other.
func TestSingleErrors(t *testing.T) {
	for _, s := range systems {
		for _, n := range s.numbers(t, 60) {
			for i := range len(n) {
				for d := byte('0'); d <= '9'; d++ {
					wrong := n[:i] + string(rune(d)) + n[i+1:]
					if err := s.verify(wrong, s.length); (d != n[i]) != errors.Is(err, ErrCheck) {
						t.Errorf("%s: %s for %s: error is %v", s.name, wrong, n, err)
					}
				}
			}
		}
	}
}

// TestTranspositions swaps two digits: MOD 97-10 finds it at any distance, MOD
// 11,10 finds nearly all of neighbours.
func TestTranspositions(t *testing.T) {
	for _, s := range systems {
		found, missed := 0, 0
		for _, n := range s.numbers(t, 60) {
			for i := range len(n) {
				for j := i + 1; j < len(n); j++ {
					if n[i] == n[j] || (s.check == 1 && j > i+1) {
						continue
					}
					b := []byte(n)
					b[i], b[j] = b[j], b[i]
					if err := s.verify(string(b), s.length); err == nil {
						missed++
					} else {
						found++
					}
				}
			}
		}
		if s.check == 2 && missed != 0 {
			t.Errorf("%s: %d of %d transpositions were taken", s.name, missed, found+missed)
		}
		if missed*20 > found {
			t.Errorf("%s: %d of %d transpositions were taken", s.name, missed, found+missed)
		}
	}
}

// TestTwinErrors replaces a pair of equal digits by another pair.
func TestTwinErrors(t *testing.T) {
	for _, s := range systems[:2] {
		for _, n := range s.numbers(t, 200) {
			for i := 0; i+1 < len(n); i++ {
				if n[i] != n[i+1] {
					continue
				}
				for d := '0'; d <= '9'; d++ {
					wrong := n[:i] + strings.Repeat(string(d), 2) + n[i+2:]
					if err := s.verify(wrong, s.length); wrong != n && !errors.Is(err, ErrCheck) {
						t.Errorf("%s: %s for %s: error is %v", s.name, wrong, n, err)
					}
				}
			}
		}
	}
}

// TestOneCheckPairANumber tries all hundred: a check of the remainder alone
// would take 00, 01 and 99 beside 97, 98 and 02.
func TestOneCheckPairANumber(t *testing.T) {
	for _, s := range systems[:2] {
		seen := map[string]bool{}
		for _, n := range s.numbers(t, 2000) {
			body, right := n[:len(n)-2], n[len(n)-2:]
			seen[right] = true
			taken := 0
			for pair := range 100 {
				wrong := fmt.Sprintf("%s%02d", body, pair)
				err := s.verify(wrong, s.length)
				if err == nil {
					taken++
				}
				if (wrong == n) != (err == nil) {
					t.Errorf("%s: %s for %s: error is %v", s.name, wrong, n, err)
				}
			}
			if taken != 1 {
				t.Fatalf("%s: %d pairs were taken for %s", s.name, taken, body)
			}
		}
		for _, pair := range []string{"97", "98", "02"} {
			if !seen[pair] {
				t.Errorf("%s: no number with check digits %s was tried", s.name, pair)
			}
		}
		for _, pair := range []string{"00", "01", "99"} {
			if seen[pair] {
				t.Errorf("%s: check digits %s were given out", s.name, pair)
			}
		}
	}
}

func TestMalformed(t *testing.T) {
	for _, s := range systems {
		good := s.numbers(t, 1)[2]
		for _, tc := range []struct{ name, number, text string }{
			{"empty", "", "want"},
			{"a digit less", good[1:], "want"},
			{"a digit more", "0" + good, "want"},
			{"space", " " + good[1:], "character 0 is not a digit"},
			{"letter at the end", good[:len(good)-1] + "X", fmt.Sprintf("character %d is not a digit", len(good)-1)},
			{"slash, below 0", "/" + good[1:], "not a digit"},
			{"colon, above 9", good[:3] + ":" + good[4:], "character 3 is not a digit"},
			{"sign", "-" + good[1:], "not a digit"},
			{"a digit of another script", "٣" + good[2:], "not a digit"},
			{"zero byte", "\x00" + good[1:], "not a digit"},
		} {
			err := s.verify(tc.number, s.length)
			if err == nil || errors.Is(err, ErrCheck) || !strings.Contains(err.Error(), tc.text) {
				t.Errorf("%s, %s: error is %v", s.name, tc.name, err)
			}
			if len(tc.number) > 3 && strings.Contains(fmt.Sprint(err), good[1:]) {
				t.Errorf("%s, %s: the error holds the number: %v", s.name, tc.name, err)
			}
		}
		for _, body := range []string{"", "12a", " "} {
			if _, err := s.add(body); err == nil {
				t.Errorf("%s: check digits for %q", s.name, body)
			}
		}
	}
	for _, err := range []error{Verify97("02", 2), Verify1110("1", 1)} {
		if err == nil || errors.Is(err, ErrCheck) {
			t.Errorf("check digits of nothing: error is %v", err)
		}
	}
}

func FuzzVerify(f *testing.F) {
	f.Add("123456789012", 12)
	f.Add("07945", 5)
	f.Add("", 0)
	f.Add("٣", -1)
	f.Fuzz(func(t *testing.T, number string, length int) {
		for _, s := range systems {
			if s.verify(number, length) != nil {
				continue
			}
			again, err := s.add(number[:len(number)-s.check])
			if err != nil || again != number || len(number) != length {
				t.Errorf("%s %q of %d was taken; appending gives %q, %v", s.name, number, length, again, err)
			}
		}
	})
}
