package group

import (
	"errors"
	"fmt"

	"filippo.io/edwards25519"
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
	p *edwards25519.Point
	// enc is the encoding where it is known from decoding, else nil. Encoding
	// costs an inverse square root, and every transcript needs the bytes.
	enc *[PointSize]byte
}

// Identity returns the neutral element.
func Identity() *Point { return &Point{p: edwards25519.NewIdentityPoint()} }

// Base returns the base point G of RFC 9496.
func Base() *Point { return &Point{p: edwards25519.NewGeneratorPoint()} }

// ParsePoint decodes 32 bytes, refusing every non-canonical encoding (RFC
// 9496, section 4.3.1). The identity is legal here: sums can be the identity.
// Keys, commitments and ballots take ParseElement.
func ParsePoint(b []byte) (*Point, error) {
	if len(b) != PointSize {
		return nil, fmt.Errorf("point has %d bytes, want %d", len(b), PointSize)
	}
	enc := [PointSize]byte(b)
	p, ok := decode(&enc)
	if !ok {
		return nil, ErrPoint
	}
	return &Point{p: p, enc: &enc}, nil
}

// ParseElement is ParsePoint that also refuses the identity.
func ParseElement(b []byte) (*Point, error) {
	p, err := ParsePoint(b)
	if err != nil {
		return nil, err
	}
	if p.IsIdentity() {
		return nil, ErrIdentity
	}
	return p, nil
}

// Bytes returns the canonical 32-byte encoding.
func (p *Point) Bytes() []byte {
	if p.enc != nil {
		return append([]byte(nil), p.enc[:]...)
	}
	b := encode(p.p)
	return b[:]
}

// Encoded returns p with its encoding computed, so that later calls of Bytes
// are free.
func (p *Point) Encoded() *Point {
	if p.enc != nil {
		return p
	}
	b := encode(p.p)
	return &Point{p: p.p, enc: &b}
}

// Add returns p + q.
func (p *Point) Add(q *Point) *Point {
	return &Point{p: new(edwards25519.Point).Add(p.p, q.p)}
}

// Sub returns p - q.
func (p *Point) Sub(q *Point) *Point {
	return &Point{p: new(edwards25519.Point).Subtract(p.p, q.p)}
}

// Neg returns -p.
func (p *Point) Neg() *Point {
	return &Point{p: new(edwards25519.Point).Negate(p.p)}
}

// Mul returns s*p, in constant time.
func (p *Point) Mul(s *Scalar) *Point {
	return &Point{p: new(edwards25519.Point).ScalarMult(&s.s, p.p)}
}

// MulBase returns s*G, in constant time.
func MulBase(s *Scalar) *Point {
	return &Point{p: new(edwards25519.Point).ScalarBaseMult(&s.s)}
}

// Equal reports whether p and q are the same element, in constant time.
func (p *Point) Equal(q *Point) bool { return equalElements(p.p, q.p) == 1 }

// IsIdentity reports whether p is the neutral element.
func (p *Point) IsIdentity() bool {
	return equalElements(p.p, edwards25519.NewIdentityPoint()) == 1
}

// VarTimeMultiMul returns the sum of scalars[i]*points[i], and the identity
// for none. It panics if the lengths differ. Public values only.
func VarTimeMultiMul(scalars []*Scalar, points []*Point) *Point {
	if len(scalars) != len(points) {
		panic("group: VarTimeMultiMul needs as many scalars as points")
	}
	ss := make([]*edwards25519.Scalar, len(scalars))
	ps := make([]*edwards25519.Point, len(points))
	for i := range scalars {
		ss[i], ps[i] = &scalars[i].s, points[i].p
	}
	return &Point{p: edwards25519.NewIdentityPoint().VarTimeMultiScalarMult(ss, ps)}
}
