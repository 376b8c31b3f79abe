package group

import (
	"crypto/rand"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math/big"
	"slices"

	"filippo.io/edwards25519"
	circl "github.com/cloudflare/circl/group"
)

// ScalarSize is the size of an encoded scalar in bytes.
const ScalarSize = 32

// ErrScalar says that 32 bytes are not the canonical encoding of a scalar:
// the number is not below the group order.
var ErrScalar = errors.New("not a canonical scalar: number is not below the group order")

// Scalar is an integer modulo the group order l. The zero value is zero.
// Methods leave their operands alone and return a new Scalar.
type Scalar struct{ s edwards25519.Scalar }

// ParseScalar decodes 32 bytes, little-endian, refusing numbers not below l
// (RFC 9496, section 4.4).
func ParseScalar(b []byte) (*Scalar, error) { return (*Decoder)(nil).Scalar(b) }

// parse sets s to ParseScalar(b).
func (s *Scalar) parse(b []byte) error {
	if len(b) != ScalarSize {
		return fmt.Errorf("scalar has %d bytes, want %d", len(b), ScalarSize)
	}
	_, err := s.s.SetCanonicalBytes(b) // the container is that of edwards in either arithmetic
	if !eitherVerdict("whether a number is canonical", func() bool { return err == nil }, func() bool {
		return circl.Ristretto255.NewScalar().UnmarshalBinary(b) == nil
	}) {
		return ErrScalar
	}
	return nil
}

// ScalarFromWide reduces 64 bytes, little-endian, modulo l. With uniform bytes
// the bias is below 2^-250.
func ScalarFromWide(b *[64]byte) *Scalar {
	return eitherScalar("the remainder of 64 bytes", func(s *edwards25519.Scalar) {
		if _, err := s.SetUniformBytes(b[:]); err != nil {
			panic("group: 64 bytes refused: " + err.Error()) // the length is the only cause
		}
	}, func(n circl.Scalar) {
		reversed := slices.Clone(b[:])
		slices.Reverse(reversed) // big.Int is big-endian
		n.SetBigInt(new(big.Int).SetBytes(reversed))
	})
}

// ScalarFromUint64 returns v as a scalar.
func ScalarFromUint64(v uint64) *Scalar {
	var b [ScalarSize]byte
	binary.LittleEndian.PutUint64(b[:], v)
	var s Scalar
	if _, err := s.s.SetCanonicalBytes(b[:]); err != nil {
		panic("group: small integer refused: " + err.Error()) // 2^64 < l
	}
	return &s
}

// RandomScalar returns a uniform scalar from crypto/rand.
func RandomScalar() *Scalar {
	s, err := RandomScalarFrom(rand.Reader)
	if err != nil {
		panic("group: crypto/rand failed: " + err.Error()) // crypto/rand never fails
	}
	return s
}

// RandomScalarFrom returns a uniform scalar from 64 bytes of r. It is for
// tests that must repeat; everything else uses RandomScalar.
func RandomScalarFrom(r io.Reader) (*Scalar, error) {
	var b [64]byte
	if _, err := io.ReadFull(r, b[:]); err != nil {
		return nil, fmt.Errorf("reading randomness: %w", err)
	}
	s := ScalarFromWide(&b)
	clear(b[:])
	return s, nil
}

// Add returns s + t.
func (s *Scalar) Add(t *Scalar) *Scalar {
	return eitherScalar("a sum of numbers", func(r *edwards25519.Scalar) { r.Add(&s.s, &t.s) }, func(n circl.Scalar) { n.Add(s.circl(), t.circl()) })
}

// Sub returns s - t.
func (s *Scalar) Sub(t *Scalar) *Scalar {
	return eitherScalar("a difference of numbers", func(r *edwards25519.Scalar) { r.Subtract(&s.s, &t.s) }, func(n circl.Scalar) { n.Sub(s.circl(), t.circl()) })
}

// Mul returns s * t.
func (s *Scalar) Mul(t *Scalar) *Scalar {
	return eitherScalar("a product of numbers", func(r *edwards25519.Scalar) { r.Multiply(&s.s, &t.s) }, func(n circl.Scalar) { n.Mul(s.circl(), t.circl()) })
}

// Neg returns -s.
func (s *Scalar) Neg() *Scalar {
	return eitherScalar("a negative number", func(r *edwards25519.Scalar) { r.Negate(&s.s) }, func(n circl.Scalar) { n.Neg(s.circl()) })
}

// Powers returns s^0 to s^(n-1).
func (s *Scalar) Powers(n int) []*Scalar {
	list := make([]*Scalar, n)
	for i := range list {
		if i == 0 {
			list[i] = ScalarFromUint64(1)
		} else {
			list[i] = list[i-1].Mul(s)
		}
	}
	return list
}

// Invert returns 1/s, and zero for zero.
func (s *Scalar) Invert() *Scalar {
	return eitherScalar("an inverse number", func(r *edwards25519.Scalar) { r.Invert(&s.s) }, func(n circl.Scalar) { n.Inv(s.circl()) })
}

// Equal reports whether s and t are the same number, in constant time.
func (s *Scalar) Equal(t *Scalar) bool {
	return eitherVerdict("whether two numbers are equal", func() bool { return s.s.Equal(&t.s) == 1 }, func() bool { return s.circl().IsEqual(t.circl()) })
}

// IsZero reports whether s is zero, in constant time.
func (s *Scalar) IsZero() bool { return s.Equal(new(Scalar)) }

// Bytes returns the 32-byte little-endian encoding.
func (s *Scalar) Bytes() []byte { return s.s.Bytes() }

// SelectScalar returns a if cond is 1 and b if cond is 0, in constant time.
// Any other cond is a programming error and panics.
func SelectScalar(a, b *Scalar, cond int) *Scalar {
	if uint(cond) > 1 { // one comparison: two would branch on a secret
		panic("group: SelectScalar needs a condition of 0 or 1")
	}
	c := ScalarFromUint64(uint64(cond))
	// b + c*(a-b): arithmetic modulo l is constant time throughout.
	return b.Add(c.Mul(a.Sub(b)))
}

// Format writes a placeholder whatever the verb: most scalars are secrets, and
// none belongs in a log or an error. It is on the value, so that it holds for
// pointers and values alike.
func (s Scalar) Format(f fmt.State, _ rune) {
	// Formatting has no way to report a failed write.
	_, _ = io.WriteString(f, "(scalar)")
}

// Wipe sets s to zero, as far as Go lets memory be wiped.
func (s *Scalar) Wipe() { *s = Scalar{} }
