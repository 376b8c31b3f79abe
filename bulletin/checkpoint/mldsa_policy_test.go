package checkpoint

import (
	"bytes"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"
)

// mldsaPolicy returns a k-of-w policy, of whose witnesses the first n have a second
// key.
func mldsaPolicy(t testing.TB, k, w, n int) *Policy {
	t.Helper()
	p := testPolicy(t, k, w)
	for i := range n {
		_, ml := testBoth(t, p.Witnesses[i].Key.Name())
		p.MLDSA = append(p.MLDSA, Witness{Name: fmt.Sprintf("w%d/ml-dsa-44", i), Key: ml.Verifier()})
	}
	return p
}

func TestMLDSAPolicyRoundTrip(t *testing.T) {
	for _, c := range []struct{ k, w, n int }{{1, 1, 1}, {2, 3, 2}, {32, 32, 32}} {
		p := mldsaPolicy(t, c.k, c.w, c.n)
		text, err := p.Marshal()
		if err != nil {
			t.Fatal(err)
		}
		got, err := ParsePolicy(text)
		if err != nil {
			t.Fatalf("%+v: %v", c, err)
		}
		if !reflect.DeepEqual(got, p) {
			t.Errorf("%+v: came back as %+v", c, got)
		}
		if key := got.MLDSAOf("witness0.example"); key == nil || key.String() != p.MLDSA[0].Key.String() || got.MLDSAOf("w0") != nil {
			t.Errorf("%+v: the second key of witness0.example is %v", c, key)
		}
	}
}

func TestMLDSAPolicyForms(t *testing.T) {
	p := mldsaPolicy(t, 1, 2, 2)
	log := "log " + p.Log.String() + "\n"
	ed := []string{"witness a " + p.Witnesses[0].Key.String() + "\n", "witness b " + p.Witnesses[1].Key.String() + "\n"}
	ml := []string{"witness c " + p.MLDSA[0].Key.String() + "\n", "witness d " + p.MLDSA[1].Key.String() + "\n"}
	group := "group g 2 a b\nquorum g\n"
	_, stranger := testBoth(t, "stranger.example")
	strange := "witness s " + stranger.Verifier().String() + "\n"
	_, again := testBoth(t, "witness0.example")
	second, err := GenerateMLDSACosigner("witness0.example", &seeded{label: "second"})
	if err != nil {
		t.Fatal(err)
	}
	namesake, err := newVerifier(algCosignature, "witness0.example", p.Witnesses[1].Key.pub)
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct{ text, want string }{ // want "" for accepted
		"both":                  {log + ed[0] + ed[1] + ml[0] + ml[1] + group, ""},
		"in another order":      {ml[1] + strings.TrimSuffix(ml[0], "\n") + " https://w.example\n" + ed[1] + ed[0] + group + log, ""},
		"only one has two":      {log + ed[0] + ed[1] + ml[1] + group, ""},
		"after the quorum":      {log + ed[0] + ed[1] + group + ml[0], ""},
		"one witness":           {log + ed[0] + ml[0] + "quorum a\n", ""},
		"in the group":          {log + ed[0] + ml[0] + "group g 1 a c\nquorum g\n", "counts for no quorum"},
		"alone in the group":    {log + ed[0] + ml[0] + "group g 1 c\nquorum g\n", "counts for no quorum"},
		"as the quorum":         {log + ed[0] + ml[0] + "quorum c\n", "counts for no quorum"},
		"without witnesses":     {log + ml[0] + "quorum none\n", "stands beside one"},
		"of a stranger":         {log + ed[0] + ed[1] + strange + group, "stands beside one"},
		"two of one witness":    {log + ed[0] + ed[1] + ml[0] + "witness e " + second.Verifier().String() + "\n" + group, "stands beside one"},
		"the same twice":        {log + ed[0] + ed[1] + ml[0] + "witness e " + again.Verifier().String() + "\n" + group, "twice"},
		"of two of that name":   {log + ed[0] + "witness b " + namesake.String() + "\n" + ml[0] + group, "stands beside one"},
		"a name that is taken":  {log + ed[0] + ed[1] + strings.Replace(ml[0], " c ", " a ", 1) + group, "taken"},
		"a name taken later":    {log + ml[0] + strings.Replace(ed[0], " a ", " c ", 1) + "quorum c\n", "taken"},
		"a group of its name":   {log + ml[0] + ed[0] + ed[1] + "group c 2 a b\nquorum c\n", "taken"},
		"the name none":         {log + ed[0] + ed[1] + strings.Replace(ml[0], " c ", " none ", 1) + group, "taken"},
		"a log of ML-DSA-44":    {strings.Replace(ml[0], "witness c", "log", 1) + ed[0] + "quorum a\n", "signature type 6"},
		"a key id of Ed25519's": {log + ed[0] + strings.Replace(ml[0], fmt.Sprintf("%08x", p.MLDSA[0].Key.KeyHash()), fmt.Sprintf("%08x", p.Witnesses[0].Key.KeyHash()), 1) + "quorum a\n", "key id"},
		"cut":                   {log + ed[0] + ml[0][:200] + "\nquorum a\n", "wrong"},
	} {
		got, err := ParsePolicy([]byte(c.text))
		if c.want == "" {
			if err != nil || len(got.MLDSA) == 0 || got.Quorum != len(got.Witnesses) {
				t.Errorf("%s: %v", name, err)
			}
		} else if !errors.Is(err, ErrInvalid) || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: error %v, want ErrInvalid with %q", name, err, c.want)
		}
	}
}

func TestMLDSAPolicyValidate(t *testing.T) {
	for name, breakIt := range map[string]func(p *Policy){
		"no key":            func(p *Policy) { p.MLDSA[0].Key = nil },
		"an Ed25519 key":    func(p *Policy) { p.MLDSA[0].Key = p.Witnesses[2].Key },
		"a name with space": func(p *Policy) { p.MLDSA[0].Name = "a b" },
		"the witness's":     func(p *Policy) { p.MLDSA[0].Name = p.Witnesses[0].Name },
		"as a witness":      func(p *Policy) { p.Witnesses[2].Key = p.MLDSA[0].Key },
	} {
		p := mldsaPolicy(t, 2, 3, 1)
		breakIt(p)
		if _, err := p.Marshal(); !errors.Is(err, ErrInvalid) {
			t.Errorf("%s: error %v, want ErrInvalid", name, err)
		}
	}
}

// TestMLDSAPolicyQuorum: second keys are judged and not counted.
func TestMLDSAPolicyQuorum(t *testing.T) {
	p := mldsaPolicy(t, 2, 3, 2)
	c := Checkpoint{testOrigin, 9, [32]byte{9}}
	signed, err := testSigner(t).Sign(c.Size, c.Root)
	if err != nil {
		t.Fatal(err)
	}
	ed := func(i int) Cosignature {
		v, key := testWitness(t, i)
		sig, err := SignCosignature(key, c.Origin, c.Size, c.Root, 5)
		if err != nil {
			t.Fatal(err)
		}
		return Cosignature{v, 5, sig}
	}
	ml := func(i int) Cosignature {
		_, key := testBoth(t, p.Witnesses[i].Key.Name())
		return mustCosign(t, key, c, 5)
	}
	with := func(cosigs ...Cosignature) []byte {
		b, err := AddCosignatures(signed, cosigs...)
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	k := p.MLDSA[0].Key
	two := with(ed(0), ed(1))
	for name, test := range map[string]struct {
		signed []byte
		want   string
		mldsa  int
	}{
		"none of them":          {two, "", 0},
		"both":                  {with(ed(0), ed(1), ml(0), ml(1)), "", 2},
		"one":                   {with(ml(1), ed(0), ed(1)), "", 1},
		"of one that counts no": {with(ed(1), ed(2), ml(0)), "", 1},
		"instead of witnesses":  {with(ml(0), ml(1)), "cosigned by 0 of 3", 0},
		"instead of one":        {with(ed(0), ml(0), ml(1)), "cosigned by 1 of 3", 0},
		"broken":                {breakLast(with(ed(0), ed(1), ml(0))), "invalid signature", 0},
		"Ed25519's under it":    {append(bytes.Clone(two), lineOf(k, k.KeyHash(), 5, ed(0).Sig)...), "invalid signature", 0},
		"another time":          {append(bytes.Clone(two), lineOf(k, k.KeyHash(), 6, ml(0).Sig)...), "invalid signature", 0},
		"truncated":             {append(bytes.Clone(two), lineOf(k, k.KeyHash(), 5, ml(0).Sig[:2419])...), "invalid signature", 0},
		"another key id":        {append(bytes.Clone(two), lineOf(k, k.KeyHash()+1, 5, ml(0).Sig)...), "", 0},
		"a second, broken":      {append(with(ed(0), ed(1), ml(0)), lineOf(k, k.KeyHash(), 6, ml(0).Sig)...), "", 1},
	} {
		got, cosigs, err := p.OpenCosigned(test.signed)
		if test.want != "" {
			if !errors.Is(err, ErrInvalid) || !strings.Contains(err.Error(), test.want) {
				t.Errorf("%s: error %v, want %q", name, err, test.want)
			}
			continue
		}
		n := 0
		for _, cs := range cosigs {
			if cs.Witness.MLDSA() {
				n++
			}
		}
		if err != nil || got != c || len(cosigs) != 2+test.mldsa || n != test.mldsa || n > 0 && cosigs[0].Witness.MLDSA() {
			t.Errorf("%s: %d cosignatures, %d of them ML-DSA-44, %v", name, len(cosigs), n, err)
		}
	}
}
