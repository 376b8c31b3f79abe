package group

import (
	"crypto/subtle"
	"errors"

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
	// p is the representative that points are computed with; nil for a decoded
	// point, which has a.
	p *edwards25519.Point
	// a is the representative that decoding gives. Batches use it as it is; all
	// else takes edwards().
	a *Affine
	// sum is what VarTimeCombination was given, else nil; then p and a are nil.
	sum *combination
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
	return &Point{p: new(edwards25519.Point).Add(p.edwards(), q.edwards())}
}

// Sub returns p - q.
func (p *Point) Sub(q *Point) *Point {
	return &Point{p: new(edwards25519.Point).Subtract(p.edwards(), q.edwards())}
}

// Neg returns -p.
func (p *Point) Neg() *Point {
	return &Point{p: new(edwards25519.Point).Negate(p.edwards())}
}

// Mul returns s*p, in constant time.
func (p *Point) Mul(s *Scalar) *Point {
	return &Point{p: new(edwards25519.Point).ScalarMult(&s.s, p.edwards())}
}

// MulBase returns s*G, in constant time.
func MulBase(s *Scalar) *Point {
	return &Point{p: new(edwards25519.Point).ScalarBaseMult(&s.s)}
}

// Equal reports whether p and q are the same element, in constant time.
func (p *Point) Equal(q *Point) bool { return equalElements(p.edwards(), q.edwards()) == 1 }

// IsIdentity reports whether p is the neutral element.
func (p *Point) IsIdentity() bool {
	if p.enc != nil { // the identity has one encoding, all zeros
		return subtle.ConstantTimeCompare(p.enc[:], make([]byte, PointSize)) == 1
	}
	return equalElements(p.edwards(), edwards25519.NewIdentityPoint()) == 1
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
		ss[i], ps[i] = &scalars[i].s, points[i].edwards()
	}
	return &Point{p: edwards25519.NewIdentityPoint().VarTimeMultiScalarMult(ss, ps)}
}
