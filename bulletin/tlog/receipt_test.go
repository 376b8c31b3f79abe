package tlog

import (
	"bytes"
	"encoding/base64"
	"errors"
	"strings"
	"testing"

	"filippo.io/torchwood"
	"golang.org/x/mod/sumdb/tlog"

	"rollcall/bulletin/checkpoint"
)

func testReceipt(t testing.TB, m *memLog, index, size uint64) []byte {
	t.Helper()
	path, err := InclusionProof(t.Context(), m, index, size)
	if err != nil {
		t.Fatal(err)
	}
	return (&Receipt{Index: index, Path: path, Checkpoint: signed(t, m, int(size))}).Marshal()
}

func TestReceipt(t *testing.T) {
	m := newMemLog(300)
	policy := testPolicy(t)
	text, err := policy.Marshal()
	if err != nil {
		t.Fatal(err)
	}
	outside, err := torchwood.ParsePolicy(text)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ index, size uint64 }{{0, 1}, {0, 2}, {1, 2}, {255, 256}, {256, 300}, {299, 300}} {
		r := testReceipt(t, m, c.index, c.size)
		index, cp, err := VerifyReceipt(r, m.entries[c.index], policy)
		if err != nil || index != c.index || cp.Size != c.size {
			t.Errorf("entry %d of %d: %d, %+v, %v", c.index, c.size, index, cp, err)
		}
		if err := torchwood.VerifyProof(outside, tlog.RecordHash(m.entries[c.index]), r); err != nil {
			t.Errorf("entry %d of %d: torchwood: %v", c.index, c.size, err)
		}
	}
}

func TestVerifyReceiptRefuses(t *testing.T) {
	m := newMemLog(300)
	policy := testPolicy(t)
	good := testReceipt(t, m, 100, 300)
	s := string(good)
	lines := strings.SplitAfter(s, "\n")
	without := func(i int) string { return strings.Join(append(lines[:i:i], lines[i+1:]...), "") }
	other := newMemLog(301)
	other.entries[3] = []byte("another history")
	other.grow(301)
	witnessed := *policy
	_, wit := newWitness(t)
	witnessed.Witnesses, witnessed.Quorum = []checkpoint.Witness{{Name: "w", Key: wit}}, 1
	for name, c := range map[string]struct {
		text   string
		entry  int
		policy *checkpoint.Policy
	}{
		"another entry":       {s, 101, policy},
		"quorum is missing":   {s, 100, &witnessed},
		"another index":       {strings.Replace(s, "index 100\n", "index 101\n", 1), 100, policy},
		"index beyond":        {strings.Replace(s, "index 100\n", "index 300\n", 1), 100, policy},
		"leading zero":        {strings.Replace(s, "index 100\n", "index 0100\n", 1), 100, policy},
		"no hash":             {without(2), 100, policy},
		"hash twice":          {strings.Replace(s, lines[2], lines[2]+lines[2], 1), 100, policy},
		"extra data":          {strings.Replace(s, "index", "extra "+base64.StdEncoding.EncodeToString([]byte("x"))+"\nindex", 1), 100, policy},
		"empty extra data":    {strings.Replace(s, "index", "extra \nindex", 1), 100, policy},
		"other version":       {strings.Replace(s, "@v1", "@v2", 1), 100, policy},
		"carriage returns":    {strings.ReplaceAll(s, "\n", "\r\n"), 100, policy},
		"no checkpoint":       {strings.Split(s, "\n\n")[0] + "\n\n", 100, policy},
		"trailing line":       {s + "more\n", 100, policy},
		"no final newline":    {strings.TrimSuffix(s, "\n"), 100, policy},
		"empty":               {"", 100, policy},
		"too long":            {s + strings.Repeat("x", maxReceipt), 100, policy},
		"checkpoint of other": {strings.Split(s, "\n\n")[0] + "\n\n" + string(signed(t, other, 301)), 100, policy},
	} {
		_, _, err := VerifyReceipt([]byte(c.text), m.entries[c.entry], c.policy)
		if !wrong(err) {
			t.Errorf("%s: error %v, want ErrWrong or ErrInvalid", name, err)
		}
	}
	for i := range good {
		bad := bytes.Clone(good)
		bad[i] ^= 1
		if _, _, err := VerifyReceipt(bad, m.entries[100], policy); !wrong(err) {
			t.Errorf("byte %d changed: error %v", i, err)
		}
	}
	if _, err := ParseReceipt(good); err != nil || errors.Is(err, ErrWrong) {
		t.Errorf("the good one: %v", err)
	}
}

func newWitness(t *testing.T) (*checkpoint.Signer, *checkpoint.Verifier) {
	t.Helper()
	n := counter(1000)
	s, err := checkpoint.GenerateSigner("witness.example", &n)
	if err != nil {
		t.Fatal(err)
	}
	v, err := checkpoint.NewWitnessVerifier("witness.example", s.Verifier().PublicKey())
	if err != nil {
		t.Fatal(err)
	}
	return s, v
}

func FuzzParseReceipt(f *testing.F) {
	f.Add(testReceipt(f, newMemLog(5), 3, 5))
	f.Fuzz(func(t *testing.T, text []byte) {
		r, err := ParseReceipt(text)
		if err == nil && !bytes.Equal(r.Marshal(), text) {
			t.Fatal("read but not written")
		}
	})
}
