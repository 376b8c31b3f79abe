package group

import (
	"crypto/subtle"
	"errors"

	"filippo.io/edwards25519"
	circl "github.com/cloudflare/circl/group"
)

// PointSize is the size of an encoded point in bytes.
const PointSize = 32

// Errors of the strict decoders.
var (
	ErrPoint    = errors.New("not a canonical ristretto255 encoding")
	ErrIdentity = errors.New("point is the identity")
)

// Point is an element of ristretto255. It is immutable: methods leave their
// operands alone and return a new Point. Make one with Identity, Base,
// MulBase or ParsePoint; the zero value is not a point.
type Point struct {
	// p is the representative that points are computed with; nil for a decoded
	// point, which has a, and where another arithmetic than Edwards computes alone.
	p *edwards25519.Point
	// a is the representative that decoding gives. Batches use it as it is; all
	// else takes edwards().
	a *Affine
	// sum is what VarTimeCombination was given, else nil; then p and a are nil.
	sum *combination
	// enc is the encoding where it is known, as from decoding, else nil. Encoding
	// costs an inverse square root, and every transcript needs the bytes.
	enc *[PointSize]byte
}

// Identity returns the neutral element.
func Identity() *Point {
	return either("the identity", edwards25519.NewIdentityPoint, circl.Ristretto255.Identity)
}

// Base returns the base point G of RFC 9496.
func Base() *Point {
	return either("the base point", edwards25519.NewGeneratorPoint, circl.Ristretto255.Generator)
}

// ParsePoint decodes 32 bytes, refusing every non-canonical encoding (RFC
// 9496, section 4.3.1). The identity is legal here: sums can be the identity.
// Keys, commitments and ballots take ParseElement.
func ParsePoint(b []byte) (*Point, error) { return (*Decoder)(nil).Point(b) }

// ParseElement is ParsePoint that also refuses the identity.
func ParseElement(b []byte) (*Point, error) { return (*Decoder)(nil).Element(b) }

// edwards returns the point for the arithmetic of edwards25519.
func (p *Point) edwards() *edwards25519.Point {
	switch {
	case p.p != nil:
		return p.p
	case p.sum != nil:
		return p.sum.edwards()
	}
	return p.a.edwards()
}

// Bytes returns the canonical 32-byte encoding.
func (p *Point) Bytes() []byte {
	if p.enc != nil {
		return append([]byte(nil), p.enc[:]...)
	}
	b := encode(p.edwards())
	return b[:]
}

// AppendTo appends the canonical 32-byte encoding.
func (p *Point) AppendTo(b []byte) []byte {
	if p.enc != nil {
		return append(b, p.enc[:]...)
	}
	e := encode(p.edwards())
	return append(b, e[:]...)
}

// Encoded returns p with its encoding computed, so that later calls of Bytes
// are free.
func (p *Point) Encoded() *Point {
	if p.enc != nil {
		return p
	}
	e := p.edwards()
	b := encode(e)
	return &Point{p: e, enc: &b}
}

// Add returns p + q.
func (p *Point) Add(q *Point) *Point {
	return either("a sum", func() *edwards25519.Point {
		return new(edwards25519.Point).Add(p.edwards(), q.edwards())
	}, func() circl.Element {
		return circl.Ristretto255.NewElement().Add(p.circl(), q.circl())
	})
}

// Sub returns p - q.
func (p *Point) Sub(q *Point) *Point {
	return either("a difference", func() *edwards25519.Point {
		return new(edwards25519.Point).Subtract(p.edwards(), q.edwards())
	}, func() circl.Element {
		minus := circl.Ristretto255.NewElement().Neg(q.circl())
		return minus.Add(p.circl(), minus)
	})
}

// Neg returns -p.
func (p *Point) Neg() *Point {
	return either("a negative", func() *edwards25519.Point {
		return new(edwards25519.Point).Negate(p.edwards())
	}, func() circl.Element {
		return circl.Ristretto255.NewElement().Neg(p.circl())
	})
}

// Mul returns s*p, in constant time.
func (p *Point) Mul(s *Scalar) *Point {
	return either("a product", func() *edwards25519.Point {
		return new(edwards25519.Point).ScalarMult(&s.s, p.edwards())
	}, func() circl.Element {
		return circl.Ristretto255.NewElement().Mul(p.circl(), s.circl())
	})
}

// MulBase returns s*G, in constant time.
func MulBase(s *Scalar) *Point {
	return either("a product of the base point", func() *edwards25519.Point {
		return new(edwards25519.Point).ScalarBaseMult(&s.s)
	}, func() circl.Element {
		return circl.Ristretto255.NewElement().MulGen(s.circl())
	})
}

// Equal reports whether p and q are the same element, in constant time.
func (p *Point) Equal(q *Point) bool {
	return eitherVerdict("whether two points are equal", func() bool {
		return equalElements(p.edwards(), q.edwards()) == 1
	}, func() bool {
		return p.circl().IsEqual(q.circl())
	})
}

// IsIdentity reports whether p is the neutral element.
func (p *Point) IsIdentity() bool {
	return eitherVerdict("whether a point is the identity", func() bool {
		if p.enc != nil && !second() { // the identity has one encoding, all zeros
			return subtle.ConstantTimeCompare(p.enc[:], make([]byte, PointSize)) == 1
		}
		return equalElements(p.edwards(), edwards25519.NewIdentityPoint()) == 1
	}, func() bool {
		return p.circl().IsIdentity()
	})
}

// VarTimeMultiMul returns the sum of scalars[i]*points[i], and the identity
// for none. It panics if the lengths differ. Public values only.
func VarTimeMultiMul(scalars []*Scalar, points []*Point) *Point {
	if len(scalars) != len(points) {
		panic("group: VarTimeMultiMul needs as many scalars as points")
	}
	return either("a sum of products", func() *edwards25519.Point {
		ss := make([]*edwards25519.Scalar, len(scalars))
		ps := make([]*edwards25519.Point, len(points))
		for i := range scalars {
			ss[i], ps[i] = &scalars[i].s, points[i].edwards()
		}
		return edwards25519.NewIdentityPoint().VarTimeMultiScalarMult(ss, ps)
	}, func() circl.Element {
		return circlSum(scalars, points)
	})
}
