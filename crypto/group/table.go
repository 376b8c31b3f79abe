package group

import (
	"encoding/binary"
	"sync"

	"filippo.io/edwards25519"
	fp "github.com/cloudflare/circl/math/fp25519"
)

// Table multiplies one fixed point P by secret scalars in constant time. The
// booth keeps one for the joint key K and shares that of the base point: with
// them every exponentiation of a ballot is fixed-base. It is immutable and safe
// for concurrent use; 64 rows of 8 points, 48 kB.
//
// Its rows are of P/2. Products are doubled at the end, which makes them cheap
// to encode.
type Table struct {
	point *Point
	rows  [64]tableRow // row i is of 16^i * P/2
}

// tableRow is the multiples 1 to 8 of a point, the coordinates of niels one
// after the other.
type tableRow [3][8]elt

// oneHalf is 1/2 modulo l.
var oneHalf = ScalarFromUint64(2).Invert()

// BaseTable returns the table of the base point G.
var BaseTable = sync.OnceValue(func() *Table { return NewTable(Base()) })

// NewTable precomputes the table of p, which is public. It takes about a third
// of a millisecond.
func NewTable(p *Point) *Table {
	onlyEdwards("tables of multiples")
	t := &Table{point: p.Encoded()}
	points, zs := make([]extended, 64*8), make([]*elt, 64*8)
	row := new(edwards25519.Point).ScalarMult(&oneHalf.s, p.edwards())
	for i := range 64 {
		multiple := edwards25519.NewIdentityPoint()
		for j := range 8 {
			multiple.Add(multiple, row)
			v := &points[8*i+j]
			v.set(multiple)
			zs[8*i+j] = &v.z
		}
		row.Add(multiple, multiple)
	}
	invertAll(zs) // no Z is zero
	for i := range points {
		t.rows[i/8].set(i%8, &points[i])
	}
	return t
}

// Point returns the fixed point.
func (t *Table) Point() *Point { return t.point }

// Mul returns s times the fixed point, with its encoding computed, in constant
// time.
func (t *Table) Mul(s *Scalar) *Point {
	return MulEach([]Product{{t, s}})[0]
}

// Product is a multiple of a fixed point.
type Product struct {
	Table  *Table
	Scalar *Scalar
}

// MulEach returns products, with their encodings computed, in constant time.
// Many together are cheaper than one by one: a product alone pays for a field
// inversion, which is a third of its cost.
func MulEach(products []Product) []*Point {
	halves := make([]extended, len(products))
	for i, p := range products {
		halves[i] = p.Table.mulHalf(p.Scalar)
	}
	points := make([]*Point, len(products))
	for i, d := range doubleAll(halves) {
		v, enc := d.point(), d.encode()
		points[i] = &Point{p: v.edwards(), enc: &enc}
	}
	return points
}

// mulHalf returns s * P/2 in constant time: the digits of s choose from a row by
// reading all of it.
func (t *Table) mulHalf(s *Scalar) extended {
	digits := signedRadix16(s)
	var v extended
	v.setIdentity()
	var q niels
	for i := range t.rows {
		t.rows[i].pick(&q, digits[i])
		v.addNiels(&q)
	}
	clear(digits[:])
	return v
}

// set puts a point, whose z is the inverse of its Z, at place j.
func (r *tableRow) set(j int, p *extended) {
	var q niels
	a := p.affine()
	q.set(&a)
	r[0][j], r[1][j], r[2][j] = q.plus, q.minus, q.t2d
}

// pick sets q to digit times the row's point, for a digit of -8 to 8, in
// constant time.
func (r *tableRow) pick(q *niels, digit int8) {
	sign := int64(digit) >> 63 // -1 for a negative digit
	abs := (int64(digit) ^ sign) - sign
	var masks [9]uint64
	for j := range masks {
		// All ones where abs is j: only then is the difference negative.
		masks[j] = uint64(((abs ^ int64(j)) - 1) >> 63)
	}
	negative := uint(sign & 1)
	pickOne(&q.plus, &r[0], &masks, 1)
	pickOne(&q.minus, &r[1], &masks, 1)
	pickOne(&q.t2d, &r[2], &masks, 0)
	fp.Cswap(&q.plus, &q.minus, negative)
	negateIf(&q.t2d, negative)
}

// pickOne sets e to the entry whose mask is all ones; masks[0] is that of the
// identity, where the coordinate is the small number zeroth.
func pickOne(e *elt, column *[8]elt, masks *[9]uint64, zeroth uint64) {
	w0, w1, w2, w3 := masks[0]&zeroth, uint64(0), uint64(0), uint64(0)
	for j := range column {
		m, c := masks[j+1], &column[j]
		w0 |= m & binary.LittleEndian.Uint64(c[0:])
		w1 |= m & binary.LittleEndian.Uint64(c[8:])
		w2 |= m & binary.LittleEndian.Uint64(c[16:])
		w3 |= m & binary.LittleEndian.Uint64(c[24:])
	}
	binary.LittleEndian.PutUint64(e[0:], w0)
	binary.LittleEndian.PutUint64(e[8:], w1)
	binary.LittleEndian.PutUint64(e[16:], w2)
	binary.LittleEndian.PutUint64(e[24:], w3)
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
