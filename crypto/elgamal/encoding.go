package elgamal

import (
	"fmt"

	"rollcall/crypto/group"
)

// CiphertextSize is the size of an encoded ciphertext in bytes: alpha (32) and
// beta (32).
const CiphertextSize = 2 * group.PointSize

// Bytes returns the 64 bytes alpha || beta.
func (c Ciphertext) Bytes() []byte {
	return append(c.Alpha.Bytes(), c.Beta.Bytes()...)
}

// Encode returns ciphertexts in order as one string of 64 bytes each.
func Encode(ciphertexts []Ciphertext) []byte {
	return AppendEncoded(make([]byte, 0, len(ciphertexts)*CiphertextSize), ciphertexts)
}

// AppendEncoded appends Encode(ciphertexts).
func AppendEncoded(to []byte, ciphertexts []Ciphertext) []byte {
	for _, c := range ciphertexts {
		to = c.Beta.AppendTo(c.Alpha.AppendTo(to))
	}
	return to
}

// ParseCiphertexts decodes exactly n ciphertexts of a ballot, refusing
// non-canonical points and the identity. The error names the position, from 0,
// and the part, such as "ciphertext 3: beta: point is the identity".
func ParseCiphertexts(b []byte, n int) ([]Ciphertext, error) { return DecodeCiphertexts(nil, b, n) }

// DecodeCiphertexts is ParseCiphertexts with a decoder's hints, alpha before beta.
func DecodeCiphertexts(d *group.Decoder, b []byte, n int) ([]Ciphertext, error) {
	return parse(b, n, d.Element)
}

// ParseSums is ParseCiphertexts for sums of ciphertexts, where the identity is
// legal: it is the sum of none, and any sum can be the identity.
func ParseSums(b []byte, n int) ([]Ciphertext, error) {
	return parse(b, n, group.ParsePoint)
}

func parse(b []byte, n int, point func([]byte) (*group.Point, error)) ([]Ciphertext, error) {
	// Dividing, since n*CiphertextSize could overflow for a hostile n.
	if len(b)%CiphertextSize != 0 || len(b)/CiphertextSize != n {
		return nil, fmt.Errorf("%d ciphertexts have %d bytes, want %d each", n, len(b), CiphertextSize)
	}
	cs := make([]Ciphertext, n)
	for i := range cs {
		var err error
		c := b[i*CiphertextSize : (i+1)*CiphertextSize]
		if cs[i].Alpha, err = point(c[:group.PointSize]); err != nil {
			return nil, fmt.Errorf("ciphertext %d: alpha: %w", i, err)
		}
		if cs[i].Beta, err = point(c[group.PointSize:]); err != nil {
			return nil, fmt.Errorf("ciphertext %d: beta: %w", i, err)
		}
	}
	return cs, nil
}
