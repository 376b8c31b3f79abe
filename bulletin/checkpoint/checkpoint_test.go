package checkpoint

import (
	"bytes"
	"crypto/ed25519"
	"crypto/sha256"
	"errors"
	"fmt"
	"strings"
	"testing"

	"golang.org/x/mod/sumdb/note"
)

const testOrigin = "rollcall.example/7f3a"

// seeded gives deterministic randomness: SHA-256 of a label and a counter.
type seeded struct {
	label string
	n     int
}

func (s *seeded) Read(p []byte) (int, error) {
	for n := 0; n < len(p); {
		h := sha256.Sum256(fmt.Appendf(nil, "%s/%d", s.label, s.n))
		s.n++
		n += copy(p[n:], h[:])
	}
	return len(p), nil
}

func testSigner(t testing.TB) *Signer {
	t.Helper()
	s, err := GenerateSigner(testOrigin, &seeded{label: "log"})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestSignedNoteExample(t *testing.T) {
	// The example of c2sp.org/signed-note.
	v, err := ParseLogVerifier("example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k")
	if err != nil {
		t.Fatal(err)
	}
	signed := "This is an example message.\n\n\u2014 example.com/foo Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM=\n"
	if _, err := note.Open([]byte(signed), note.VerifierList(v)); err != nil {
		t.Errorf("the example does not verify: %v", err)
	}
	if _, err := note.Open([]byte(strings.Replace(signed, "message", "massage", 1)), note.VerifierList(v)); err == nil {
		t.Error("a changed example verifies")
	}
}

func TestCheckpointText(t *testing.T) {
	// The example of c2sp.org/tlog-checkpoint.
	const text = "example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n"
	c, err := ParseText([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	if c.Origin != "example.com/behind-the-sofa" || c.Size != 20852163 || c.Root[0] != 0x0a || string(c.Text()) != text {
		t.Errorf("parsed %+v", c)
	}
}

func TestParseTextRefuses(t *testing.T) {
	const root = "CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I="
	for name, text := range map[string]string{
		"empty":               "",
		"no final newline":    "o\n1\n" + root,
		"no origin":           "\n1\n" + root + "\n",
		"leading zero":        "o\n01\n" + root + "\n",
		"plus sign":           "o\n+1\n" + root + "\n",
		"negative size":       "o\n-1\n" + root + "\n",
		"size beyond 64 bits": "o\n18446744073709551616\n" + root + "\n",
		"short root":          "o\n1\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxqw==\n",
		"spare bits in root":  "o\n1\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2J=\n",
		"extension line":      "o\n1\n" + root + "\nmore\n",
		"carriage return":     "o\n1\n" + root + "\r\n",
	} {
		if _, err := ParseText([]byte(text)); !errors.Is(err, ErrInvalid) {
			t.Errorf("%s: error %v, want ErrInvalid", name, err)
		}
	}
}

func TestSignAndOpen(t *testing.T) {
	s := testSigner(t)
	signed, err := s.Sign(7, [32]byte{1, 2, 3})
	if err != nil {
		t.Fatal(err)
	}
	c, err := Open(signed, testOrigin, s.Verifier())
	if err != nil {
		t.Fatal(err)
	}
	if want := (Checkpoint{testOrigin, 7, [32]byte{1, 2, 3}}); c != want {
		t.Errorf("opened %+v, want %+v", c, want)
	}
}

// Every change of a single byte must be noticed, in the spare bits of base64
// too.
func TestOpenRefusesEveryChangedByte(t *testing.T) {
	s := testSigner(t)
	signed, err := s.Sign(300, [32]byte{9})
	if err != nil {
		t.Fatal(err)
	}
	for i := range signed {
		for bit := range 8 {
			bad := bytes.Clone(signed)
			bad[i] ^= 1 << bit
			if _, err := Open(bad, testOrigin, s.Verifier()); !errors.Is(err, ErrInvalid) {
				t.Errorf("byte %d, bit %d: error %v, want ErrInvalid", i, bit, err)
			}
		}
	}
	for cut := range signed {
		if _, err := Open(signed[:cut], testOrigin, s.Verifier()); !errors.Is(err, ErrInvalid) {
			t.Errorf("cut at %d: error %v, want ErrInvalid", cut, err)
		}
	}
}

func TestOpenRefuses(t *testing.T) {
	s := testSigner(t)
	signed, err := s.Sign(3, [32]byte{})
	if err != nil {
		t.Fatal(err)
	}
	other, err := GenerateSigner(testOrigin, &seeded{label: "other"})
	if err != nil {
		t.Fatal(err)
	}
	renamed := &Signer{origin: "elsewhere.example", key: s.key}
	elsewhere, err := renamed.Sign(3, [32]byte{})
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		signed []byte
		key    *Verifier
	}{
		"another key of that name":   {signed, other.Verifier()},
		"another origin":             {elsewhere, renamed.Verifier()},
		"another origin, this name":  {elsewhere, s.Verifier()},
		"too long":                   {append(bytes.Clone(signed), make([]byte, MaxSize)...), s.Verifier()},
		"extension line, signed":     {signText(t, s, string(Checkpoint{testOrigin, 3, [32]byte{}}.Text())+"more\n"), s.Verifier()},
		"not a checkpoint, signed":   {signText(t, s, "hello\n"), s.Verifier()},
		"foreign origin, signed":     {signText(t, s, string(Checkpoint{"x", 3, [32]byte{}}.Text())), s.Verifier()},
		"witness key as the log key": {signed, &Verifier{name: testOrigin, alg: algCosignature, pub: s.Verifier().pub}},
	} {
		if _, err := Open(c.signed, testOrigin, c.key); !errors.Is(err, ErrInvalid) {
			t.Errorf("%s: error %v, want ErrInvalid", name, err)
		}
	}
}

func signText(t *testing.T, s *Signer, text string) []byte {
	t.Helper()
	b, err := note.Sign(&note.Note{Text: text}, noteSigner{s})
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestSignerText(t *testing.T) {
	s := testSigner(t)
	text := s.Marshal()
	again, err := ParseSigner(text + "\n")
	if err != nil {
		t.Fatal(err)
	}
	if !again.key.Equal(s.key) || again.Origin() != testOrigin {
		t.Error("another key came back")
	}
	// The outside reader of this format.
	outside, err := note.NewSigner(text)
	if err != nil {
		t.Fatalf("x/mod does not read the key: %v", err)
	}
	if outside.KeyHash() != s.Verifier().KeyHash() {
		t.Error("x/mod computes another key id")
	}
	if v, err := note.NewVerifier(s.Verifier().String()); err != nil || v.KeyHash() != outside.KeyHash() {
		t.Errorf("x/mod reads the verifier key as %v, %v", v, err)
	}
}

func TestParseSignerRefuses(t *testing.T) {
	text := testSigner(t).Marshal()
	seed := text[strings.LastIndex(text, "+")+1:]
	for name, bad := range map[string]string{
		"empty":         "",
		"public key":    testSigner(t).Verifier().String(),
		"wrong id":      strings.Replace(text, fmt.Sprintf("%08x", testSigner(t).Verifier().KeyHash()), "00000000", 1),
		"other origin":  strings.Replace(text, testOrigin, "other.example", 1),
		"cut":           text[:len(text)-4],
		"two newlines":  text + "\n\n",
		"witness type":  strings.Replace(text, seed, "BA"+seed[2:], 1),
		"origin of ' '": strings.Replace(text, testOrigin, "a b", 1),
	} {
		_, err := ParseSigner(bad)
		if err == nil {
			t.Errorf("%s: accepted", name)
		} else if strings.Contains(err.Error(), seed[:12]) {
			t.Errorf("%s: the error tells the key", name)
		}
	}
}

func TestParseVerifierRefuses(t *testing.T) {
	v := testSigner(t).Verifier()
	identity := append([]byte{1}, make([]byte, 31)...)
	for name, bad := range map[string]string{
		"empty":            "",
		"no key":           testOrigin + "+00000000+",
		"wrong id":         strings.Replace(v.String(), fmt.Sprintf("%08x", v.KeyHash()), "00000000", 1),
		"upper case id":    strings.ToUpper(v.String()),
		"witness type":     vkey(algCosignature, testOrigin, v.pub),
		"short key":        vkey(algLog, testOrigin, v.pub[:31]),
		"identity":         vkey(algLog, testOrigin, identity),
		"name with space":  vkey(algLog, "a b", v.pub),
		"name with '#'":    vkey(algLog, "a#b", v.pub),
		"name with ctrl":   vkey(algLog, "a\x00b", v.pub),
		"name too long":    vkey(algLog, strings.Repeat("a", 256), v.pub),
		"trailing newline": v.String() + "\n",
	} {
		if _, err := ParseLogVerifier(bad); !errors.Is(err, ErrInvalid) {
			t.Errorf("%s: error %v, want ErrInvalid", name, err)
		}
	}
	if _, err := NewLogVerifier("a+b", v.pub); !errors.Is(err, ErrInvalid) {
		t.Errorf("name with '+': error %v, want ErrInvalid", err)
	}
	if _, err := GenerateSigner("", &seeded{}); !errors.Is(err, ErrInvalid) {
		t.Errorf("no origin: error %v, want ErrInvalid", err)
	}
	if got := v.PublicKey(); !bytes.Equal(got, ed25519.PublicKey(v.pub)) {
		t.Error("PublicKey is another key")
	}
}

// TestParse: signature lines are well formed, whosever they are.
func TestParse(t *testing.T) {
	c := Checkpoint{Origin: "log.example", Size: 3, Root: [32]byte{1}}
	const line = "\u2014 log.example AAAAAAAA\n"
	note := func(lines string) []byte { return append(c.Text(), "\n"+lines...) }
	for _, good := range []string{line, line + line, strings.Repeat(line, 100), "\u2014 other AAAAAAA=\n"} {
		if got, err := Parse(note(good)); err != nil || got != c {
			t.Errorf("%q: %+v, %v", good, got, err)
		}
	}
	for _, bad := range []string{
		"", "\n", line[:len(line)-1], strings.Repeat(line, 101), line + "junk\n", "- log.example AAAAAAAA\n", "\u2014 log.example\n",
		"\u2014 a b AAAAAAAA\n", "\u2014 a+b AAAAAAAA\n", "\u2014 log.example AAAAAAB=\n", "\u2014 log.example AAAAAA==\n", "\u2014 log.example AAAAAAA\n",
		line + "\n" + line, "\u2014 log.example AAAAAAAA\r\n", "\u2014 \xff AAAAAAAA\n", "\u2014 a " + strings.Repeat("AAAA", MaxSize/4) + "\n",
	} {
		if _, err := Parse(note(bad)); !errors.Is(err, ErrInvalid) {
			t.Errorf("%.80q: %v", bad, err)
		}
	}
	if _, err := Parse(append([]byte("a line\n"), note(line)...)); !errors.Is(err, ErrInvalid) {
		t.Errorf("another text: %v", err)
	}
}

// TestPeek reads the text of a note whose signature does not hold, and of nothing
// that is none.
func TestPeek(t *testing.T) {
	c := Checkpoint{Origin: "log.example", Size: 3, Root: [32]byte{1}}
	signed := append(c.Text(), "\n\u2014 log.example AAAA\n"...)
	if got, err := Peek(signed); err != nil || got != c {
		t.Errorf("%+v, %v", got, err)
	}
	for _, bad := range [][]byte{nil, c.Text(), append([]byte("x"), signed...)[:20], append([]byte("a line\n"), signed...)} {
		if _, err := Peek(bad); !errors.Is(err, ErrInvalid) {
			t.Errorf("%q: %v", bad, err)
		}
	}
}
