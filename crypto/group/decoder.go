package group

import "filippo.io/edwards25519/field"

// HintSize is the size of a hint in bytes.
const HintSize = 32

// Decoder decodes points with the help of hints: for each point, in the order
// in which they are decoded, the inverse square root that decoding would
// otherwise spend nine tenths of its time on. A hint is checked by multiplying;
// where it is wrong, or there is none left, the root is computed. So hints come
// from anyone and change nothing but the time.
//
// A nil *Decoder has no hints. SPEC.md, section 19.
type Decoder struct{ hints []byte }

// NewDecoder returns a decoder with hints of HintSize bytes each.
func NewDecoder(hints []byte) *Decoder { return &Decoder{hints} }

// Point is ParsePoint.
func (d *Decoder) Point(b []byte) (*Point, error) { return parsePoint(b, d.next()) }

// Element is ParseElement.
func (d *Decoder) Element(b []byte) (*Point, error) { return parseElement(b, d.next()) }

// Skip passes over the hints of n points that are not decoded.
func (d *Decoder) Skip(n int) {
	for range n {
		d.next()
	}
}

// next returns the hint of the next point, and nothing where there is none.
func (d *Decoder) next() []byte {
	if d == nil || len(d.hints) < HintSize {
		return nil
	}
	h := d.hints[:HintSize]
	d.hints = d.hints[HintSize:]
	return h
}

// Hint returns the hint of an encoded point: the non-negative root that decoding
// computes, 32 bytes. For a string that is no point it returns zeros, which help
// nobody and keep the hints after them in their places.
func Hint(b []byte) (hint [HintSize]byte) {
	var d decoding
	var root field.Element
	if len(b) != PointSize || !d.begin((*[PointSize]byte)(b)) || !invSqrt(&root, &d.radicand) {
		return hint
	}
	return [HintSize]byte(root.Absolute(&root).Bytes())
}
