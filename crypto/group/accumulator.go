package group

import "fmt"

// Accumulator adds up many encoded points with no allocation for any of them.
// The zero value is the sum of none, the identity. Public values only: it is
// not made for constant time.
type Accumulator struct {
	p     extended
	begun bool // p is a point
}

// Add decodes a point as ParseElement does, with the next hint of a decoder,
// which may be nil, and adds it. After an error the sum is as it was.
func (a *Accumulator) Add(d *Decoder, b []byte) error {
	onlyEdwards("accumulators")
	hint, _ := d.next()
	if len(b) != PointSize {
		return fmt.Errorf("point has %d bytes, want %d", len(b), PointSize)
	}
	enc := [PointSize]byte(b)
	var p Affine
	if !decode(&p, &enc, hint) {
		return ErrPoint
	}
	if enc == [PointSize]byte{} { // the identity's only encoding
		return ErrIdentity
	}
	var n niels
	n.set(&p)
	a.begin()
	a.p.addNiels(&n)
	return nil
}

// Merge adds the sum of another accumulator.
func (a *Accumulator) Merge(o *Accumulator) {
	if o.begun {
		a.begin()
		a.p.add(&o.p)
	}
}

func (a *Accumulator) begin() {
	if !a.begun {
		a.p.setIdentity()
		a.begun = true
	}
}

// Point returns the sum so far.
func (a *Accumulator) Point() *Point {
	if !a.begun {
		return Identity()
	}
	return &Point{p: a.p.edwards()}
}
