package group

import (
	"filippo.io/edwards25519"
)

// Table multiplies one fixed point by secret scalars in constant time, as the
// base point's own table does. The booth keeps one for the joint key K: with
// it every exponentiation of a ballot is fixed-base. It is immutable and safe
// for concurrent use; 64 rows of 8 points, about 80 kB.
type Table struct {
	point *Point
	// rows[i][j] = (j+1) * 16^i * point.
	rows [64][8]*edwards25519.Point
}

// NewTable precomputes the table of p. It takes about a tenth of a millisecond.
func NewTable(p *Point) *Table {
	t := &Table{point: p.Encoded()}
	q := new(edwards25519.Point).Set(p.edwards())
	for i := range t.rows {
		t.rows[i][0] = new(edwards25519.Point).Set(q)
		for j := 1; j < 8; j++ {
			t.rows[i][j] = new(edwards25519.Point).Add(t.rows[i][j-1], q)
		}
		q.Add(t.rows[i][7], t.rows[i][7]) // 16 * 16^i
	}
	return t
}

// Point returns the fixed point.
func (t *Table) Point() *Point { return t.point }

// Mul returns s times the fixed point, in constant time: the digits of s
// choose rows by reading all of them.
func (t *Table) Mul(s *Scalar) *Point {
	digits := signedRadix16(s)
	sum := edwards25519.NewIdentityPoint()
	var pick, neg edwards25519.Point
	for i := range t.rows {
		d := int(digits[i])
		sign := (d >> 8) & 1 // 1 for a negative digit
		abs := (d ^ -sign) + sign
		pick.Set(edwards25519.NewIdentityPoint())
		for j := range t.rows[i] {
			pick.Select(t.rows[i][j], &pick, equalInt(abs, j+1))
		}
		neg.Negate(&pick)
		pick.Select(&neg, &pick, sign)
		sum.Add(sum, &pick)
	}
	clear(digits[:])
	return &Point{p: sum}
}

// signedRadix16 writes s as 64 digits of -8 to 8 with s = sum d_i * 16^i.
func signedRadix16(s *Scalar) [64]int8 {
	b := s.Bytes()
	var d [64]int8
	for i, v := range b {
		d[2*i] = int8(v & 15)
		d[2*i+1] = int8(v >> 4)
	}
	// The last digit takes a carry without overflow: s < 2^253.
	for i := 0; i < 63; i++ {
		carry := (d[i] + 8) >> 4
		d[i] -= carry << 4
		d[i+1] += carry
	}
	clear(b)
	return d
}

// equalInt returns 1 if the small non-negative integers a and b are equal and
// else 0, without branching on them.
func equalInt(a, b int) int {
	x := uint32(a ^ b)
	return int(1 ^ ((x | -x) >> 31))
}
