package checkpoint

import (
	"crypto/ed25519"
	"errors"
	"strings"
	"testing"

	"filippo.io/torchwood"
	"golang.org/x/mod/sumdb/note"
)

func testCosigner(t testing.TB) *Cosigner {
	t.Helper()
	s, err := GenerateCosigner("witness.example/w", &seeded{label: "cosigner"})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestCosignerText(t *testing.T) {
	s := testCosigner(t)
	again, err := ParseCosigner(s.Marshal() + "\n")
	if err != nil {
		t.Fatal(err)
	}
	if !again.key.Equal(s.key) || again.Verifier().String() != s.Verifier().String() {
		t.Error("another key came back")
	}
	if outside, err := torchwood.NewCosignatureVerifier(s.Verifier().String()); err != nil || outside.KeyHash() != s.Verifier().KeyHash() {
		t.Errorf("torchwood reads the verifier key as %v, %v", outside, err)
	}
	seed := s.Marshal()[strings.LastIndex(s.Marshal(), "+")+1:]
	for name, bad := range map[string]string{
		"empty":        "",
		"cut":          s.Marshal()[:40],
		"a log's key":  testSigner(t).Marshal(),
		"two newlines": s.Marshal() + "\n\n",
		"other name":   strings.Replace(s.Marshal(), "/w", "/v", 1),
	} {
		if _, err := ParseCosigner(bad); err == nil {
			t.Errorf("%s: accepted", name)
		} else if strings.Contains(err.Error(), seed[:12]) {
			t.Errorf("%s: the error tells the key", name)
		}
	}
	if _, err := ParseSigner(s.Marshal()); err == nil {
		t.Error("a witness's key is taken for a log's")
	}
	if _, err := GenerateCosigner("a b", &seeded{}); !errors.Is(err, ErrInvalid) {
		t.Errorf("name with a space: %v", err)
	}
}

func TestParseCosignatures(t *testing.T) {
	s, log := testCosigner(t), testSigner(t)
	c := Checkpoint{testOrigin, 12, [32]byte{3}}
	cs, err := s.Cosign(c, 1_700_000_000)
	if err != nil {
		t.Fatal(err)
	}
	other, err := GenerateCosigner("other.example", &seeded{label: "other"})
	if err != nil {
		t.Fatal(err)
	}
	foreign, err := other.Cosign(c, 1)
	if err != nil {
		t.Fatal(err)
	}
	later, err := s.Cosign(Checkpoint{testOrigin, 13, [32]byte{3}}, 1)
	if err != nil {
		t.Fatal(err)
	}
	for _, lines := range []string{cs.Line(), foreign.Line() + cs.Line(), cs.Line() + foreign.Line()} {
		got, err := ParseCosignatures([]byte(lines), c, s.Verifier())
		if err != nil || got.Time != cs.Time || string(got.Sig) != string(cs.Sig) {
			t.Errorf("%q: %+v, %v", lines, got, err)
		}
	}
	for name, lines := range map[string]string{
		"nothing":          "",
		"a newline":        "\n",
		"no newline":       strings.TrimSuffix(cs.Line(), "\n"),
		"another's":        foreign.Line(),
		"another tree's":   later.Line(),
		"no dash":          strings.TrimPrefix(cs.Line(), "\u2014 "),
		"no signature":     "\u2014 witness.example/w\n",
		"cut":              "\u2014 witness.example/w " + cs.Line()[len("\u2014 witness.example/w "):][:12] + "\n",
		"an empty line":    "\n" + cs.Line(),
		"a page of errors": "<html>not found</html>\n",
		"too long":         strings.Repeat(foreign.Line(), MaxSize/len(foreign.Line())+1) + cs.Line(),
	} {
		if _, err := ParseCosignatures([]byte(lines), c, s.Verifier()); !errors.Is(err, ErrInvalid) {
			t.Errorf("%s: error %v, want ErrInvalid", name, err)
		}
	}
	// The outside reader of the line.
	signed, err := log.Sign(c.Size, c.Root)
	if err != nil {
		t.Fatal(err)
	}
	v, err := torchwood.NewCosignatureVerifier(s.Verifier().String())
	if err != nil {
		t.Fatal(err)
	}
	if n, err := note.Open(append(signed, cs.Line()...), note.VerifierList(v)); err != nil || len(n.Sigs) != 1 {
		t.Errorf("torchwood: %v", err)
	}
	if _, err := s.Cosign(Checkpoint{"a\nb", 1, [32]byte{}}, 1); err == nil {
		t.Error("cosigns an origin of two lines")
	}
	if len(cs.Sig) != ed25519.SignatureSize {
		t.Errorf("%d bytes", len(cs.Sig))
	}
}

func FuzzParseCosignatures(f *testing.F) {
	c := Checkpoint{testOrigin, 12, [32]byte{3}}
	s, ml := testBoth(f, "witness.example/w")
	one, two := mustCosign(f, s, c, 9).Line(), mustCosign(f, ml, c, 9).Line()
	f.Add([]byte(one))
	f.Add([]byte("\u2014 a AAAA\n" + one))
	f.Add([]byte(one + two))
	f.Fuzz(func(t *testing.T, b []byte) {
		for _, key := range []*Verifier{s.Verifier(), ml.Verifier()} {
			got, err := ParseCosignatures(b, c, key)
			if err == nil && !strings.Contains(string(b), got.Line()) {
				t.Errorf("read %q from %q", got.Line(), b)
			}
		}
	})
}

// FuzzVerifier reads keys of all types.
func FuzzVerifier(f *testing.F) {
	ed, ml := testBoth(f, "w.example")
	f.Add(ed.Verifier().String())
	f.Add(ml.Verifier().String())
	f.Add(testSigner(f).Verifier().String())
	f.Fuzz(func(t *testing.T, text string) {
		for alg, parse := range map[byte]func(string) (*Verifier, error){
			algLog: ParseLogVerifier, algCosignature: ParseWitnessVerifier, algMLDSA: ParseMLDSAVerifier,
		} {
			v, err := parse(text)
			if err == nil && (v.String() != text || v.alg != alg || v.Verify([]byte("x"), nil)) {
				t.Errorf("%q is read as type %d, %q", text, v.alg, v)
			}
		}
	})
}

func FuzzParseCosigner(f *testing.F) {
	ed, ml := testBoth(f, "w.example")
	f.Add(ed.Marshal())
	f.Add(ml.Marshal())
	f.Fuzz(func(t *testing.T, text string) {
		for _, parse := range []func(string) (*Cosigner, error){ParseCosigner, ParseMLDSACosigner} {
			if s, err := parse(text); err == nil && s.Marshal() != strings.TrimSuffix(text, "\n") {
				t.Fatal("read but not written")
			}
		}
	})
}
