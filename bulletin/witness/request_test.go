package witness

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"rollcall/bulletin/tlog"
)

const line = "PlRNCrwHpqhGrupue0L7gxbjbMiKA9temvuZZDDpkaw=\n"

// TestRequest reads the example of c2sp.org/tlog-witness.
func TestRequest(t *testing.T) {
	body := "old 20852014\n" + line +
		"jrJZDmY8Y7SyJE0MWLpLozkIVMSMZcD5kvuKxPC3swk=\n5+pKlUdi2LeF/BcMHBn+Ku6yhPGNCswZZD1X/6QgPd8=\n/6WVhPs2CwSsb5rYBH5cjHV/wSmA79abXAwhXw3Kj/0=\n" +
		"\nexample.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n\n\u2014 example.com/behind-the-sofa Az3g\n"
	r, err := ParseRequest([]byte(body))
	if err != nil {
		t.Fatal(err)
	}
	if r.Old != 20852014 || len(r.Proof) != 4 || r.Proof[0][0] != 0x3e || !strings.HasPrefix(string(r.Signed), "example.com/") {
		t.Errorf("read %+v", r)
	}
	if string(r.Marshal()) != body {
		t.Errorf("written %q", r.Marshal())
	}
}

func TestRequestRefuses(t *testing.T) {
	for name, body := range map[string]string{
		"nothing":          "",
		"no empty line":    "old 0\nx",
		"no old":           line + "\nx",
		"no size":          "old \n\nx",
		"leading zero":     "old 01\n\nx",
		"plus":             "old +1\n\nx",
		"negative":         "old -1\n\nx",
		"beyond databases": "old 9223372036854775808\n\nx",
		"two spaces":       "old  1\n\nx",
		"carriage return":  "old 1\r\n\nx",
		"in the proof":     "old 1\n" + strings.TrimSuffix(line, "\n") + "\r\n\nx",
		"short hash":       "old 1\nAAAA\n\nx",
		"spare bits":       "old 1\n" + strings.Replace(line, "kaw=", "kax=", 1) + "\nx",
		"64 hashes":        "old 1\n" + strings.Repeat(line, 64) + "\nx",
		"too long":         "old 1\n\n" + strings.Repeat("x", MaxRequest),
	} {
		if _, err := ParseRequest([]byte(body)); !errors.Is(err, ErrMalformed) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if r, err := ParseRequest([]byte("old 1\n" + strings.Repeat(line, 63) + "\nx")); err != nil || len(r.Proof) != 63 {
		t.Errorf("63 hashes: %v", err)
	}
}

func FuzzParseRequest(f *testing.F) {
	f.Add([]byte("old 0\n\nx\n"))
	f.Add(Request{Old: 3, Proof: []tlog.Hash{{1}, {2}}, Signed: []byte("o\n4\n\n")}.Marshal())
	f.Fuzz(func(t *testing.T, b []byte) {
		if r, err := ParseRequest(b); err == nil && !bytes.Equal(r.Marshal(), b) {
			t.Errorf("%q is read, and written as %q", b, r.Marshal())
		}
	})
}
