package group

import (
	"bytes"

	circl "github.com/cloudflare/circl/group"
)

// The second arithmetic. Points cross over by their encodings, numbers by theirs,
// so that nothing that the first has computed is taken over.

// circlDecode decodes 32 bytes, and refuses what encoding would not write.
func circlDecode(b []byte) (circl.Element, bool) {
	e := circl.Ristretto255.NewElement()
	if err := e.UnmarshalBinary(b); err != nil {
		return nil, false
	}
	enc := circlEncode(e)
	return e, bytes.Equal(enc[:], b)
}

func circlEncode(e circl.Element) [PointSize]byte {
	b, err := e.MarshalBinary()
	if err != nil || len(b) != PointSize {
		panic("group: circl does not encode a point") // its encoder has no way to fail
	}
	return [PointSize]byte(b)
}

// circl returns the point for circl's arithmetic.
func (p *Point) circl() circl.Element {
	e, ok := circlDecode(p.enc[:])
	if !ok {
		panic("group: circl does not decode a point that it has decoded or encoded before")
	}
	return e
}

// circl returns the number for circl's arithmetic.
func (s *Scalar) circl() circl.Scalar {
	n := circl.Ristretto255.NewScalar()
	if err := n.UnmarshalBinary(s.s.Bytes()); err != nil {
		panic("group: circl refuses a canonical number: " + err.Error())
	}
	return n
}

func circlBytes(n circl.Scalar) []byte {
	b, err := n.MarshalBinary()
	if err != nil {
		panic("group: circl does not encode a number: " + err.Error()) // its encoder has no way to fail
	}
	return b
}

// circlSum returns the sum of scalars[i]*points[i].
func circlSum(scalars []*Scalar, points []*Point) circl.Element {
	sum, product := circl.Ristretto255.Identity(), circl.Ristretto255.NewElement()
	for i, p := range points {
		sum.Add(sum, product.Mul(p.circl(), scalars[i].circl()))
	}
	return sum
}
