package group

import (
	"bytes"
	"testing"

	circl "github.com/cloudflare/circl/group"
	"github.com/gtank/ristretto255"
)

// FuzzParsePoint holds the decoder against two others: the same strings are
// taken, what is taken encodes as it was, and only the identity is refused by
// ParseElement alone.
func FuzzParsePoint(f *testing.F) {
	f.Add(make([]byte, PointSize))
	f.Add(Base().Bytes())
	for _, tc := range badEncodings {
		f.Add(unhex(f, tc.encodings[0]))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		p, err := ParsePoint(b)
		if _, theirs := new(ristretto255.Element).SetCanonicalBytes(b); (err == nil) != (theirs == nil) {
			t.Fatalf("our error is %v, gtank's %v", err, theirs)
		}
		if len(b) == PointSize {
			if theirs := circl.Ristretto255.NewElement().UnmarshalBinary(b); (err == nil) != (theirs == nil) {
				t.Fatalf("our error is %v, circl's %v", err, theirs)
			}
		}
		e, elementErr := ParseElement(b)
		if err != nil {
			if elementErr == nil {
				t.Fatal("ParseElement took what ParsePoint refused")
			}
			return
		}
		if fresh := (&Point{p: p.edwards()}); !bytes.Equal(fresh.Bytes(), b) || !bytes.Equal(p.Bytes(), b) {
			t.Fatalf("encodes again as %x", fresh.Bytes())
		}
		if p.IsIdentity() != (elementErr != nil) || (e != nil && !e.Equal(p)) {
			t.Fatalf("ParseElement: %v", elementErr)
		}
	})
}

func FuzzParseScalar(f *testing.F) {
	f.Add(make([]byte, ScalarSize))
	f.Add(encodeInt(order))
	f.Add(ScalarFromUint64(1).Neg().Bytes())
	f.Fuzz(func(t *testing.T, b []byte) {
		s, err := ParseScalar(b)
		want := len(b) == ScalarSize && decodeInt(b).Cmp(order) < 0
		if (err == nil) != want {
			t.Fatalf("error is %v", err)
		}
		if err == nil && !bytes.Equal(s.Bytes(), b) {
			t.Fatalf("encodes again as %x", s.Bytes())
		}
	})
}
