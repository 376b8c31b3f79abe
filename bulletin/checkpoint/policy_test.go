package checkpoint

import (
	"bytes"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"

	"filippo.io/torchwood"
)

// testPolicy returns a k-of-w policy.
func testPolicy(t testing.TB, k, w int) *Policy {
	t.Helper()
	p := &Policy{Log: testSigner(t).Verifier(), Quorum: k}
	for i := range w {
		v, _ := testWitness(t, i)
		p.Witnesses = append(p.Witnesses, Witness{Name: fmt.Sprintf("w%d", i), Key: v})
	}
	return p
}

func TestPolicyRoundTrip(t *testing.T) {
	for _, c := range []struct{ k, w int }{{0, 0}, {1, 1}, {2, 3}, {32, 32}} {
		p := testPolicy(t, c.k, c.w)
		if c.w == 3 {
			p.Witnesses[0].Name, p.Witnesses[2].Name = groupName+"-", groupName // which the group then can not have
		}
		text, err := p.Marshal()
		if err != nil {
			t.Fatal(err)
		}
		got, err := ParsePolicy(text)
		if err != nil {
			t.Fatalf("%d of %d: %v", c.k, c.w, err)
		}
		if !reflect.DeepEqual(got, p) {
			t.Errorf("%d of %d: came back as %+v", c.k, c.w, got)
		}
		if _, err := torchwood.ParsePolicy(text); err != nil {
			t.Errorf("%d of %d: torchwood: %v", c.k, c.w, err)
		}
	}
}

func TestParsePolicyForms(t *testing.T) {
	p := testPolicy(t, 2, 2)
	log, w0, w1 := "log "+p.Log.String(), "witness a "+p.Witnesses[0].Key.String(), "witness b "+p.Witnesses[1].Key.String()
	for name, c := range map[string]struct {
		text string
		k, w int
	}{
		"comments and space": {"# hello\n\n \t" + log + " https://log.example \n#" + w0 + "\nquorum\tnone\n", 0, 0},
		"no final newline":   {log + "\nquorum none", 0, 0},
		"single witness":     {log + "\n" + w0 + "\nquorum a\n", 1, 1},
		"any":                {w0 + "\n" + w1 + " https://w.example\ngroup g any a b\nquorum g\n" + log + "\n", 1, 2},
		"all":                {log + "\n" + w0 + "\n" + w1 + "\ngroup g all b a\nquorum g\n", 2, 2},
		"number":             {log + "\n" + w0 + "\n" + w1 + "\ngroup g 2 a b\nquorum g\n", 2, 2},
	} {
		got, err := ParsePolicy([]byte(c.text))
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if got.Quorum != c.k || len(got.Witnesses) != c.w {
			t.Errorf("%s: %d of %d, want %d of %d", name, got.Quorum, len(got.Witnesses), c.k, c.w)
		}
	}
}

func TestParsePolicyRefuses(t *testing.T) {
	p := testPolicy(t, 2, 2)
	log, w0, w1 := "log "+p.Log.String()+"\n", "witness a "+p.Witnesses[0].Key.String()+"\n", "witness b "+p.Witnesses[1].Key.String()+"\n"
	both := log + w0 + w1
	for name, c := range map[string]struct{ text, want string }{
		"empty":                   {"", "no log line"},
		"no log":                  {"quorum none\n", "no log line"},
		"no quorum":               {log, "no quorum line"},
		"two quorums":             {log + "quorum none\nquorum none\n", "second quorum"},
		"two logs":                {log + log + "quorum none\n", "second log"},
		"unknown keyword":         {log + "threshold 1\nquorum none\n", "unknown keyword"},
		"unknown quorum":          {log + "quorum g\n", "not defined"},
		"witnesses not asked":     {both + "quorum none\n", "counts 0 of 2"},
		"one witness left out":    {both + "group g 1 a\nquorum g\n", "counts 1 of 2"},
		"single of two":           {both + "quorum a\n", "counts 1 of 2"},
		"threshold 0":             {both + "group g 0 a b\nquorum g\n", "threshold"},
		"threshold above":         {both + "group g 3 a b\nquorum g\n", "threshold"},
		"threshold 02":            {both + "group g 02 a b\nquorum g\n", "threshold"},
		"threshold +1":            {both + "group g +1 a b\nquorum g\n", "threshold"},
		"member twice":            {both + "group g 2 a a\nquorum g\n", "twice"},
		"member unknown":          {both + "group g 2 a c\nquorum g\n", "not defined"},
		"member none":             {both + "group g 1 none\nquorum g\n", "not defined"},
		"group named none":        {both + "group none 2 a b\nquorum none\n", "taken"},
		"group named as witness":  {both + "group a 2 a b\nquorum a\n", "taken"},
		"two groups":              {both + "group g 2 a b\ngroup h 1 g\nquorum h\n", "second group"},
		"group before witnesses":  {log + "group g 2 a b\n" + w0 + w1 + "quorum g\n", "not defined"},
		"witness name twice":      {log + w0 + strings.Replace(w1, " b ", " a ", 1) + "group g 1 a\nquorum g\n", "taken"},
		"witness named none":      {log + strings.Replace(w0, " a ", " none ", 1) + "quorum none\n", "taken"},
		"witness key twice":       {log + w0 + strings.Replace(w0, " a ", " b ", 1) + "group g 1 a b\nquorum g\n", "twice"},
		"log key as witness":      {log + "witness a " + vkey(algCosignature, "x", p.Log.pub) + "\nquorum a\n", "twice"},
		"witness of the log type": {log + "witness a " + p.Log.String() + "\nquorum a\n", "signature type 1"},
		"log of the witness type": {"log " + p.Witnesses[0].Key.String() + "\nquorum none\n", "signature type 4"},
		"too many fields":         {log + "quorum none none\n", "want: quorum"},
		"carriage return":         {strings.ReplaceAll(log+"quorum none\n", "\n", "\r\n"), "control character"},
		"comment behind a line":   {log + "quorum none # really\n", "want: quorum"},
		"too long":                {strings.Repeat("#\n", maxPolicySize), "bytes"},
	} {
		_, err := ParsePolicy([]byte(c.text))
		if !errors.Is(err, ErrInvalid) || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: error %v, want ErrInvalid with %q", name, err, c.want)
		}
	}
}

func TestPolicyValidate(t *testing.T) {
	for name, breakIt := range map[string]func(p *Policy){
		"no log":           func(p *Policy) { p.Log = nil },
		"witness as log":   func(p *Policy) { p.Log = p.Witnesses[0].Key },
		"quorum 0":         func(p *Policy) { p.Quorum = 0 },
		"quorum 4 of 3":    func(p *Policy) { p.Quorum = 4 },
		"quorum -1":        func(p *Policy) { p.Quorum = -1 },
		"key twice":        func(p *Policy) { p.Witnesses[1].Key = p.Witnesses[0].Key },
		"name twice":       func(p *Policy) { p.Witnesses[1].Name = p.Witnesses[0].Name },
		"name with space":  func(p *Policy) { p.Witnesses[1].Name = "a b" },
		"no key":           func(p *Policy) { p.Witnesses[1].Key = nil },
		"log type witness": func(p *Policy) { p.Witnesses[1].Key = p.Log },
		"33 witnesses":     func(p *Policy) { *p = *testPolicy(t, 1, 33) },
	} {
		p := testPolicy(t, 2, 3)
		breakIt(p)
		if _, err := p.Marshal(); !errors.Is(err, ErrInvalid) {
			t.Errorf("%s: error %v, want ErrInvalid", name, err)
		}
		if _, err := p.Open([]byte("x")); !errors.Is(err, ErrInvalid) {
			t.Errorf("%s: opening: error %v, want ErrInvalid", name, err)
		}
	}
}

func TestPolicyQuorum(t *testing.T) {
	p := testPolicy(t, 2, 3)
	s := testSigner(t)
	signed, err := s.Sign(9, [32]byte{9})
	if err != nil {
		t.Fatal(err)
	}
	cosign := func(i int, at uint64) Cosignature {
		v, key := testWitness(t, i)
		sig, err := SignCosignature(key, testOrigin, 9, [32]byte{9}, at)
		if err != nil {
			t.Fatal(err)
		}
		return Cosignature{v, at, sig}
	}
	with := func(cosigs ...Cosignature) []byte {
		b, err := AddCosignatures(signed, cosigs...)
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	two := with(cosign(2, 100), cosign(0, 101))
	for name, c := range map[string]struct {
		signed []byte
		want   string // "" for accepted
	}{
		"two of three":           {two, ""},
		"a stranger besides":     {with(cosign(0, 1), cosign(1, 2), cosign(7, 3)), ""},
		"none":                   {signed, "cosigned by 0 of 3"},
		"one":                    {with(cosign(1, 100)), "cosigned by 1 of 3"},
		"one, twice":             {with(cosign(1, 100), cosign(1, 101)), "cosigned by 1 of 3"},
		"one and a stranger":     {with(cosign(1, 100), cosign(7, 100)), "cosigned by 1 of 3"},
		"witnesses without log":  {dropLogLine(two), "not signed by the log"},
		"a third that is broken": {breakLast(with(cosign(0, 1), cosign(1, 1), cosign(2, 1))), "invalid signature"},
	} {
		got, cosigs, err := p.OpenCosigned(c.signed)
		if c.want == "" {
			if err != nil || got.Size != 9 || len(cosigs) != 2 {
				t.Errorf("%s: %v", name, err)
			}
			continue
		}
		if !errors.Is(err, ErrInvalid) || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: error %v, want %q", name, err, c.want)
		}
	}
	if _, cosigs, _ := p.OpenCosigned(two); cosigs[0].Witness.Name() != "witness0.example" || cosigs[1].Time != 100 {
		t.Error("cosignatures are not in the order of the policy")
	}
	other := *p
	other.Log, _ = NewLogVerifier("elsewhere.example", p.Log.pub)
	if _, err := other.Open(two); !errors.Is(err, ErrInvalid) {
		t.Errorf("another origin in the policy: error %v, want ErrInvalid", err)
	}
}

// dropLogLine removes the first signature line.
func dropLogLine(signed []byte) []byte {
	text, sigs, _ := bytes.Cut(signed, []byte("\n\n"))
	_, rest, _ := bytes.Cut(sigs, []byte("\n"))
	return bytes.Join([][]byte{text, rest}, []byte("\n\n"))
}

// breakLast changes a character in the middle of the last signature.
func breakLast(signed []byte) []byte {
	out := bytes.Clone(signed)
	i := len(out) - 30
	if out[i] == 'A' {
		out[i] = 'B'
	} else {
		out[i] = 'A'
	}
	return out
}

func FuzzParsePolicy(f *testing.F) {
	for _, c := range []struct{ k, w int }{{0, 0}, {2, 3}} {
		text, err := testPolicy(f, c.k, c.w).Marshal()
		if err != nil {
			f.Fatal(err)
		}
		f.Add(text)
	}
	text, err := mldsaPolicy(f, 2, 3, 2).Marshal()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(text)
	f.Fuzz(func(t *testing.T, text []byte) {
		p, err := ParsePolicy(text)
		if err != nil {
			return
		}
		out, err := p.Marshal()
		if err != nil {
			t.Fatalf("parsed, but: %v", err)
		}
		again, err := ParsePolicy(out)
		if err != nil || again.Quorum != p.Quorum || len(again.Witnesses) != len(p.Witnesses) || len(again.MLDSA) != len(p.MLDSA) {
			t.Fatalf("written and read again: %+v, %v", again, err)
		}
		// This version of torchwood knows no ML-DSA-44.
		if _, err := torchwood.ParsePolicy(out); err != nil && len(p.MLDSA) == 0 {
			t.Fatalf("torchwood: %v", err)
		}
	})
}

func FuzzOpen(f *testing.F) {
	s := testSigner(f)
	signed, err := s.Sign(3, [32]byte{3})
	if err != nil {
		f.Fatal(err)
	}
	f.Add(signed)
	f.Fuzz(func(t *testing.T, b []byte) {
		if c, err := ParseText(b); err == nil && !bytes.Equal(c.Text(), b) {
			t.Fatal("text is read but not written")
		}
		if c, err := Open(b, testOrigin, s.Verifier()); err == nil && !bytes.HasPrefix(b, c.Text()) {
			t.Fatal("opened something else than is written")
		}
	})
}

func FuzzParseSigner(f *testing.F) {
	f.Add(testSigner(f).Marshal())
	f.Fuzz(func(t *testing.T, text string) {
		if s, err := ParseSigner(text); err == nil && s.Marshal() != strings.TrimSuffix(text, "\n") {
			t.Fatal("read but not written")
		}
	})
}
