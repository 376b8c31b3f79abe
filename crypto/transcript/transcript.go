// Package transcript hashes statements: SHA-512 over a domain tag and
// length-prefixed fields, read as a digest or, wide-reduced, as a challenge.
//
// Every hash of Rollcall that is not fixed by an outside standard is made
// here, so that the encoding is injective by construction: the tag and every
// field stand behind their lengths, so two different lists of tag and fields
// never give the same bytes, even where one tag begins with another. SPEC.md,
// section 3.
package transcript

import (
	"crypto/sha512"
	"encoding/binary"
	"slices"

	"rollcall/crypto/group"
)

// Size is the size of a digest in bytes.
const Size = sha512.Size

// Transcript accumulates one statement. Append only; a Transcript is used for
// one digest or one challenge, or for any number of Indexed ones.
type Transcript struct{ fields []byte }

// New starts a statement under a tag such as "rollcall/v1/proof/unit-vector".
func New(tag string) *Transcript {
	t := &Transcript{fields: make([]byte, 0, 256)}
	t.fields = binary.BigEndian.AppendUint64(t.fields, uint64(len(tag)))
	t.fields = append(t.fields, tag...)
	return t
}

// Bytes appends one field: its length as 8 bytes, big-endian, then itself.
func (t *Transcript) Bytes(b []byte) *Transcript {
	if n := len(t.fields); cap(t.fields)-n < 8+len(b) {
		old := t.fields
		t.fields = append(make([]byte, 0, 2*n+8+len(b)), old...)
		clear(old) // some fields are secret
	}
	t.fields = binary.BigEndian.AppendUint64(t.fields, uint64(len(b)))
	t.fields = append(t.fields, b...)
	return t
}

// Uint64 appends one field of 8 bytes, big-endian.
func (t *Transcript) Uint64(v uint64) *Transcript {
	var b [8]byte
	binary.BigEndian.PutUint64(b[:], v)
	return t.Bytes(b[:])
}

// Point appends one field: the point's 32-byte encoding.
func (t *Transcript) Point(p *group.Point) *Transcript { return t.Bytes(p.Bytes()) }

// Scalar appends one field: the scalar's 32-byte encoding.
func (t *Transcript) Scalar(s *group.Scalar) *Transcript { return t.Bytes(s.Bytes()) }

// Sum returns the 64-byte digest of all fields, which it wipes: some are secret.
func (t *Transcript) Sum() [Size]byte {
	sum := sha512.Sum512(t.fields)
	clear(t.fields)
	return sum
}

// Challenge returns the digest as a little-endian number modulo the group
// order.
func (t *Transcript) Challenge() *group.Scalar {
	sum := t.Sum()
	return group.ScalarFromWide(&sum)
}

// Indexed returns the Challenge of the fields so far and one more, Uint64(i), and
// leaves the statement as it was: for challenges that differ in a number only.
func (t *Transcript) Indexed(i uint64) *group.Scalar {
	n := len(t.fields)
	sum := sha512.Sum512(t.Uint64(i).fields)
	t.fields = t.fields[:n]
	return group.ScalarFromWide(&sum)
}

// Frame returns the fields as bytes without hashing them, each behind its
// 8-byte big-endian length: the message of a signature.
func Frame(fields ...[]byte) []byte { return AppendFrame(nil, fields...) }

// AppendFrame appends Frame(fields...).
func AppendFrame(to []byte, fields ...[]byte) []byte {
	n := 0
	for _, f := range fields {
		n += 8 + len(f)
	}
	to = slices.Grow(to, n)
	for _, f := range fields {
		to = binary.BigEndian.AppendUint64(to, uint64(len(f)))
		to = append(to, f...)
	}
	return to
}
