package group

import (
	"fmt"
	"slices"
)

// HintSize is the size of a hint in bytes.
const HintSize = 32

// Decoder decodes points with the help of hints: for each point, in the order
// in which they are decoded, the inverse square root that decoding would
// otherwise spend nine tenths of its time on. A hint is checked by multiplying;
// where it is wrong, or there is none left, the root is computed. So hints come
// from anyone and change nothing but the time.
//
// A nil *Decoder has no hints. A Decoder, and all that are made of it, are used by
// one goroutine at a time, and what they decode is best forgotten together: it is allocated some dozens at once.
// SPEC.md, section 19.
type Decoder struct {
	hints []byte
	ahead Ahead
	room  *slab
}

// slab has room for what is decoded next.
type slab struct {
	points  []decoded
	scalars []Scalar
}

// decoded is all that a decoded point is.
type decoded struct {
	point  Point
	affine Affine
	enc    [PointSize]byte
}

// slabSize is how many points, or scalars, are allocated at once.
const slabSize = 64

// NewDecoder returns a decoder with hints of HintSize bytes each.
func NewDecoder(hints []byte) *Decoder { return &Decoder{hints: hints, room: new(slab)} }

// With returns a decoder with other hints that allocates together with d.
func (d *Decoder) With(hints []byte) *Decoder { return &Decoder{hints: hints, room: d.room} }

// WithAhead returns a decoder that takes points, in their order, from what was
// decoded before. A string that is another there is decoded now.
func (d *Decoder) WithAhead(ahead Ahead) *Decoder { return &Decoder{ahead: ahead, room: d.room} }

// Point is ParsePoint.
func (d *Decoder) Point(b []byte) (*Point, error) {
	hint, to := d.next()
	if len(b) != PointSize {
		return nil, fmt.Errorf("point has %d bytes, want %d", len(b), PointSize)
	}
	if second() {
		return pointTwice(b)
	}
	if to == nil || to.enc != [PointSize]byte(b) || to.affine == (Affine{}) {
		to = d.newPoint()
		to.enc = [PointSize]byte(b)
		if !decode(&to.affine, &to.enc, hint) {
			return nil, ErrPoint
		}
	}
	to.point = Point{a: &to.affine, enc: &to.enc}
	return &to.point, nil
}

// pointTwice decodes 32 bytes where another arithmetic than Edwards computes:
// without hints, and without room for many.
func pointTwice(b []byte) (*Point, error) {
	p := &Point{enc: (*[PointSize]byte)(slices.Clone(b))}
	if arithmetic == Both {
		p.a = new(Affine)
	}
	if !eitherVerdict("whether 32 bytes encode a point", func() bool {
		return decode(p.a, p.enc, nil)
	}, func() bool {
		_, ok := circlDecode(b)
		return ok
	}) {
		return nil, ErrPoint
	}
	return p, nil
}

// Element is ParseElement.
func (d *Decoder) Element(b []byte) (*Point, error) {
	p, err := d.Point(b)
	if err != nil {
		return nil, err
	}
	if *p.enc == [PointSize]byte{} { // the identity's only encoding
		return nil, ErrIdentity
	}
	return p, nil
}

// Scalar is ParseScalar.
func (d *Decoder) Scalar(b []byte) (*Scalar, error) {
	s := d.newScalar()
	if err := s.parse(b); err != nil {
		return nil, err
	}
	return s, nil
}

func (d *Decoder) newPoint() *decoded {
	if d == nil {
		return new(decoded)
	}
	return take(&d.room.points)
}

func (d *Decoder) newScalar() *Scalar {
	if d == nil {
		return new(Scalar)
	}
	return take(&d.room.scalars)
}

// take takes the first of what there is room for, and makes room if there is none.
func take[T any](room *[]T) *T {
	if len(*room) == 0 {
		*room = make([]T, slabSize)
	}
	to := &(*room)[0]
	*room = (*room)[1:]
	return to
}

// Skip passes over n points that are not decoded.
func (d *Decoder) Skip(n int) {
	for range n {
		d.next()
	}
}

// next returns the hint of the next point, or what was decoded ahead of it, and
// nothing where there is none.
func (d *Decoder) next() (hint []byte, ahead *decoded) {
	switch {
	case d == nil:
	case len(d.ahead) > 0:
		ahead, d.ahead = &d.ahead[0], d.ahead[1:]
	case len(d.hints) >= HintSize:
		hint, d.hints = d.hints[:HintSize], d.hints[HintSize:]
	}
	return hint, ahead
}
